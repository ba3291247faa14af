"""Tables of the media desk and the app register."""
