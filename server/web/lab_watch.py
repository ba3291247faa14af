"""Looking at a lab is an event: begun and ended here, written down, and told to every laptop of the room."""

from datetime import UTC, datetime

from server import oversight, state
from server.live import Watching
from server.web import doors
from server.web.words import Words


def begin_watch(house: state.ServerState, viewer: doors.Viewer, room: str) -> Watching:
    """Start or go on watching; a new opening is written down before anything is shown."""
    now = datetime.now(UTC)
    return _begun(house, viewer, now, *house.live.open_watch(room, str(viewer.id), viewer.name, now))


def resume_watch(house: state.ServerState, viewer: doors.Viewer, room: str) -> Watching | None:
    """Go on for a page that came back by itself; None when its hour is over and a person has to open it."""
    now = datetime.now(UTC)
    found = house.live.resume_watch(room, str(viewer.id), viewer.name, now)
    return None if found is None else _begun(house, viewer, now, *found)


def _begun(
    house: state.ServerState, viewer: doors.Viewer, now: datetime, watch: Watching, is_new: bool
) -> Watching:
    room = watch.room
    if is_new:
        with house.db.write() as connection:
            oversight.write_look(connection, at=now, staff=viewer.id, by=viewer.name, what="lab", room=room)
        house.watches.watch(room, viewer.name, watch.until, str(viewer.id))
        house.live.wake(room)
    return watch


def end_watch(house: state.ServerState, room: str, staff: str) -> None:
    """Stop watching, and tell the laptops so."""
    ended = house.live.end_watch(room, staff)
    if ended is not None:
        house.watches.end(room, ended.by, datetime.now(UTC), staff)
        house.live.wake(room)


def watching_words(words: Words, watch: Watching, *, live: bool) -> str:
    """Return the line about the viewing; the snapshot's one stands until the live channel replaces it."""
    told = words.say("Pupils are told that you are viewing.")
    if live:
        cap = words.clock(watch.cap_at)
        return told + " " + words.say("Ends when you close this page, at %(time)s at the latest.", time=cap)
    ends = words.say("Ends at %(time)s.", time=words.clock(watch.until))
    snapshot = words.say("This is how it was when the page was opened. Load it again to see how it is now.")
    return f"{told} {ends} {snapshot}"
