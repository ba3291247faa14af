"""Two ways aside from a report: *I am in danger now*, and a laptop that does not work."""

from agent.link import pages
from agent.window.markup import Html, icon, tag
from agent.window.parts import contacts_list, language_switch
from agent.window.report_choices import problem_options
from agent.window.report_draft import MAX_PROBLEM_LETTERS
from agent.window.report_parts import back_button, helplines_list, leave_button, picks, screen
from agent.words import Say
from policies.settings import LANGUAGES

DANGER, PROBLEM = 3, 4
"""The numbers of these screens; report.js knows them too."""


def danger(page: pages.ReportPage, say: Say) -> Html:
    """Return *I am in danger now*: whom to go to first, then the way to tell the school."""
    emergency = tuple(each for each in page.helplines if each.emergency)
    contacts = contacts_list(page.contacts)
    return screen(
        page,
        say,
        at=DANGER,
        steps=0,
        top=language_switch(say, LANGUAGES),
        body=(
            tag(
                "div",
                tag("h1", say.you("Get help now"), tabindex=-1),
                tag(
                    "p",
                    say.you("Go to the nearest adult. Say: I need help now. You need not say more."),
                    class_="lead",
                ),
                class_="stack tight",
            ),
            tag(
                "div",
                helplines_list(emergency, class_="facts emergency") if emergency else None,
                tag(
                    "div",
                    tag("h2", say("At school")),
                    contacts or tag("p", say("Any adult you trust")),
                    class_="card stack",
                ),
                class_="cols two" if emergency else "cols",
            ),
            tag("p", say.you("You can also tell the school from here. It goes before everything else.")),
        ),
        answers=(
            tag(
                "button",
                icon("sent"),
                say("Tell the school now"),
                class_="btn main",
                type="button",
                data_send="danger",
            ),
            tag("button", icon("back"), say("Back"), class_="btn", type="button", data_back=True),
            leave_button(page, say),
        ),
    )


def problem(page: pages.ReportPage, say: Say) -> Html:
    """Return what is said of a laptop that does not work; a technician reads it, plain."""
    ident = f"problem-{say.language}"
    return screen(
        page,
        say,
        at=PROBLEM,
        steps=0,
        top=language_switch(say, LANGUAGES),
        body=(
            tag(
                "div",
                tag("h1", say("What is wrong with the laptop?"), tabindex=-1),
                tag(
                    "p",
                    say.you("The technician reads this. Please write nothing about people here."),
                    class_="quiet",
                ),
                class_="stack tight",
            ),
            tag(
                "fieldset",
                tag("legend", say("What is wrong with the laptop?"), class_="hear"),
                picks(say, "problem", problem_options(say), class_="picks"),
            ),
            tag(
                "div",
                tag(
                    "label",
                    say.you("What do you see?") + " ",
                    tag("span", say("(optional)"), class_="quiet"),
                    for_=ident,
                ),
                tag("textarea", id=ident, rows=3, maxlength=MAX_PROBLEM_LETTERS, data_write="problem_words"),
                class_="field",
            ),
        ),
        answers=(
            tag(
                "button",
                icon("sent"),
                say("Tell the technician"),
                class_="btn main",
                type="button",
                data_problem=True,
            ),
            back_button(say, 0),
            leave_button(page, say),
        ),
    )
