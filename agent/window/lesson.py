"""Windows of a lesson: a teacher's message, thanks, and the cover of *Eyes to the front*.

The session draws that cover itself, because it has to be there at once; here the same words are a page.
"""

from typing import Literal, NamedTuple

from agent.link import pages
from agent.link.front import front_words
from agent.window.markup import Html, icon, name_of, tag
from agent.window.parts import block as whole_block
from agent.window.parts import choice_button, report_button, school_mark, small_window
from agent.words import Say


class Button(NamedTuple):
    """One answer."""

    label: str
    choice: Literal["ok", "not-yet", "help", "close"]
    main: bool = False


def title_words(page: pages.MessagePage, say: Say) -> str:
    """Return what the window is about."""
    return say("Thank you") if page.kind == "thanks" else say("From your teacher")


def buttons_for(page: pages.MessagePage, say: Say) -> tuple[Button, ...]:
    """Return the answers; thanks need none."""
    if page.kind == "thanks":
        return (Button(say("Close"), "close"),)
    return (
        Button(say("OK"), "ok"),
        Button(say("Not yet"), "not-yet"),
        Button(say("I need help"), "help"),
    )


def closing_line(page: pages.MessagePage, say: Say) -> str:
    """Return what becomes of it, beneath the words."""
    if page.kind == "thanks":
        return say.you("Only you see this.")
    return say.you("Your teacher sees which button you press.")


def message(page: pages.MessagePage, say: Say) -> Html:
    """Return the message's one block."""
    buttons = (choice_button(each.label, each.choice, class_="btn wide") for each in buttons_for(page, say))
    sign = "heart" if page.kind == "thanks" else "chat"
    return small_window(
        say,
        tag("p", icon(sign), tag("b", name_of(page.by)), class_="row said-by"),
        tag("h1", title_words(page, say), id="title", tabindex=-1),
        tag("p", tag("bdi", page.words), id="said", class_="teacher-words"),
        tag("p", closing_line(page, say), class_="small quiet"),
        tag("div", *buttons, class_="stack"),
        report_button(page, say, class_="btn slim wide"),
        role="dialog",
    )


def attention(page: pages.AttentionPage, say: Say) -> Html:
    """Return the cover as a page."""
    words = front_words(say, page)
    return whole_block(
        say,
        tag(
            "main",
            icon("front"),
            tag("h1", words.title, id="title", tabindex=-1),
            tag("p", words.said, class_="said") if words.said else None,
            tag("p", words.by),
        ),
        tag(
            "footer",
            tag("span", school_mark(page.school), class_="row"),
            report_button(page, say) or choice_button(words.tell, "help"),
        ),
        class_="front",
    )
