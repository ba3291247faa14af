"""The web view on Windows: one window of pywebview's around WebView2, with every way out taken off it.

As on the other system, pywebview gives the window and its loop, but not its bridge: the page gets one message
port, and nothing it sends is believed unchecked. The page itself is handed over as text; nothing is loaded.
"""

import importlib
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from agent.backends import screens, webview2
from agent.backends.screens import Area
from agent.backends.sound_windows import Sound
from agent.link import pages
from agent.window import render
from agent.window.place import Place, place_in
from agent.window.talk import Talk, WindowImpossible, read_said
from agent.window.web_page import WebPage

SPARE_SECONDS = 5.0
"""For the gate the session is the first to lose its patience, and shows the plain window."""
GROUND, DARK_GROUND = "#f3f6f3", "#101715"
_DOTS = 96
_OURS = ("about:blank", "data:text/html")


def show(
    page: pages.AnyPage,
    talk: Talk,
    speech: Path | None,
    theme: render.Theme = "",
    patience_seconds: float = 20.0,
) -> None:
    """Show the page until it is answered or closed. Raises WindowImpossible."""
    lacking = webview2.problem()
    if lacking:  # asked first: what is missing would end this process when it is loaded
        raise WindowImpossible(lacking)
    try:
        import webview
        from webview.platforms import winforms as platform
    except Exception as problem:
        raise WindowImpossible(f"web view not usable: {type(problem).__name__}: {problem}") from problem
    if platform.renderer != "edgechromium":
        raise WindowImpossible(f"not WebView2 but {platform.renderer}")
    EdgeWindow(webview, page, talk, speech, theme, patience_seconds).run()


class EdgeWindow(WebPage):
    """One page in one window. All but reading stdin and playing sound is done on the toolkit's thread."""

    def __init__(
        self,
        webview: Any,
        page: pages.AnyPage,
        talk: Talk,
        speech: Path | None,
        theme: render.Theme,
        patience_seconds: float,
    ) -> None:
        super().__init__(page, talk, speech, Sound)
        self._webview = webview
        self._theme: render.Theme = theme
        self._paint_within_seconds = patience_seconds + SPARE_SECONDS
        self._html = ""
        self._loaded = False
        self._unit = 1.0
        self._place: Place | None = None
        self._window: Any = None
        self._form: Any = None
        self._view: Any = None

    def run(self) -> None:
        """Show the window and return when it is gone."""
        place = self._place = self._place_on_screen()
        self._is_bare = place.bare
        now = datetime.now().astimezone()
        self._html = render.render(self._page, now, bare=place.bare, theme=self._theme)
        self._webview.settings["ALLOW_DOWNLOADS"] = False
        self._webview.settings["ALLOW_FILE_URLS"] = False
        self._webview.settings["OPEN_EXTERNAL_LINKS_IN_BROWSER"] = False
        window = self._window = self._webview.create_window(
            render.title_of(self._page),
            html="",
            width=place.width,
            height=place.height,
            x=place.x,
            y=place.y,
            resizable=place.framed,
            frameless=not place.framed,
            easy_drag=False,
            on_top=place.on_top,
            focus=not place.quiet,
            background_color=DARK_GROUND if self._theme == "dark" else GROUND,
        )
        window.events.before_show += self._prepare
        window.events.closing += self._closed_by_frame
        self._talk.listen(self._new_page_soon, lambda: self._soon(self._end))
        timer = threading.Timer(self._paint_within_seconds, lambda: self._soon(self._look_painted))
        timer.daemon = True
        timer.start()
        self._webview.start(gui="edgechromium", private_mode=True)
        timer.cancel()
        self._reader.hush()
        if self._problem:
            raise WindowImpossible(self._problem)
        if self._view is None:
            raise WindowImpossible("the web view did not start")

    def _place_on_screen(self) -> Place:
        found = screens.monitors()
        first = found[0] if found else Area(0, 0, 1366, 768)
        area = screens.work_area() or first
        self._unit = max(1.0, screens.dots_per_inch() / _DOTS)
        place = place_in(self._page, area, first, bare=screens.is_bare(), unit=self._unit)
        place.scale = self._page.text_scale / 100
        return place

    def _prepare(self) -> None:
        """Before anything is loaded: take pywebview's own doors away; ours come when the view is ready."""
        form = self._form = self._window.native
        browser, view = form.browser, form.browser.webview
        try:
            view.WebMessageReceived -= browser.on_script_notify
            view.NavigationCompleted -= browser.on_navigation_completed
            view.CoreWebView2InitializationCompleted -= browser.on_webview_ready
            view.CoreWebView2InitializationCompleted += self._ready
            view.WebMessageReceived += self._heard
            view.NavigationStarting += self._decide_navigation
        except Exception as problem:  # a toolkit that changed under us must not show a half-shut window
            self._fail(f"web view not as expected: {type(problem).__name__}: {problem}")
            return
        self._view = view
        if self._place is not None:  # pywebview counts in points of its own
            form.SetBounds(self._place.x, self._place.y, self._place.width, self._place.height)
            form.ShowInTaskbar = self._place.framed

    def _ready(self, _sender: Any, told: Any) -> None:
        """Shut what the view can do beyond showing our page, then hand it over."""
        if not told.IsSuccess:
            self._fail("WebView2 would not start")
            return
        try:
            self._shut_doors(self._view.CoreWebView2)
            if self._place is not None:
                self._view.ZoomFactor = self._place.scale
            self._view.CoreWebView2.NavigateToString(self._html)
        except Exception as problem:
            self._fail(f"web view not as expected: {type(problem).__name__}: {problem}")

    def _shut_doors(self, core: Any) -> None:
        settings = core.Settings
        for off in (
            "AreBrowserAcceleratorKeysEnabled",
            "AreDefaultContextMenusEnabled",
            "AreDefaultScriptDialogsEnabled",
            "AreDevToolsEnabled",
            "AreHostObjectsAllowed",
            "IsBuiltInErrorPageEnabled",
            "IsGeneralAutofillEnabled",
            "IsPasswordAutosaveEnabled",
            "IsPinchZoomEnabled",
            "IsStatusBarEnabled",
            "IsSwipeNavigationEnabled",
            "IsZoomControlEnabled",
        ):
            setattr(settings, off, False)
        settings.IsWebMessageEnabled = True
        core.NewWindowRequested += self._refuse_window
        core.DownloadStarting += self._refuse
        core.PermissionRequested += self._refuse_permission
        core.ProcessFailed += lambda *_: self._fail("the web process ended")

    def _refuse_window(self, _sender: Any, told: Any) -> None:
        told.Handled = True

    def _refuse(self, _sender: Any, told: Any) -> None:
        told.Cancel = True

    def _refuse_permission(self, _sender: Any, told: Any) -> None:
        told.State = type(told.State).Deny

    def _decide_navigation(self, _sender: Any, told: Any) -> None:
        """Let our own document in, once; refuse every other address."""
        ours = str(told.Uri).startswith(_OURS) and not told.IsUserInitiated
        if ours and not self._loaded:
            self._loaded = str(told.Uri) != "about:blank"
            return
        told.Cancel = True

    def _heard(self, _sender: Any, told: Any) -> None:
        try:
            message = str(told.TryGetWebMessageAsString())
        except Exception:  # not a text: none of ours
            return
        said = read_said(message)
        if said is not None:
            self._obey(said)

    def _look_painted(self) -> None:
        self._check_painted()

    # ---- the doors of the page ----

    def _script(self, script: str) -> None:
        if self._view is not None and not self._over and self._view.CoreWebView2 is not None:
            self._view.ExecuteScriptAsync(script)

    def _fit(self, height: int) -> None:
        place = self._place
        fitting = place.fitting(round(height * place.scale * self._unit)) if place is not None else None
        if place is not None and fitting is not None:
            top, high = fitting
            self._form.SetBounds(place.x, top, place.width, high)

    def _end(self) -> None:
        self._over = True
        if self._window is not None:
            self._window.destroy()

    def _soon(self, act: Callable[[], None]) -> None:
        """Do it on the toolkit's thread; before there is one, there is nothing to do it with."""
        if self._form is None or self._form.IsDisposed:
            return
        self._form.BeginInvoke(importlib.import_module("System").Action(act))  # .NET's, by pythonnet
