"""What settings and their values are called."""
