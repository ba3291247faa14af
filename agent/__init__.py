"""What runs on a laptop: the session senses, the service decides and writes, the window shows."""

VERSION = "0.1.0"
