"""*Something's wrong* for the youngest: what happened, who needs help. Two taps, nothing to read or write."""

from agent.link import pages
from agent.link.report_speech import report_lines, titles, what_cards, who_cards
from agent.window.markup import Html, icon, picture, tag, together
from agent.window.parts import note
from agent.window.report_parts import screen
from agent.words import Say

STEPS = 2


def blocks(page: pages.ReportPage, say: Say) -> Html:
    """Return both screens."""
    lines = line_numbers(say) if page.read_aloud else {}
    what, who = titles(say.language)
    first = (
        _card(card.picture, card.words, lines, at=number, say=say, **_what(card.harm, card.subject))
        for number, card in enumerate(what_cards(say.language))
    )
    second = (
        _card(art, words, lines, at=number, say=say, data_set=f"whom:{whom}", data_send=True)
        for number, (art, words, whom) in enumerate(who_cards(say.language))
    )
    return together(
        _screen(page, say, 0, what, tag("ul", *first, class_="pictures plain by-three"), lines),
        _screen(page, say, 1, who, tag("ul", *second, class_="pictures plain by-two"), lines),
    )


def line_numbers(say: Say) -> dict[str, int]:
    """Return the number of every line that can be heard."""
    return {line: number for number, line in enumerate(report_lines(say.language))}


def _what(harm: str | None, subject: str) -> dict[str, str | int | bool]:
    if harm is None:
        return {"data_set": "problem:other", "data_problem": True}
    return {"data_set": f"harms:{harm} subject:{subject}", "data_to_screen": 1}


def _card(
    art: str, words: str, lines: dict[str, int], *, at: int, say: Say, **does: str | int | bool
) -> Html:
    line = lines.get(words)
    hear = tag(
        "button",
        icon("speaker"),
        tag("span", say("Hear: {sentence}", sentence=words), class_="hear"),
        class_="listen",
        type="button",
        data_read="one",
    )
    return tag(
        "li",
        tag("button", picture(art), tag("span", words), class_="picture btn", type="button", **does),
        hear if line is not None else None,
        class_="tap",
        data_line=line,
    )


def read_buttons(say: Say) -> Html:
    """Return *Read to me* and *Stop reading*, one of which stands."""
    return together(
        tag("button", icon("speaker"), say("Read to me"), class_="btn", type="button", data_read="all"),
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


def silent_note(say: Say) -> Html:
    """Return what is said where no sound comes."""
    words = say("Sound does not work here. Ask an adult to read it with you.")
    return tag("div", note("off", "speaker", tag("p", words)), data_silent=True, hidden=True)


def _screen(
    page: pages.ReportPage, say: Say, at: int, title: str, cards: Html, lines: dict[str, int]
) -> Html:
    back = tag("button", icon("back"), say("Back"), class_="btn", type="button", data_to_screen=at - 1)
    return screen(
        page,
        say,
        at=at,
        steps=STEPS,
        top=read_buttons(say) if page.read_aloud else None,
        body=(
            silent_note(say),
            tag("h1", title, tabindex=-1, data_line=lines.get(title)),
            cards,
        ),
        answers=(
            back if at else None,
            tag(
                "button", icon("hand"), say("A grown-up, please"), class_="btn", type="button", data_help=True
            ),
            tag("button", icon("door"), say("Stop"), class_="btn", type="button", data_choice="close"),
        ),
        class_="fills",
    )
