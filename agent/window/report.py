"""*Something's wrong*: what is it about, tell us if you want to, what happens next; and two ways aside.

One of the ways is *I am in danger now*, the other one is for a laptop that does not work. Nothing here is
red, and nothing reads as blame. What was picked lives in the page's script until it is sent.
"""

from agent.link import pages
from agent.window import report_aside, report_early
from agent.window.markup import Html, icon, tag, together
from agent.window.parts import language_switch, note
from agent.window.report_aside import DANGER, PROBLEM
from agent.window.report_choices import (
    FIRST,
    MORE,
    Option,
    answer_words,
    harm_options,
    naming_options,
    reader_options,
    role_words,
    subject_options,
    talk_options,
    where_options,
    whom_options,
)
from agent.window.report_draft import (
    MAX_ADDRESS_LETTERS,
    MAX_TALK_LETTERS,
    MOST_ADDRESSES,
)
from agent.window.report_parts import (
    back_button,
    hard_stop,
    help_card,
    leave_button,
    picks,
    screen,
)
from agent.words import Say
from policies.drafts import MAX_WORDS_LETTERS
from policies.settings import LANGUAGES

STEPS = 3


def blocks(page: pages.ReportPage, say: Say) -> Html:
    """Return every screen of one language."""
    if page.tier == "early":
        return report_early.blocks(page, say)
    return together(
        _what(page, say),
        _words(page, say),
        _next(page, say),
        report_aside.danger(page, say),
        report_aside.problem(page, say),
    )


def _top(page: pages.ReportPage, say: Say) -> Html | None:
    return language_switch(say, LANGUAGES)


def _next_button(say: Say, to: int) -> Html:
    return tag("button", say("Next"), icon("next"), class_="btn main", type="button", data_to_screen=to)


def _what(page: pages.ReportPage, say: Say) -> Html:
    laptop = tag(
        "button",
        icon("odd"),
        tag("span", say("The laptop is acting strangely"), tag("small", say("goes to the technician"))),
        class_="pick as-button",
        type="button",
        data_to_screen=PROBLEM,
    )
    more = tag(
        "details",
        tag("summary", icon("plus"), say("More to choose from")),
        picks(say, "harms", harm_options(say, page.tier, MORE), many=True, class_="picks four"),
        data_more=True,
    )
    lead = say.you(
        "Pick what is nearest; it can be more than one. Nothing is kept until you choose “Tell them”."
    )
    return screen(
        page,
        say,
        at=0,
        steps=STEPS,
        top=_top(page, say),
        body=(
            tag(
                "div",
                tag("h1", say("What is it about?"), tabindex=-1),
                tag("p", lead, class_="quiet"),
                class_="stack tight",
            ),
            tag(
                "fieldset",
                tag("legend", say("What is it about?"), class_="hear"),
                picks(
                    say,
                    "harms",
                    harm_options(say, page.tier, FIRST),
                    many=True,
                    class_="picks four",
                    last=laptop,
                ),
                more,
                class_="stack",
            ),
            hard_stop(say),
            tag(
                "div",
                _asking(say, "whom", say("Who is it happening to?"), whom_options(say, page.tier)),
                _asking(say, "where", say("Where?"), where_options(say)),
                _asking(say, "subject", say("Who did it?"), subject_options(say)),
                class_="cols three",
            ),
            _about_staff(page, say),
        ),
        answers=(_next_button(say, 1), leave_button(page, say), _danger_button(say)),
    )


def _asking(say: Say, name: str, question: str, options: tuple[Option, ...]) -> Html:
    return tag("fieldset", tag("legend", question), picks(say, name, options, class_="picks lines"))


def _about_staff(page: pages.ReportPage, say: Say) -> Html:
    """Return who reads it then, and the names of those who could be meant: none of them reads it (R50)."""
    return tag(
        "fieldset",
        tag("legend", say("Is it one of these adults?")),
        tag("p", say("Who is picked here cannot read it. Pick nobody if it is none of them."), class_="hint"),
        picks(say, "readers", reader_options(page, say), many=True, class_="picks four"),
        data_when="subject:staff",
        hidden=True,
    )


def _danger_button(say: Say) -> Html:
    return tag("button", say("I am in danger now"), class_="btn", type="button", data_to_screen=DANGER)


def _words(page: pages.ReportPage, say: Say) -> Html:
    return screen(
        page,
        say,
        at=1,
        steps=STEPS,
        top=_top(page, say),
        body=(
            tag(
                "div",
                tag("h1", say("Tell us, if you want to"), tabindex=-1),
                tag(
                    "p",
                    say.you(
                        "A few words help. You can leave all of it empty. Do not go back to look for it."
                    ),
                    class_="quiet",
                ),
                class_="stack tight",
            ),
            hard_stop(say),
            tag(
                "div",
                tag("div", _what_happened(say), _addresses(say), class_="stack wide"),
                tag("div", _talk_to(page, say), _naming(say), class_="stack wide"),
                class_="cols two",
            ),
        ),
        answers=(_next_button(say, 2), back_button(say, 0), leave_button(page, say)),
    )


def _what_happened(say: Say) -> Html:
    ident = f"words-{say.language}"
    return tag(
        "div",
        tag("label", say("What happened?"), for_=ident),
        tag("textarea", id=ident, rows=5, maxlength=MAX_WORDS_LETTERS, data_write="words"),
        tag(
            "p", say("{n} letters left", n="#"), class_="hint", data_left="words", hidden=True, role="status"
        ),
        class_="field",
    )


def _addresses(say: Say) -> Html:
    first = f"address-{say.language}"
    fields = (
        tag(
            "input",
            type="text",
            id=first if number == 0 else None,
            maxlength=MAX_ADDRESS_LETTERS,
            autocomplete="off",
            spellcheck="false",
            data_write="addresses",
            data_number=number,
            aria_label=None if number == 0 else say("Another site or app"),
            hidden=number > 0,
        )
        for number in range(MOST_ADDRESSES)
    )
    return tag(
        "div",
        tag("label", say("A site or app, if you remember one"), for_=first),
        tag("p", say.you("Please do not open it again to check."), class_="hint"),
        tag("div", *fields, class_="stack tight"),
        tag(
            "button",
            icon("plus"),
            say("Another one"),
            class_="btn slim",
            type="button",
            data_more_addresses=True,
        ),
        class_="field",
    )


def _talk_to(page: pages.ReportPage, say: Say) -> Html:
    other = tag(
        "input",
        type="text",
        maxlength=MAX_TALK_LETTERS,
        autocomplete="off",
        data_write="talk_other",
        aria_label=say("Whom else?"),
    )
    options = picks(
        say, "talk_to", talk_options(page, say), class_="picks lines by-side", beside={"other": other}
    )
    return tag("fieldset", tag("legend", say.you("Whom would you like to talk to?")), options)


def _naming(say: Say) -> Html:
    return tag(
        "fieldset",
        tag("legend", say.you("Your name")),
        picks(say, "naming", naming_options(say), class_="picks one"),
    )


def _next(page: pages.ReportPage, say: Say) -> Html:
    readers = tag(
        "ul",
        *(
            tag(
                "li",
                tag("b", reader.name),
                ", " + role_words(reader, say),
                data_reader=reader.id,
                hidden=True,
            )
            for reader in page.readers
        ),
        class_="dots",
    )
    nobody = tag("div", note("wait", "people", tag("p", _nobody(say))), data_nobody=True, hidden=True)
    steps = tag(
        "ul",
        tag(
            "li",
            answer_words(page, say),
            " ",
            say.you("Someone finds a quiet moment for you, not in front of the class."),
        ),
        tag(
            "li",
            say.you(
                "They may have to tell someone who can help. If so, they talk with you first if they can."
            ),
        ),
        class_="dots stack tight",
    )
    sealed = note(
        "sealed",
        "seal",
        tag("p", tag("b", say("Locked before it leaves the laptop"))),
        tag("p", say.you("Your words are sealed here. Nobody can open them on the way.")),
    )
    offline = None
    if not page.online:
        offline = note("wait", "nosignal", tag("p", _offline(say)))
    return screen(
        page,
        say,
        at=2,
        steps=STEPS,
        top=_top(page, say),
        body=(
            tag(
                "div",
                tag("h1", say("What happens next"), tabindex=-1),
                tag(
                    "p",
                    say.you("You are not in trouble, and neither is a friend you tell about."),
                    class_="quiet",
                ),
                class_="stack tight",
            ),
            tag(
                "div",
                tag(
                    "div",
                    offline,
                    tag(
                        "div",
                        tag("p", tag("b", say("Only these adults can read it:")), data_somebody=True),
                        readers,
                        nobody,
                        tag(
                            "p",
                            say("Other teachers, the technician and the computers it passes cannot."),
                            class_="quiet",
                            data_somebody=True,
                        ),
                        class_="stack tight",
                    ),
                    steps,
                    sealed,
                    class_="stack",
                ),
                help_card(page, say),
                class_="cols two",
            ),
        ),
        answers=(
            tag("button", icon("sent"), say("Tell them"), class_="btn main", type="button", data_send=True),
            back_button(say, 1),
            leave_button(page, say),
        ),
    )


def _nobody(say: Say) -> str:
    return say.you(
        "None of the adults who read reports here is left for this one. Please tell an adult you trust."
    )


def _offline(say: Say) -> str:
    return say.you(
        "This laptop has no connection to the school now. It sends this as soon as it can. "
        "Tell an adult as well."
    )
