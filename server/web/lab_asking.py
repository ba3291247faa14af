"""What every box of a lab's page is given: who asks, which room, and the words to answer with."""

from datetime import datetime
from typing import NamedTuple

from server import state
from server.web import doors
from server.web.lab_read import Room
from server.web.words import Words


class Asking(NamedTuple):
    """One drawing of one box."""

    house: state.ServerState
    viewer: doors.Viewer
    room: str
    words: Words
    csrf: str
    now: datetime
    seen: Room
    """The room as it was just read."""
