"""Pieces of the report's windows: a screen with its bar, picks, helplines, the way to hide it all."""

from collections.abc import Mapping

from agent.link import pages
from agent.window.markup import Html, icon, name_of, tag, together
from agent.window.parts import block, contacts_list, note, school_mark
from agent.window.report_choices import Option
from agent.words import Say
from policies.settings import Helpline

CEOP = "CEOP Safety Centre"
CEOP_ADDRESS = "ceop.police.uk"


def screen(
    page: pages.Page,
    say: Say,
    *,
    at: int,
    steps: int,
    top: str | None,
    body: tuple[str | None, ...],
    answers: tuple[str | None, ...],
    hides: bool = True,
    class_: str = "stack wide",
) -> Html:
    """Return one screen of a large window: the post, a top row, the leaf, the answers beneath."""
    shortcut = page.shortcut if isinstance(page, pages.ReportPage) and page.tier != "early" else ""
    leaf = tag(
        "div",
        tag(
            "header",
            tag("div", school_mark(page.school), rails(say, at, steps) if steps else None, class_="row"),
            tag("div", hide_button(say, shortcut) if hides else None, top, class_="row"),
            class_="top",
        ),
        tag("main", _later_notes(say) if hides else None, tag("div", *body, class_=class_), class_="body"),
        tag(
            "section",
            tag("div", *answers, class_="three"),
            class_="answers",
            aria_label=say.you("Your answer"),
        ),
        class_="leaf",
    )
    return block(say, tag("div", class_="edge", aria_hidden="true"), leaf, screen=at, class_="win report")


def _later_notes(say: Say) -> Html:
    """Return what is said only when it is so: help was called, or the report could not be handed over."""
    asking = note(
        "ok",
        "hand",
        tag("p", tag("b", say.you("The school is being told. You can also go to any adult now."))),
    )
    stuck = note(
        "wait",
        "nosignal",
        tag("p", tag("b", say.you("This could not be handed over. Please tell an adult now, or try again."))),
    )
    return together(
        tag("div", asking, data_asking=True, hidden=True, role="status"),
        tag("div", stuck, data_stuck=True, hidden=True, role="alert"),
    )


def rails(say: Say, at: int, steps: int) -> Html:
    """Return the progress, drawn and said."""
    marks = ("done" if number < at else "here" if number == at else None for number in range(steps))
    return tag(
        "div",
        tag("ol", *(tag("li", class_=each) for each in marks), aria_hidden="true"),
        tag("span", say("Step {n} of {all}", n=at + 1, all=steps)),
        class_="rails",
    )


def hide_button(say: Say, shortcut: str) -> Html:
    """Return the button that stands at the same place on each screen, with its keys."""
    keys: list[Html] = []
    for key in shortcut.split("+") if shortcut else ():
        keys += [tag("kbd", key), Html(" ")]
    return tag(
        "button",
        icon("hide"),
        say.you("Hide my screen"),
        " ",
        *keys,
        class_="btn",
        type="button",
        data_hide=True,
    )


def pick(say: Say, name: str, option: Option, *, many: bool, beside: str | None = None) -> Html:
    """Return one answer as a large target. Names differ by language: both languages stand in one page."""
    field = tag(
        "input",
        type="checkbox" if many else "radio",
        name=f"{name}-{say.language}",
        value=option.value,
        data_pick=name,
    )
    return tag(
        "label",
        field,
        icon(option.sign) if option.sign else None,
        tag("span", option.label, tag("small", option.small) if option.small else None),
        beside,
        class_="pick",
    )


def picks(
    say: Say,
    name: str,
    options: tuple[Option, ...],
    *,
    many: bool = False,
    class_: str = "picks",
    last: str | None = None,
    beside: Mapping[str, str] | None = None,
) -> Html:
    """Return the answers to one question."""
    around = beside or {}
    return tag(
        "div",
        *(pick(say, name, option, many=many, beside=around.get(option.value)) for option in options),
        last,
        class_=class_,
    )


def leave_button(page: pages.Page, say: Say) -> Html:
    """Return the way out, as large as *Next*."""
    return tag("button", say("Leave without telling"), class_="btn", type="button", data_choice="close")


def back_button(say: Say, to: int) -> Html:
    """Return the way to the screen before."""
    return tag("button", icon("back"), say("Back"), class_="btn", type="button", data_to_screen=to)


def hard_stop(say: Say) -> Html:
    """Return what must be known at once where a private picture may be part of it (R52)."""
    words = say.you("Do not show, send or save the picture, not even as proof. Your words are enough.")
    return tag(
        "div", note("wait", "octagon", tag("p", tag("b", words))), data_when="harms:sexual-image", hidden=True
    )


def helplines_list(helplines: tuple[Helpline, ...], *, class_: str = "facts") -> Html:
    """Return numbers and addresses as the school wrote them."""
    entries: list[Html] = []
    for helpline in helplines:
        entries += [tag("dt", helpline.name), tag("dd", tag("b", helpline.how))]
    return tag("dl", *entries, class_=class_)


def help_card(page: pages.ReportPage | pages.ReceiptPage, say: Say) -> Html:
    """Return whom one can turn to at once: at school, outside, in danger (R70, R88), and CEOP (R87)."""
    ceop = isinstance(page, pages.ReportPage) and page.ceop
    contacts = contacts_list(page.contacts)
    usual = tuple(each for each in page.helplines if not each.emergency)
    emergency = tuple(each for each in page.helplines if each.emergency)
    return tag(
        "div",
        tag("h2", say.you("If you need someone now")),
        tag(
            "div",
            tag("h3", say("At school")),
            contacts or tag("p", say("Any adult you trust")),
            class_="stack tight",
        ),
        tag("div", tag("h3", say("Helplines")), helplines_list(usual), class_="stack tight")
        if usual
        else None,
        tag("div", tag("h3", say("In danger")), helplines_list(emergency), class_="stack tight")
        if emergency
        else None,
        _ceop(say) if ceop else None,
        class_="card stack",
    )


def _ceop(say: Say) -> Html:
    said = say.you(
        "If someone online frightens you or wants sexual things, you can tell the police here yourself:"
    )
    return tag(
        "details",
        tag("summary", icon("people"), say("Report to CEOP")),
        tag("p", said, " ", tag("b", f"{CEOP}, {CEOP_ADDRESS}")),
        class_="ceop",
    )


def names_line(say: Say, readers: tuple[pages.Reader, ...]) -> Html:
    """Return the readers' names in one line."""
    names: list[str] = []
    for number, reader in enumerate(readers):
        if number:
            names.append(" " + say("and") + " " if number == len(readers) - 1 else ", ")
        names.append(tag("b", name_of(reader.name)))
    return together(*names)
