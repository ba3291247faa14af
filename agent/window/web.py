"""The web view: one pywebview window with every way out taken off it.

pywebview gives the window, its place and its loop. Its own bridge is not used: that builds functions from
text, which our content policy forbids, and lets the page call more than it needs. The page gets one message
port, and nothing it sends is believed unchecked. No HTTP server is started.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

from agent.backends.sound_linux import Sound
from agent.link import pages
from agent.window import render
from agent.window.place import Place, keep_in_front, place_for
from agent.window.talk import Talk, WindowImpossible, read_said
from agent.window.web_page import WebPage

PATIENCE_SECONDS = 20.0
SPARE_SECONDS = 5.0
"""For the gate the session is the first to lose its patience, and shows the plain window."""
GROUND = "#f3f6f3"
DARK_GROUND = "#101715"
_PORT = "gatepost"


def show(
    page: pages.AnyPage,
    talk: Talk,
    speech: Path | None,
    theme: render.Theme = "",
    patience_seconds: float = PATIENCE_SECONDS,
) -> None:
    """Show the page until it is answered or closed. Raises WindowImpossible."""
    try:
        import webview
        from webview.platforms import gtk as platform
    except Exception as problem:
        raise WindowImpossible(f"web view not usable: {type(problem).__name__}: {problem}") from problem
    WebWindow(webview, platform, page, talk, speech, theme, patience_seconds).run()


class WebWindow(WebPage):
    """One page in one window. All but reading stdin and playing sound is done on the toolkit's thread."""

    def __init__(
        self,
        webview: Any,
        platform: Any,
        page: pages.AnyPage,
        talk: Talk,
        speech: Path | None,
        theme: render.Theme,
        patience_seconds: float,
    ) -> None:
        super().__init__(page, talk, speech, Sound)
        self._webview, self._platform = webview, platform
        self._glib, self._webkit = platform.glib, platform.webkit
        self._theme: render.Theme = theme
        self._paint_within_milliseconds = round(1000 * (patience_seconds + SPARE_SECONDS))
        self._browser: Any = None
        self._place: Place | None = None

    def run(self) -> None:
        """Show the window and return when it is gone."""
        place = self._place = place_for(self._page)
        if place is None:
            raise WindowImpossible("no display")
        self._is_bare = place.bare
        html = render.render(self._page, datetime.now().astimezone(), bare=place.bare, theme=self._theme)
        self._webview.settings["ALLOW_DOWNLOADS"] = False
        self._webview.settings["ALLOW_FILE_URLS"] = False
        self._webview.settings["OPEN_EXTERNAL_LINKS_IN_BROWSER"] = False
        window = self._webview.create_window(
            render.title_of(self._page),
            html=html,
            width=place.width,
            height=place.height,
            x=place.x,
            y=place.y,
            resizable=place.framed,
            frameless=not place.framed,
            easy_drag=False,
            on_top=place.on_top,
            background_color=DARK_GROUND if self._theme == "dark" else GROUND,
        )
        window.events.before_show += self._prepare
        window.events.closing += self._closed_by_frame
        self._talk.listen(self._new_page_soon, lambda: self._soon(self._end))
        self._webview.start(gui="gtk", private_mode=True)
        self._reader.hush()
        if self._problem:
            raise WindowImpossible(self._problem)
        if self._browser is None:
            raise WindowImpossible("the web view did not start")

    def _prepare(self) -> None:
        """Before anything is loaded: close every door of the web view but ours."""
        self._browser = self._platform.BrowserView.instances["master"]
        try:
            self._shut_doors(self._browser)
        except Exception as problem:  # a toolkit that changed under us must not show a half-shut window
            self._fail(f"web view not as expected: {type(problem).__name__}: {problem}")
            return
        if self._place is not None:
            # Like a browser's own zoom: everything grows, and the page still knows how much room it has.
            self._browser.webview.set_zoom_level(self._place.scale)
            self._place.settle(self._browser.window)
            if isinstance(self._page, pages.GatePage) or self._place.bare:
                keep_in_front(self._browser.window, self._place)
        self._glib.timeout_add(self._paint_within_milliseconds, self._check_painted)

    def _shut_doors(self, browser: Any) -> None:
        view, manager = browser.webview, browser.manager
        manager.disconnect_by_func(browser.on_js_bridge_call)
        manager.unregister_script_message_handler("jsBridge")
        manager.register_script_message_handler(_PORT)
        manager.connect(f"script-message-received::{_PORT}", self._heard)
        view.disconnect_by_func(browser.on_load_finish)
        view.disconnect_by_func(browser.on_navigation)
        view.connect("decide-policy", self._decide_navigation)
        view.connect("create", lambda *_: None)
        for signal in ("context-menu", "print", "enter-fullscreen", "show-notification", "script-dialog"):
            view.connect(signal, lambda *_: True)
        view.connect("permission-request", lambda _, request: request.deny() or True)
        view.connect("run-file-chooser", lambda _, request: request.cancel() or True)
        view.connect("web-process-terminated", lambda *_: self._fail("the web process ended"))
        view.get_context().connect("download-started", lambda _, download: download.cancel())
        view.drag_dest_unset()
        settings = view.get_settings().props
        for off in (
            "enable_media_stream",
            "enable_mediasource",
            "enable_webaudio",
            "enable_webgl",
            "enable_media",
            "enable_developer_extras",
            "enable_dns_prefetching",
            "enable_caret_browsing",
            "enable_back_forward_navigation_gestures",
            "enable_fullscreen",
            "javascript_can_access_clipboard",
            "javascript_can_open_windows_automatically",
            "allow_modal_dialogs",
        ):
            setattr(settings, off, False)
        view.set_opacity(1.0)

    def _decide_navigation(self, _view: Any, decision: Any, kind: Any) -> bool:
        """Let our own document in, once; refuse every other address."""
        if kind == self._webkit.PolicyDecisionType.NAVIGATION_ACTION:
            action = decision.get_navigation_action()
            ours = action.get_request().get_uri() == "about:blank" and not action.is_user_gesture()
            if ours and not self._painted:
                decision.use()
                return True
        decision.ignore()
        return True

    def _heard(self, _manager: Any, message: Any) -> None:
        said = read_said(message.get_js_value().to_string())
        if said is not None:
            self._obey(said)

    def _fit(self, height: int) -> None:
        if self._place is not None:
            self._place.fit(self._browser.window, height)

    def _script(self, script: str) -> None:
        if self._browser is not None and not self._over:
            self._browser.webview.evaluate_javascript(script, -1, None, None, None, None)

    def _end(self) -> None:
        self._over = True
        application = self._platform._app
        if application is not None:
            application.quit()

    def _soon(self, act: Any) -> None:
        """Do it on the toolkit's thread."""

        def once() -> bool:
            act()
            return False

        self._glib.idle_add(once)
