"""The agreement: every screen of it in every language offered, three answers equally plain."""

from agent.link import pages
from agent.link.speech import spoken_lines
from agent.window.agreement_parts import section_body
from agent.window.markup import Html, icon, name_of, tag, together
from agent.window.parts import block, contacts_list, language_switch, note, report_button, school_mark
from agent.window.screens import Screen, screens_of
from agent.words import Say
from policies.agreements import AgreementText, text_hash, text_in
from policies.settings import Language


def text_of(page: pages.GatePage, language: Language) -> AgreementText:
    """Return the text shown in this language."""
    return text_in(page.agreement, language)


def blocks(page: pages.GatePage, say: Say) -> Html:
    """Return every screen of one language."""
    text = text_of(page, say.language)
    screens = screens_of(text, page.tier)
    lines = {line: number for number, line in enumerate(spoken_lines(text))} if page.read_aloud else {}
    return together(
        *(_block(page, say, text, screens, at, lines) for at in range(len(screens))),
    )


def _block(
    page: pages.GatePage,
    say: Say,
    text: AgreementText,
    screens: tuple[Screen, ...],
    at: int,
    lines: dict[str, int],
) -> Html:
    screen = screens[at]
    shown = " ".join(str(screen.first + number) for number in range(len(screen.sections)))
    return block(
        say,
        tag("div", class_="edge", aria_hidden="true"),
        tag(
            "div",
            _top(page, say, at, len(screens)),
            _body(page, say, text, screens, at, lines),
            _answers(page, say, at, len(screens)),
            class_="leaf",
        ),
        screen=at,
        class_="win",
        data_sections=shown,
        data_all=len(text.sections),
        data_hash=text_hash(text),
    )


def _top(page: pages.GatePage, say: Say, at: int, count: int) -> Html:
    said = say("Page {n} of {all}", n=at + 1, all=count)
    rails = tag(
        "div",
        tag("ol", *(tag("li", data_rail=number) for number in range(count)), aria_hidden="true"),
        tag("span", said),
        class_="rails",
    )
    person = tag("span", name_of(page.person), class_="small quiet whose") if page.person else None
    return tag(
        "header",
        tag("div", school_mark(page.school), person, rails, class_="row"),
        tag(
            "div",
            report_button(page, say),
            _read_button(page, say) if page.read_aloud else None,
            language_switch(say, tuple(each.language for each in page.agreement.texts)),
            class_="row",
        ),
        class_="top",
    )


def _read_button(page: pages.GatePage, say: Say) -> Html:
    words = say("Read it all to me") if page.tier == "early" else say.you("Read to me")
    return together(
        tag("button", icon("speaker"), words, class_="btn", type="button", data_read="all"),
        tag(
            "button",
            icon("pause"),
            say("Stop reading"),
            class_="btn",
            type="button",
            data_read="stop",
            hidden=True,
        ),
    )


def _body(
    page: pages.GatePage,
    say: Say,
    text: AgreementText,
    screens: tuple[Screen, ...],
    at: int,
    lines: dict[str, int],
) -> Html:
    screen = screens[at]
    notes = together(_help_notes(page, say), _silent_note(say))
    if page.tier == "early":
        heading = text.title if at == 0 else screen.sections[0].heading
        lead = text.intro if at == 0 else ""
        return tag(
            "main",
            notes,
            tag(
                "div",
                tag("h1", heading, tabindex=-1, data_line=lines.get(heading)),
                tag("p", lead, class_="quiet", data_line=lines.get(lead)) if lead else None,
                class_="early-head",
            ),
            *(section_body(section, say, page.tier, lines, screen=screen) for section in screen.sections),
            _contacts(page, say, class_="small quiet for-adults") if at == len(screens) - 1 else None,
            class_="body early",
        )
    head = tag(
        "div",
        tag("h1", text.title, tabindex=-1, data_line=lines.get(text.title) if at == 0 else None),
        tag(
            "p",
            text.intro,
            class_="quiet lead" if page.tier == "junior" else "quiet",
            data_line=_intro(lines, text, at),
        ),
        tag("p", say("Version {n}", n=page.agreement.version), class_="small quiet") if say.grown else None,
    )
    section = section_body(screen.sections[0], say, page.tier, lines, screen=screen)
    if page.tier == "junior":
        beside = _contacts(page, say, class_="quiet") if at == len(screens) - 1 else None
        return tag("main", tag("div", head, notes, section, beside, class_="stack"), class_="body")
    beside = _contacts(page, say, class_="small quiet turn-to")
    parts = tag("div", tag("div", _contents(say, screens, at), beside), section, class_="sections")
    return tag("main", tag("div", head, notes, parts, class_="stack"), class_="body")


def _contacts(page: pages.GatePage, say: Say, *, class_: str) -> Html | None:
    """Return whom one can turn to: beside the agreement, no part of it; a new name asks nobody again."""
    lines = contacts_list(page.contacts)
    if lines is None or (page.help_asked and page.tier != "early"):
        return None  # after asking for help they stand in the answer
    return tag("div", tag("p", say.you("You can go to:")), lines, class_=class_)


def _intro(lines: dict[str, int], text: AgreementText, at: int) -> int | None:
    return lines.get(text.intro) if at == 0 else None


def _contents(say: Say, screens: tuple[Screen, ...], at: int) -> Html:
    entries = (
        tag(
            "li",
            tag(
                "a",
                tag("span", icon("check"), class_="yes"),
                tag("span", icon("ring"), class_="no"),
                tag("span", screen.sections[0].heading),
                href=f"#page-{number + 1}",
                data_to_screen=number,
                aria_current="step" if number == at else None,
            ),
            data_toc=number,
        )
        for number, screen in enumerate(screens)
    )
    return tag("nav", tag("ol", *entries, class_="toc"), aria_label=say("Pages"))


def _answers(page: pages.GatePage, say: Say, at: int, count: int) -> Html:
    last = at == count - 1
    early = page.tier == "early"
    if early and not last:
        first = tag("button", icon("next"), say("Next"), class_="btn", type="button", data_to_screen=at + 1)
    else:
        first = tag(
            "button",
            icon("check"),
            say("Yes, I will") if early else say("I accept"),
            class_="btn",
            type="button",
            data_answer="accepted",
            aria_disabled="true",
            aria_describedby=f"why-{say.language}-{at}",
        )
    return tag(
        "section",
        tag("div", _why(say, at, count, early=early), _steps(say, at, count, early=early), class_="pages"),
        tag(
            "div",
            first,
            tag("button", icon("hand"), say("I need help"), class_="btn", type="button", data_answer="help"),
            tag(
                "button",
                icon("door"),
                say("Stop") if early else say("Sign out"),
                class_="btn",
                type="button",
                data_answer="declined",
            ),
            class_="three",
        ),
        class_="answers",
        aria_label=say.you("Your answer"),
    )


def missed_words(say: Say, number: object) -> str:
    """Return what stands on the last page while the end of an earlier one was not seen."""
    return say.you("Page {n} was not seen to its end. Go back to it.", n=number)


def _why(say: Say, at: int, count: int, *, early: bool) -> Html:
    if early:
        unread, scroll = say("First look at every page."), say("Look at the page to its end first.")
    else:
        unread = say.you("You can accept after all {n} pages. Help and sign-out work at any time.", n=count)
        scroll = say("This page goes on below. Help and sign-out work at any time.")
    return tag(
        "p",
        tag("span", unread, data_why="unread"),
        tag("span", scroll, data_why="scroll", hidden=True),
        tag("span", missed_words(say, "{n}"), data_why="missed", hidden=True),
        tag("span", say.you("You have seen every page."), data_why="ready", hidden=True),
        id=f"why-{say.language}-{at}",
        role="status",
    )


def _steps(say: Say, at: int, count: int, *, early: bool) -> Html | None:
    if count == 1:
        return None
    before = tag(
        "button", icon("back"), say("Page before"), class_="btn slim", type="button", data_to_screen=at - 1
    )
    after = tag(
        "button", say("Next page"), icon("next"), class_="btn slim", type="button", data_to_screen=at + 1
    )
    return tag("div", before if at else None, after if at < count - 1 and not early else None, class_="row")


def _help_notes(page: pages.GatePage, say: Say) -> Html:
    """Return the answer to *I need help*: at once that it was heard here, later that it was passed on."""
    heard = say.you("The school has your call for help. If nobody comes soon, go to an adult.")
    if page.help_asked and page.tier == "early":
        # One line: the pictures beneath it stay in sight. Whom to go to stands on the last page.
        return note("ok", "hand", tag("p", tag("b", heard)), role="status")
    contacts = contacts_list(page.contacts)
    also = tag("p", say.you("You can also go to:")) if contacts else None
    passing = tag(
        "div", note("wait", "hand", tag("p", say("Asking for help…"))), data_help="asking", hidden=True
    )
    if not page.help_asked:
        return passing
    return note(
        "ok",
        "hand",
        tag(
            "p",
            tag("b", heard),
        ),
        also,
        contacts,
        role="status",
    )


def _silent_note(say: Say) -> Html:
    return tag(
        "div",
        note(
            "off", "speaker", tag("p", say.you("Sound does not work here. Ask an adult to read it with you."))
        ),
        data_silent=True,
        hidden=True,
    )
