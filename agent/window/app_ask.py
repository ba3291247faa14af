"""The small window of one app that was put away: ask first, wait, allowed, not this time, or not here."""

from typing import Literal, NamedTuple

from agent.link import pages
from agent.window.markup import Html, icon, name_of, tag
from agent.window.parts import choice_button, report_button, small_window
from agent.words import Say

_SIGNS = {
    "ask": ("off", "ring"),
    "waiting": ("wait", "glass"),
    "allowed": ("ok", "tick"),
    "denied": ("off", "ring"),
    "closed": ("off", "ring"),
    "consent": ("off", "ring"),
}


class AppWords(NamedTuple):
    """What the window says. No sentence scolds; `said` of the denied names who answered."""

    state: str
    title: str
    said: str


class Button(NamedTuple):
    """One choice beneath the words."""

    label: str
    choice: Literal["ask", "withdraw", "close", "help"]
    main: bool = False


def app_name(page: pages.AppPage, say: Say) -> str:
    """Return what the app is called here."""
    return page.app or page.program or say("This app")


def words_for(page: pages.AppPage, say: Say) -> AppWords:
    """Return the words of this moment."""
    early, by = page.tier == "early", page.by or say("An adult")
    match page.state:
        case "ask":
            said = (
                say("It opens when an adult says yes.")
                if early
                else say("It opens after an adult says yes. What was open in it stays as it was.")
            )
            return AppWords(say("Put aside"), say.you("Ask your teacher first"), said)
        case "waiting":
            said = (
                say.you("You asked. An adult answers soon.")
                if early
                else say.you(
                    "You asked. The answer comes here; you can go on working. "
                    "If it takes long, ask your teacher aloud."
                )
            )
            return AppWords(say("Asked"), say.you("Waiting for your teacher"), said)
        case "allowed":
            return AppWords(say("Allowed"), say.you("You can use it now"), say("{name} said yes.", name=by))
        case "denied":
            said = say("{name} said no this time.", name=by)
            calm = say.you("You are not in trouble: asking was right.")
            return AppWords(say("Not this time"), say("Not this time"), f"{said} {calm}")
        case "consent":
            return AppWords(
                say("Put aside"),
                say.you("This one needs your parents’ word"),
                say.you(
                    "The school may open it only when a parent has agreed, and does not have that yet. "
                    "Ask your teacher."
                ),
            )
    said = (
        say("It closes now.")
        if early
        else say.you("It closes in a moment. If it asks whether to save your work, answer it.")
    )
    return AppWords(say("Not used now"), say("This app is not used here now"), said)


def buttons_for(page: pages.AppPage, say: Say) -> tuple[Button, ...]:
    """Return what can be done now; the way to help stands there, also where nothing can be told."""
    close, need_help = Button(say("Close"), "close"), Button(say("I need help"), "help")
    beside = () if page.reports else (need_help,)
    if page.state == "ask":
        return (Button(say("Ask to use it"), "ask", True), Button(say("Not now"), "close"), *beside)
    if page.state == "waiting":
        return (Button(say("Stop asking"), "withdraw"), close, *beside)
    if page.state == "allowed":
        return (close, *beside)
    return (need_help, close)


def block(page: pages.AppPage, say: Say) -> Html:
    """Return the window's one block."""
    words = words_for(page, say)
    kind, sign = _SIGNS[page.state]
    top = tag(
        "div",
        tag("span", icon("laptop"), tag("b", name_of(app_name(page, say))), class_="row app-name"),
        tag("span", icon(sign), words.state, class_=f"state {kind}"),
        class_="row apart",
    )
    buttons = (
        choice_button(each.label, each.choice, class_="btn main wide" if each.main else "btn wide")
        for each in buttons_for(page, say)
    )
    asked = page.state == "waiting" and page.words
    return small_window(
        say,
        top,
        tag("h1", words.title, id="title", tabindex=-1),
        tag("p", words.said, id="said", role="status"),
        _asking(say) if page.state == "ask" and page.tier != "early" else None,
        tag("p", "“", tag("bdi", page.words), "”", class_="quiet own-words") if asked else None,
        tag("div", *buttons, report_button(page, say, class_="btn slim wide"), class_="stack"),
    )


def _asking(say: Say) -> Html:
    label = tag(
        "label",
        say.you("What do you need it for?") + " ",
        tag("span", say("(optional)"), class_="quiet"),
        for_="reason",
    )
    field = tag("input", id="reason", type="text", maxlength=200, autocomplete="off", data_reason=True)
    return tag("div", label, field, class_="field")
