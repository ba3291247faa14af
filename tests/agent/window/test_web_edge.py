"""The web window on Windows over a toolkit in memory: WebView2 cannot be had here, its doors can be tried."""

import io
from types import SimpleNamespace

import msgspec
import pytest

from agent.backends import screens, webview2
from agent.backends.screens import Area
from agent.link.pages import WindowAnswer
from agent.window import web_edge
from agent.window.talk import Said, Talk, WindowImpossible
from agent.window.web_edge import EdgeWindow
from tests.support import window_pages


class Event:
    """An event of .NET's or pywebview's."""

    def __init__(self, *listening):
        self.listening = list(listening)

    def __iadd__(self, listener):
        self.listening.append(listener)
        return self

    def __isub__(self, listener):
        self.listening.remove(listener)
        return self

    def happen(self, *details):
        return [listener(*details) for listener in self.listening]


class Core:
    """CoreWebView2."""

    def __init__(self):
        self.Settings = SimpleNamespace()
        self.NewWindowRequested, self.DownloadStarting = Event(), Event()
        self.PermissionRequested, self.ProcessFailed = Event(), Event()
        self.shown = []

    def NavigateToString(self, html):
        self.shown.append(html)


class Form:
    """The window around it, as pywebview makes it."""

    IsDisposed = False

    def __init__(self):
        self.bounds = []
        pywebviews_own = [lambda *_: pytest.fail("pywebview's own door was left open") for _ in range(3)]
        self.browser = SimpleNamespace(
            on_script_notify=pywebviews_own[0],
            on_navigation_completed=pywebviews_own[1],
            on_webview_ready=pywebviews_own[2],
        )
        self.view = self.browser.webview = SimpleNamespace(
            WebMessageReceived=Event(pywebviews_own[0]),
            NavigationCompleted=Event(pywebviews_own[1]),
            CoreWebView2InitializationCompleted=Event(pywebviews_own[2]),
            NavigationStarting=Event(),
            CoreWebView2=Core(),
            scripts=[],
        )
        self.view.ExecuteScriptAsync = self.view.scripts.append

    def SetBounds(self, *bounds):
        self.bounds.append(bounds)


class House:
    """One window that has been prepared and whose view is ready."""

    def __init__(self, page):
        self.sink = io.BytesIO()
        self.form = Form()
        self.destroyed = 0
        self.events = SimpleNamespace(before_show=Event(), closing=Event())
        webview = SimpleNamespace(settings={}, create_window=self.create, start=self.start)
        talk = Talk(SimpleNamespace(readline=lambda _limit: b""), self.sink, "web")
        talk.listen = lambda *_: None
        self.window = EdgeWindow(webview, page, talk, None, "", 20.0)
        self.window._soon = lambda act: act()
        self.made = {}
        self.story = lambda: None

    def create(self, title, **details):
        self.made = {"title": title, **details}
        return SimpleNamespace(native=self.form, events=self.events, destroy=self.destroy)

    def destroy(self):
        self.destroyed += 1

    def start(self, **_):
        self.events.before_show.happen()
        self.form.view.CoreWebView2InitializationCompleted.happen(None, SimpleNamespace(IsSuccess=True))
        self.story()

    def say(self, **said):
        message = msgspec.json.encode(Said(**said)).decode()
        told = SimpleNamespace(TryGetWebMessageAsString=lambda: message)
        self.form.view.WebMessageReceived.happen(None, told)

    @property
    def core(self):
        return self.form.view.CoreWebView2

    @property
    def answers(self):
        return [msgspec.json.decode(line, type=WindowAnswer) for line in self.sink.getvalue().splitlines()]


@pytest.fixture
def house(monkeypatch):
    monkeypatch.setattr(screens, "monitors", lambda: [Area(0, 0, 1920, 1080)])
    monkeypatch.setattr(screens, "work_area", lambda: Area(0, 0, 1920, 1040))
    monkeypatch.setattr(screens, "is_bare", lambda: False)
    monkeypatch.setattr(screens, "dots_per_inch", lambda: 144)
    return House


def test_the_page_is_handed_over_as_text_once_the_view_is_ready(house):
    shown = house(window_pages.panel())
    shown.window.run()
    (html,) = shown.core.shown

    assert html.startswith("<!doctype html>")
    assert "Content-Security-Policy" in html


def test_every_way_out_is_shut_before_the_page_is_there(house):
    shown = house(window_pages.gate())
    shown.window.run()
    settings = vars(shown.core.Settings)

    assert settings.pop("IsWebMessageEnabled")
    assert not any(settings.values())
    assert {"AreDevToolsEnabled", "AreDefaultContextMenusEnabled", "AreHostObjectsAllowed"} <= set(settings)


def test_new_windows_downloads_and_permissions_are_refused(house):
    shown = house(window_pages.gate())
    shown.window.run()

    class State:
        Deny = "deny"

    window, download, asked = SimpleNamespace(), SimpleNamespace(), SimpleNamespace(State=State())
    shown.core.NewWindowRequested.happen(None, window)
    shown.core.DownloadStarting.happen(None, download)
    shown.core.PermissionRequested.happen(None, asked)

    assert (True, True, "deny") == (window.Handled, download.Cancel, asked.State)


def test_only_our_own_document_is_let_in_and_only_once(house):
    shown = house(window_pages.gate())
    shown.window.run()

    def goes(address, by_person=False):
        told = SimpleNamespace(Uri=address, IsUserInitiated=by_person, Cancel=False)
        shown.form.view.NavigationStarting.happen(None, told)
        return not told.Cancel

    assert not goes("https://example.org/")
    assert not goes("data:text/html,x", by_person=True)
    assert goes("data:text/html;charset=utf-8;base64,x")
    assert not goes("data:text/html,again")


@pytest.mark.parametrize("message", ["", "[]", '{"do":"format"}', "x" * 70_000, '{"do":"close"'])
def test_what_the_page_sends_is_not_believed_unchecked(house, message):
    shown = house(window_pages.panel())

    def story():
        told = SimpleNamespace(TryGetWebMessageAsString=lambda: message)
        shown.form.view.WebMessageReceived.happen(None, told)

    shown.story = story
    shown.window.run()

    assert [] == shown.answers


def test_a_button_is_an_answer_and_the_window_goes(house):
    shown = house(window_pages.panel())
    shown.story = lambda: (shown.say(do="painted"), shown.say(do="lock"))
    shown.window.run()

    assert ["painted", "done"] == [answer.event for answer in shown.answers]
    assert 1 == shown.destroyed


def test_r1_the_gate_cannot_be_closed_by_its_frame(house):
    shown = house(window_pages.gate())
    closed = []
    shown.story = lambda: closed.extend(shown.events.closing.happen())
    shown.window.run()

    assert [False] == closed
    assert [] == shown.answers


def test_a_small_window_takes_the_height_of_its_words_in_the_screens_points(house):
    shown = house(window_pages.panel())
    shown.story = lambda: shown.say(do="size", height=300)
    shown.window.run()
    x, top, width, height = shown.form.bounds[-1]

    assert 450 == height  # 300 at 144 dots an inch
    assert top + height <= 1040
    assert (600, x + width <= 1920) == (width, True)


def test_a_view_that_will_not_start_is_impossible_and_says_so(house):
    shown = house(window_pages.gate())
    shown.start = lambda **_: (
        shown.events.before_show.happen(),
        shown.form.view.CoreWebView2InitializationCompleted.happen(None, SimpleNamespace(IsSuccess=False)),
    )
    shown.window._webview.start = shown.start
    with pytest.raises(WindowImpossible, match="would not start"):
        shown.window.run()


def test_a_toolkit_that_changed_shows_no_half_shut_window(house):
    shown = house(window_pages.gate())
    del shown.form.view.NavigationStarting
    with pytest.raises(WindowImpossible, match="not as expected"):
        shown.window.run()


def test_what_paints_nothing_in_time_is_given_up(house):
    shown = house(window_pages.gate())
    shown.story = shown.window._look_painted
    with pytest.raises(WindowImpossible, match="nothing was painted"):
        shown.window.run()


def test_a_web_process_that_ends_is_no_window(house):
    shown = house(window_pages.gate())
    shown.story = lambda: shown.core.ProcessFailed.happen(None, None)
    with pytest.raises(WindowImpossible, match="web process ended"):
        shown.window.run()


@pytest.mark.parametrize(
    ("runtime", "dotnet", "lacks"),
    [
        ("119.0.2151.58", 533_320, False),
        (None, 533_320, True),
        ("85.0.1.2", 533_320, True),
        ("", 533_320, True),
        ("²", 533_320, True),
        ("119.0", None, True),
        ("119.0", 378_389, True),
        (119, 533_320, True),
    ],
)
def test_what_is_missing_is_known_before_anything_is_loaded(runtime, dotnet, lacks):
    assert lacks == bool(webview2.decide_problem(runtime, dotnet))


def test_here_the_web_window_is_impossible_and_loads_nothing():
    with pytest.raises(WindowImpossible, match="WebView2"):
        web_edge.show(window_pages.panel(), None, None)
