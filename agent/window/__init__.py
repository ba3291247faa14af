"""The short-lived process that shows one window to a person and prints what they chose."""
