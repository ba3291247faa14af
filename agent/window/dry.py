"""A page drawn without a window: what a self-test can see where there is no display to try it on (R83)."""

from datetime import datetime

from agent.backends import toolkits, webview2
from agent.link import pages
from agent.window import render
from agent.window.outline import sheets_of
from agent.window.talk import WindowImpossible
from agent.words import Say


def draw(page: pages.AnyPage, *, plain: bool) -> None:
    """Load the toolkit and make the document; raises WindowImpossible if either cannot be."""
    try:
        if toolkits.plain_toolkit() == "tk":
            _load_for_windows(plain=plain)
        else:
            _load_gtk(plain=plain)
    except WindowImpossible:
        raise
    except Exception as problem:
        raise WindowImpossible(f"toolkit not usable: {type(problem).__name__}: {problem}") from problem
    now = datetime.now().astimezone()
    drawn = (
        all(sheets_of(page, Say(language, page.tier), now) for language in render.languages_of(page))
        if plain
        else render.render(page, now).endswith("</html>")
    )
    if not drawn:
        raise WindowImpossible("the page came out empty")


def _load_gtk(*, plain: bool) -> None:
    import gi

    gi.require_version("Gtk", "3.0")
    if not plain:
        gi.require_version("WebKit2", "4.1")
        import webview  # noqa: F401
        from gi.repository import WebKit2  # noqa: F401
    from gi.repository import Gtk  # noqa: F401


def _load_for_windows(*, plain: bool) -> None:
    if not plain:
        lacking = webview2.problem()
        if lacking:
            raise WindowImpossible(lacking)
        return
    import tkinter

    tkinter.Tcl().eval("info patchlevel")
