"""Pieces that several windows share: the top row, the language switch, contacts, a block."""

from agent.link import pages
from agent.window.markup import Html, icon, mark, name_of, tag, together
from agent.words import Say
from policies.settings import Contact, Language

LANGUAGE_NAMES: dict[Language, str] = {"en": "English", "tr": "Türkçe"}
"""Each in itself; never translated, no flags."""


def block(
    say: Say, *children: str | None, screen: int = 0, class_: str = "", **marks: str | int | bool
) -> Html:
    """Return one state of the window: this language, this screen. The script shows one at a time."""
    return tag(
        "div",
        *children,
        class_=class_,
        lang=say.language,
        data_block=True,
        data_language=say.language,
        data_screen=screen,
        hidden=True,
        **marks,
    )


def school_mark(school: str) -> Html:
    """Return the gate sign and the school's name."""
    return tag("span", mark(), name_of(school), class_="mark")


def language_switch(say: Say, offered: tuple[Language, ...]) -> Html | None:
    """Return the switch, or nothing where there is nothing to choose."""
    if len(offered) < 2:
        return None
    choices = (
        tag(
            "button",
            LANGUAGE_NAMES[language],
            type="button",
            lang=language,
            data_to_language=language,
            aria_current="true" if language == say.language else None,
        )
        for language in offered
    )
    return tag("div", *choices, class_="langs", role="group", aria_label=say("Language"))


def choice_button(label: str, choice: str, *, sign: str = "", class_: str = "btn") -> Html:
    """Return a button that ends the window with this choice."""
    return tag(
        "button", icon(sign) if sign else None, label, class_=class_, type="button", data_choice=choice
    )


REPORT_SIGN = "chat"
"""Beside *Something's wrong*, wherever it stands."""


def report_button(page: pages.Page, say: Say, *, class_: str = "btn") -> Html | None:
    """Return the way to a report, or nothing where reports are off."""
    if not page.reports:
        return None
    return choice_button(say("Something’s wrong"), "report", sign=REPORT_SIGN, class_=class_)


def contacts_list(contacts: tuple[Contact, ...], most: int = 12) -> Html | None:
    """Return whom one can turn to, in the school's own words."""
    if not contacts:
        return None
    return tag(
        "ul", *(tag("li", contact_line(contact)) for contact in contacts[:most]), class_="plain contacts"
    )


def contact_line(contact: Contact) -> Html:
    """Return a contact as one line: name, role, how."""
    rest = ", ".join(part for part in (contact.role, contact.how) if part)
    return together(tag("b", name_of(contact.name)), tag("span", f", {rest}") if rest else "")


def note(kind: str, sign: str, *children: str | None, role: str | None = None) -> Html:
    """Return a coloured note: its line style and sign say its kind without the hue."""
    return tag("div", icon(sign), tag("div", *children), class_=f"note {kind}".strip(), role=role)


def small_window(say: Say, *children: str | None, bare: bool = False, role: str | None = None) -> Html:
    """Return a small window's frame: the post at the side, a leaf beside it."""
    frame = tag(
        "section" if role else "div",
        tag("div", class_="edge", aria_hidden="true"),
        tag("div", *children, class_="leaf stack"),
        class_="small-window panel",
        role=role,
        aria_labelledby="title" if role else None,
        aria_describedby="said" if role else None,
    )
    return block(say, tag("main", frame, class_="desk" if bare else "whole"))


def full_window(say: Say, *, top: tuple[str | None, str | None], body: tuple[str | None, ...]) -> Html:
    """Return a large window's frame: the post, a top row of two groups, the leaf."""
    leaf = tag(
        "div",
        tag("header", tag("div", top[0], class_="row"), tag("div", top[1], class_="row"), class_="top"),
        tag("main", *body, class_="body"),
        class_="leaf",
    )
    return block(say, tag("div", class_="edge", aria_hidden="true"), leaf, class_="win")
