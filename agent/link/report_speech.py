"""What the youngest may hear in *Something's wrong*: fixed lines, so that their sound is made beforehand.

The window shows these very words; the service renders them. Whose names are read aloud is nobody's business.
"""

from typing import NamedTuple

from agent.words import say_in
from policies.drafts import Harm, Subject
from policies.settings import Language


class Card(NamedTuple):
    """One picture to tap."""

    picture: str
    words: str
    harm: Harm | None = None
    """None: not a report, the laptop is odd."""
    subject: Subject = "nobody-known"


def what_cards(language: Language) -> tuple[Card, ...]:
    """Return the pictures of the first tap: what happened."""
    say = say_in(language, "early")
    return (
        Card("report-saw", say("I saw something"), "content"),
        Card("report-unkind", say("Someone was unkind"), "bullying", "pupil"),
        Card("report-stranger", say("Someone I don’t know"), "contact", "outside"),
        Card("report-grown-up", say("A grown-up was unkind"), "other", "staff"),
        Card("report-laptop", say("The laptop is odd")),
        Card("report-else", say("Something else"), "other"),
    )


def who_cards(language: Language) -> tuple[tuple[str, str, str], ...]:
    """Return the pictures of the second tap: picture, words, and `whom`."""
    say = say_in(language, "early")
    return (("report-me", say("Me"), "me"), ("report-friend", say("My friend"), "friend"))


def titles(language: Language) -> tuple[str, str]:
    """Return the two questions."""
    say = say_in(language, "early")
    return say("What happened?"), say("Who needs help?")


def receipt_lines(language: Language) -> dict[str, tuple[str, ...]]:
    """Return what is said in each state after the second tap."""
    say = say_in(language, "early")
    calm = say("You are not in trouble.")
    return {
        "sending": (say("It is on its way."), say("Wait a moment."), calm),
        "sent": (say("You told. That was right."), say("A grown-up will come and find you."), calm),
        "waiting": (say("Go to a grown-up now."), say("Say: something is wrong."), calm),
        "refused": (say("Go to a grown-up now."), say("Say: something is wrong."), calm),
    }


def report_lines(language: Language) -> tuple[str, ...]:
    """Return every line that can be heard, without repeats."""
    lines = [*titles(language)]
    lines += [card.words for card in what_cards(language)]
    lines += [words for _picture, words, _whom in who_cards(language)]
    for said in receipt_lines(language).values():
        lines += said
    return tuple(dict.fromkeys(lines))
