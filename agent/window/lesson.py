"""Windows of a lesson: eyes to the front, a message, and an app that waits."""

from agent.link import pages
from agent.window.markup import Html, tag
from agent.window.parts import choice_button, small_window
from agent.words import Say


def block(page: pages.AttentionPage | pages.MessagePage | pages.AppPage, say: Say) -> Html:
    """Return the window's one block."""
    if isinstance(page, pages.AttentionPage):
        return small_window(
            say,
            tag("h1", say("Eyes to the front"), id="title", tabindex=-1),
            tag("p", page.words, class_="said") if page.words else None,
            tag("p", page.by),
        )
    if isinstance(page, pages.MessagePage):
        return small_window(
            say,
            tag("h1", page.by, id="title", tabindex=-1),
            tag("p", page.words, class_="said"),
            choice_button(say("OK"), "ok", class_="btn main wide"),
        )
    return small_window(say, tag("h1", page.app, id="title", tabindex=-1))
