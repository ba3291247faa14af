"""`agent window`: read one page, show one window, print what the person chose, end."""

import argparse
import os
import sys
from pathlib import Path

import msgspec

from agent.backends import own_process
from agent.window.talk import LinesOf, Talk, WindowImpossible

EXIT_BAD_PAGE = 2
EXIT_NO_WEB = 3
EXIT_NO_PLAIN = 4


def main(arguments: list[str] | None = None) -> int:
    """Return 0 once answered or closed, 2 for a bad page, 3 or 4 if the web or plain window is impossible."""
    parser = argparse.ArgumentParser(prog="agent window")
    parser.add_argument("--plain", action="store_true", help="plain toolkit instead of the web view")
    parser.add_argument("--speech", type=Path, default=None, help="folder of the lines read aloud")
    parser.add_argument(
        "--theme", choices=("", "light", "dark"), default="", help="as the desktop, if not given"
    )
    parser.add_argument("--dry", action="store_true", help="load and draw everything, but open no window")
    parser.add_argument("--patience", type=float, default=20.0, help="seconds to paint the web view")
    chosen = parser.parse_args(arguments)
    own_process.harden(dies_with_parent=False)
    talk = Talk(LinesOf(0), sys.stdout.buffer, "plain" if chosen.plain else "web")
    page = talk.first_page()
    if page is None:
        _explain("window", "the first line on stdin is no page")
        return EXIT_BAD_PAGE
    _settle_environment()
    try:
        if chosen.dry:
            from agent.window import dry

            dry.draw(page, plain=chosen.plain)
        elif chosen.plain:
            from agent.window import plain

            plain.show(page, talk)
        else:
            from agent.window import web

            web.show(page, talk, chosen.speech, chosen.theme, chosen.patience)
    except WindowImpossible as problem:
        _explain(talk.kind, str(problem))
        return EXIT_NO_PLAIN if chosen.plain else EXIT_NO_WEB
    return 0


def _settle_environment() -> None:
    """Set what the toolkits read from the environment, before they are loaded."""
    os.environ["GDK_BACKEND"] = "x11"
    os.environ["WEBKIT_DISABLE_DMABUF_RENDERER"] = "1"  # a quarter less memory, faster first paint
    if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        # Else the toolkit starts a bus of its own, which outlives us, or waits ten seconds for one.
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = "disabled:"
        os.environ["NO_AT_BRIDGE"] = "1"


def _explain(window: str, problem: str) -> None:
    line = msgspec.json.encode({"window": window, "problem": problem[:200]})
    sys.stderr.buffer.write(line + b"\n")
    sys.stderr.buffer.flush()
