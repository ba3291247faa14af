"""/api/v1 as one router, and its description (OpenAPI 3.1) for whoever has a token."""

from functools import cache
from typing import Any

from litestar import Litestar, Router, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from server import VERSION
from server.api import devices, media, people, policy
from server.api.door import PREFIX, RESPONSES, opens, refuse

MOST_BYTES = 64 * 1024
_DESCRIPTION = """What the pages Devices, Policies, Media and People do, for programs.

Send `Authorization: Bearer TOKEN`; make a token at *My account* or with `gatepost-server sign-in token new`.
A token does what its owner's offices allow at that moment; a read-only one changes nothing. Cookies open
nothing here. Every answer that is not a success is `{"error": CODE, "message": SENTENCE}`; codes stay,
sentences may change."""


@get("/openapi.json", guards=[opens()], responses=RESPONSES, sync_to_thread=True)
def openapi() -> dict[str, Any]:
    """Return this description."""
    return description()


@cache
def description() -> dict[str, Any]:
    """Return the description of every address, made once by the library from the handlers' own types."""
    config = OpenAPIConfig(
        title="Gatepost staff API",
        version=VERSION,
        description=_DESCRIPTION,
        use_handler_docstrings=True,
        components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
        security=[{"token": []}],
    )
    described: dict[str, Any] = Litestar([make_router()], openapi_config=config).openapi_schema.to_schema()
    return described


def make_router() -> Router:
    """Return the addresses."""
    return Router(
        path=PREFIX,
        route_handlers=[openapi, *devices.ROUTES, *policy.ROUTES, *media.ROUTES, *people.ROUTES],
        exception_handlers={Exception: refuse},
        request_max_body_size=MOST_BYTES,
    )
