"""Saying that somebody went to whoever asked for help."""

from datetime import UTC, datetime

from litestar import post
from litestar.response import Redirect

from server import access, help_calls, oversight, state
from server.web import common, doors
from server.web.common import Asked
from server.web.sign_in import local_address


@post("/help/{device:str}/{login:str}/went", sync_to_thread=True, status_code=303)
def somebody_went(request: Asked, device: str, login: str, data: common.Form) -> Redirect:
    """Close a call for everybody, with the name of who said so. Closing it twice is no error."""
    viewer = common.must_view(request)
    rooms = doors.rooms_heard(viewer)
    if rooms is not None and not rooms:
        raise access.NotAllowed
    house = state.of(request)
    with house.db.write() as connection:
        for call in help_calls.open_calls(connection, device=device):
            if call.login != login:
                continue
            if not doors.may_hear_help(viewer, call.room):
                raise access.NotAllowed
            oversight.write_look(
                connection,
                at=datetime.now(UTC),
                staff=viewer.id,
                by=viewer.name,
                what=help_calls.answer_code(login),
                room=call.room,
                device=device,
            )
    house.live.wake()
    return common.go(local_address(common.text_of(data, "next", 400)))


ROUTES = [somebody_went]
