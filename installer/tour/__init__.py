"""A school day played by nobody: real windows, a real lock, a real server, one picture per step."""
