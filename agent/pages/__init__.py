"""Style, script, icons and pictures of the laptop's windows; data, no code."""
