"""What differs between operating systems, behind two doors: `device` (privileged) and `desktop`."""
