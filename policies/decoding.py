"""What a decoder may raise over hostile bytes.

msgspec names bad JSON and bad shapes DecodeError, but lets two others through: text that is not UTF-8, and
arrays nested so deep that it gives up. A reader that catches only the first can be ended by a stranger.
"""

import msgspec

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Catch this around every decode of bytes from elsewhere: these bytes are not a message."""
