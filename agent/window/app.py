"""`agent window`: read one page, show one window, print what the person chose, end."""

import argparse
import sys
from pathlib import Path

import msgspec

from agent.backends import own_process, toolkits
from agent.link import pages
from agent.window.render import Theme
from agent.window.talk import LinesOf, Talk, WindowImpossible

EXIT_BAD_PAGE = 2
EXIT_NO_WEB = 3
EXIT_NO_PLAIN = 4


def main(arguments: list[str] | None = None) -> int:
    """Return 0 once answered or closed, 2 for a bad page, 3 or 4 if the web or plain window is impossible."""
    parser = argparse.ArgumentParser(prog="agent window")
    parser.add_argument("--plain", action="store_true", help="plain toolkit instead of the web view")
    parser.add_argument(
        "--toolkit",
        choices=("", "gtk", "tk"),
        default="",
        help="of the plain one; the system's, if not given",
    )
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
    toolkits.settle_environment()
    try:
        if chosen.dry:
            from agent.window import dry

            dry.draw(page, plain=chosen.plain)
        elif chosen.plain:
            _show_plain(page, talk, chosen.toolkit)
        else:
            _show_web(page, talk, chosen.speech, chosen.theme, chosen.patience)
    except WindowImpossible as problem:
        _explain(talk.kind, str(problem))
        return EXIT_NO_PLAIN if chosen.plain else EXIT_NO_WEB
    return 0


def _show_plain(page: pages.AnyPage, talk: Talk, toolkit: str) -> None:
    if (toolkit or toolkits.plain_toolkit()) == "gtk":
        from agent.window import plain

        plain.show(page, talk)
        return
    try:
        from agent.window import plain_tk
    except ImportError as problem:
        raise WindowImpossible(f"toolkit not usable: {type(problem).__name__}: {problem}") from problem
    plain_tk.show(page, talk)


def _show_web(page: pages.AnyPage, talk: Talk, speech: Path | None, theme: Theme, patience: float) -> None:
    if toolkits.web_toolkit() == "edge":
        from agent.window import web_edge

        web_edge.show(page, talk, speech, theme, patience)
        return
    from agent.window import web

    web.show(page, talk, speech, theme, patience)


def _explain(window: str, problem: str) -> None:
    line = msgspec.json.encode({"window": window, "problem": problem[:200]})
    sys.stderr.buffer.write(line + b"\n")
    sys.stderr.buffer.flush()
