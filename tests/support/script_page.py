"""The reports pages' modules in a real browser, under their strict policy, without a school around them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from playwright.sync_api import Page

from server.web.render import STATIC

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
RUN = """async (given) => {
  const load = (name) => import(`/reports/${name}.js`);
  const names = 'bytes hpke keys25519 envelopes wrapping letters recovery officers writing'.split(' ');
  const loaded = await Promise.all(names.map(load));
  const [bytes, hpke, keys, envelopes, wrapping, letters, recovery, officers, writing] = loaded;
  const { hex, unhex, utf8, text, base64, unbase64, bind } = bytes;
  const pairOf = (kind, digits) => keys.importPrivate(kind, unhex(digits));
  try {
    return { value: await (async () => { %s })() };
  } catch (problem) {
    return { refused: `${problem.constructor.name}: ${problem.message}` };
  }
}"""


class Refused(Exception):
    """The module threw; the text says what."""


class _Quiet(SimpleHTTPRequestHandler):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args, directory=str(STATIC))

    def do_GET(self) -> None:
        if self.path == "/blank":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>blank</title>")
        else:
            super().do_GET()

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def serving_scripts() -> Iterator[str]:
    """Serve the static folder on a free port of this machine until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Quiet)
    thread = threading.Thread(target=server.serve_forever, name="scripts", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def run(page: Page, body: str, **given: object) -> Any:
    """Run a few lines with every module at hand; raises Refused with what they threw."""
    answer = page.evaluate(RUN % body, given)
    if "refused" in answer:
        raise Refused(answer["refused"])
    return answer.get("value")


def refuses(page: Page, body: str, **given: object) -> bool:
    """Say whether these lines throw CannotOpen, and only that; anything else they throw is raised."""
    try:
        run(page, body, **given)
    except Refused as problem:
        if not str(problem).startswith("CannotOpen"):
            raise
        return True
    return False
