"""What runs as the pupil, once per login: it senses and shows, and decides nothing."""
