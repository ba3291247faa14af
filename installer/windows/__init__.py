"""What an installed Windows laptop gets: programs, package, and what stands before the desktop."""
