"""Where data lives: each place where something about somebody is kept, what for, and until when (R78)."""

from litestar import Response, get

from server import state, storage
from server.web import common, device_view
from server.web.common import Asked

MEBIBYTE = 1024 * 1024


@get("/devices/data", guards=[common.opens("devices")], sync_to_thread=True)
def show_storage(request: Asked) -> Response[str]:
    """List every place: the server's files as they are now, a laptop's, and what lies elsewhere."""
    house = state.of(request)
    context = {
        **device_view.shared("data"),
        "folder": str(house.folder.path),
        "server": storage.locations(house.folder),
        "laptop": storage.LAPTOP,
        "elsewhere": storage.ELSEWHERE,
        "mebibytes": lambda size: round(size / MEBIBYTE, 1),
    }
    return common.show(request, "devices_data.html", "devices", context)


ROUTES = [show_storage]
