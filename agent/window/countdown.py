"""Still there? Digits and a ring that drains; any key or movement answers."""

from agent.link import pages
from agent.window.markup import Html, tag
from agent.window.parts import choice_button, small_window
from agent.words import Say

AROUND = 427
"""Length of the ring's line, 2 · pi · 68."""


def block(page: pages.CountdownPage, say: Say) -> Html:
    """Return the window's one block; the script counts down from the page's seconds."""
    left = tag("span", str(page.seconds), data_digits=True)
    since = say.many(
        "Nobody has used this laptop for {n} minute.",
        "Nobody has used this laptop for {n} minutes.",
        page.idle_minutes,
    )
    return small_window(
        say,
        tag("div", _ring(), tag("p", left, class_="digits"), class_="dial-box", aria_hidden="true"),
        tag(
            "div",
            tag("h1", say.you("Still there?"), id="title", tabindex=-1),
            tag(
                "p",
                since if page.idle_minutes else None,
                " " if page.idle_minutes else None,
                say.you("It locks soon, so that nobody else can use your session. Your work stays open."),
                id="said",
            ),
            class_="stack tight",
        ),
        choice_button(say("I’m still here"), "here", class_="btn main wide"),
        tag("p", say.you("Or press any key, or move the pointer."), class_="small quiet"),
        tag(
            "p",
            *(tag("span", _announcement(say, at), data_at=at, hidden=True) for at in (60, 30, 10)),
            class_="hear",
            role="status",
        ),
        role="alertdialog",
    )


def _announcement(say: Say, seconds: int) -> str:
    return say.many("The screen locks in {n} second.", "The screen locks in {n} seconds.", seconds)


def _ring() -> Html:
    return Html(
        '<svg class="dial" viewBox="0 0 160 160"><circle class="rim" cx="80" cy="80" r="68" fill="none" '
        'stroke="var(--sunken)" stroke-width="12"/><circle data-ring cx="80" cy="80" r="68" fill="none" '
        f'stroke="var(--gate)" stroke-width="12" stroke-dasharray="{AROUND} {AROUND}" '
        'transform="rotate(-90 80 80)"/></svg>'
    )
