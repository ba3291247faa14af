"""
The rules this person accepted, all on one page, and when.

Without the text's first line: it speaks to somebody who has yet to answer.
"""

from datetime import datetime

from agent.link import pages
from agent.window.agreement_parts import section_body
from agent.window.markup import Html, tag
from agent.window.parts import choice_button, full_window, language_switch, report_button, school_mark
from agent.window.wording import moment_words
from agent.words import Say
from policies.agreements import text_in


def block(page: pages.RulesPage, say: Say, now: datetime) -> Html:
    """Return one language of the window."""
    text = text_in(page.agreement, say.language)
    when = moment_words(say, page.accepted_at, now)
    accepted = say("Version {n}, accepted: {when}", n=page.agreement.version, when=when)
    sections = (section_body(section, say, page.tier, {}) for section in text.sections)
    return full_window(
        say,
        top=(
            school_mark(page.school),
            _right(say, page),
        ),
        body=(
            tag(
                "div",
                tag(
                    "div",
                    tag("h1", text.title, tabindex=-1),
                    tag("p", accepted, class_="quiet"),
                    class_="stack tight",
                ),
                *sections,
                class_="stack wide rules-page",
            ),
        ),
    )


def _right(say: Say, page: pages.RulesPage) -> Html:
    switch = language_switch(say, tuple(text.language for text in page.agreement.texts))
    return tag("div", report_button(page, say), switch, choice_button(say("Close"), "close"), class_="row")
