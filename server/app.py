"""The whole server as one ASGI application: laptops under /device/v1, people everywhere else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from ssl import SSLContext
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from server import device_api, housekeeping
from server.access import API_PREFIX, SessionMiddleware
from server.api import door
from server.api.router import make_router
from server.state import ServerState
from server.web import report_api
from server.web.errors import HANDLERS
from server.web.routes import router as web_router

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
HSTS = (b"strict-transport-security", b"max-age=31536000")


class SecurityHeaders:
    """Puts the same strict headers on every answer, also on errors; nothing is stored by browsers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add to the answer."""

        # HSTS holds for every port of a host: on localhost it would break other programs of whoever tries us.
        is_local = dict(scope.get("headers", ())).get(b"host", b"").startswith(b"localhost")

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                named = {name for name, _ in headers}
                headers += [header for header in SECURITY_HEADERS if header[0] not in named]
                if not is_local:
                    headers.append(HSTS)
                if b"cache-control" not in named:
                    headers.append((b"cache-control", b"no-store"))
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, send_with_headers)


@get("/healthz", sync_to_thread=False)
def healthz() -> str:
    """Answer that the server serves."""
    return "ok"


def make_app(here: ServerState, tls: Callable[[], SSLContext | None] = lambda: None) -> ASGIApp:
    """Return the application around an opened state; it starts and closes the state with its lifespan."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        here.start()
        house = asyncio.create_task(housekeeping.keep_house(here, tls()))
        try:
            yield
        finally:
            house.cancel()
            with suppress(asyncio.CancelledError):
                await house
            here.close()

    app = Litestar(
        route_handlers=[device_api.router, web_router, make_router(), healthz],
        middleware=[SessionMiddleware()],
        exception_handlers={kind: _by_reader(handler) for kind, handler in HANDLERS.items()},
        lifespan=[lifespan],
        state=State({"gatepost": here}),
        openapi_config=None,
        logging_config=None,
    )
    return SecurityHeaders(app)


def _by_reader(for_people: Any) -> Any:
    """Return a handler that answers laptops and scripts with a refusal, and people with a page."""

    def handle(request: Request[Any, Any, Any], problem: Exception) -> Response[Any]:
        if request.url.path.startswith("/device/"):
            if isinstance(problem, HTTPException):
                return device_api.refuse_http(request, problem)
            return device_api.broke(request, problem)
        if request.url.path.startswith(API_PREFIX):
            return door.refuse(request, problem)
        if request.url.path.startswith(report_api.PREFIX):
            return report_api.refuse(request, problem)
        answer: Response[Any] = for_people(request, problem)
        return answer

    return handle
