"""What a web view's page does with pages that come at any moment, over a view in memory."""

import io

import pytest

from agent.link import pages
from agent.window.talk import Said, Talk
from agent.window.web_page import WebPage
from tests.support import window_pages


class Window(WebPage):
    """A web view whose script runs only once the document is there, as a real one's."""

    def __init__(self, page):
        super().__init__(page, Talk(io.BytesIO(), io.BytesIO()), None, lambda _path: None)
        self.scripts = []

    def _script(self, script):
        self.scripts.append((self._painted, script))

    def _soon(self, act):
        act()

    def _end(self):
        self._over = True


def notice(kind):
    return window_pages.notice(kind=kind)


def test_what_comes_while_the_window_is_not_painted_yet_is_shown_once_it_is():
    window = Window(notice("help-asking"))
    window._new_page_soon(notice("help-waiting"))
    window._new_page_soon(notice("help-sent"))
    before = list(window.scripts)
    window._obey(Said(do="painted"))

    assert [] == before
    ((painted, script),) = window.scripts
    assert painted
    assert "You told. That was right." in script


def test_what_comes_later_is_shown_at_once_and_once():
    window = Window(notice("help-asking"))
    window._obey(Said(do="painted"))
    window._new_page_soon(notice("help-sent"))

    assert 1 == len(window.scripts)


@pytest.mark.parametrize("page", [window_pages.panel()])
def test_a_page_of_another_kind_never_waits_for_it(page: pages.AnyPage):
    window = Window(notice("help-asking"))
    window._new_page_soon(page)
    window._obey(Said(do="painted"))

    assert [] == window.scripts
