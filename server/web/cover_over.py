"""What is said to whoever covered a room, once the cover is over: when it ended and who can give another."""

from datetime import datetime

from server import access, covers, state
from server.covers import Ended
from server.web import doors
from server.web.words import Words


class CoverOver(access.NotAllowed):
    """This room was theirs for a while, and no longer is: no try to look where one may not."""

    def __init__(self, ended: Ended) -> None:
        super().__init__()
        self.ended = ended


def find(house: state.ServerState, viewer: doors.Viewer, room: str) -> Ended | None:
    """Return the cover of this room that ended for this adult not long ago, unless the room is theirs now."""
    if not doors.may_open(viewer, "lab") or doors.may_see_room(viewer, room):
        return None
    with house.db.read() as connection:
        ended = covers.list_ended(connection, state.utc_now(), viewer.id)
    return next((each for each in ended if each.room == room), None)


def words_for(words: Words, ended: Ended, now: datetime) -> str:
    """Return when it ended, in one sentence."""
    at = words.moment(ended.at, now)
    return words.say("Your cover for %(room)s ended %(when)s.", room=" ".join(ended.room.split()), when=at)


def way_on(words: Words) -> str:
    """Return who can give another."""
    return words.say("The head or the technician can give you another one.")
