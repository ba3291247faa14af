"""The questions of *Something's wrong* in each reader's words, and what an answer means. Pure."""

from typing import Literal, NamedTuple

from agent.link import pages
from agent.words import Say
from policies.drafts import Harm, Where, Whom
from policies.settings import Tier

MOST_TO_TALK_TO = 4


class Option(NamedTuple):
    """One answer: what it is to us, and how it is said."""

    value: str
    label: str
    small: str = ""
    sign: str = ""


Problem = Literal["virus", "broken", "filter", "other"]
_SIGNS: dict[Harm, str] = {
    "content": "eye",
    "bullying": "chat",
    "contact": "person",
    "sexual-image": "hide",
    "hate": "people",
    "conduct": "heart",
    "other": "dots",
    "harassment": "chat",
    "exploitation": "key",
    "extremism": "people",
    "illegal": "scales",
    "offensive-message": "sheet",
    "filter-breach": "unlock",
}
FIRST: tuple[Harm, ...] = ("content", "bullying", "contact", "sexual-image", "hate", "conduct", "other")
MORE: tuple[Harm, ...] = (
    "harassment",
    "exploitation",
    "extremism",
    "illegal",
    "offensive-message",
    "filter-breach",
)
"""Less often the nearest: behind *More to choose from*."""


def harm_options(say: Say, tier: Tier, harms: tuple[Harm, ...]) -> tuple[Option, ...]:
    """Return these kinds of harm as cards, in simple words (R47)."""
    words = _for_juniors(say) if tier == "junior" else _for_others(say)
    return tuple(Option(harm, *words[harm], _SIGNS[harm]) for harm in harms)


def _for_others(say: Say) -> dict[Harm, tuple[str, str]]:
    return {
        "content": (say("I saw something upsetting"), say("pictures, videos, words")),
        "bullying": (say("Someone is being horrible"), say("messages, group chats")),
        "contact": (
            say("Someone makes me uncomfortable"),
            say("asks things, wants to meet"),
        ),
        "sexual-image": (say("A private picture"), say.you("of me or someone I know")),
        "hate": (say("Hate"), say("of skin, faith, body or love")),
        "conduct": (say("Something I did, or was talked into"), say.you("you may tell it here")),
        "other": (say("Something else"), ""),
        "harassment": (say("Sexual words or pressure"), say("comments, jokes, being touched or pushed")),
        "exploitation": (say("Threats, money or secrets"), say("someone wants something, or else…")),
        "extremism": (say("Someone pushes extreme ideas"), say("wants people to hate, fight or join")),
        "illegal": (say("Something against the law"), say("drugs, weapons, stolen accounts")),
        "offensive-message": (say("A nasty message"), say("once, from anybody")),
        "filter-breach": (say("A page that should not open"), say("and it did")),
    }


def _for_juniors(say: Say) -> dict[Harm, tuple[str, str]]:
    return {
        "content": (say("I saw something bad"), say("a picture, a video, words")),
        "bullying": (say("Someone is mean"), say("to me or to others")),
        "contact": (say("Someone wants things from me"), say("asks, wants to meet, keeps on")),
        "sexual-image": (say("A private picture"), say("of a body")),
        "hate": (say("Mean words about people"), say("their skin, their faith, their body")),
        "conduct": (say("I did something"), say.you("you may tell it here")),
        "other": (say("Something else"), ""),
        "harassment": (say("Rude words or touching"), ""),
        "exploitation": (say("Someone says: keep it secret"), say("or else something happens")),
        "extremism": (say("Someone wants me to hate or fight"), ""),
        "illegal": (say("Something that is against the law"), ""),
        "offensive-message": (say("A nasty message"), ""),
        "filter-breach": (say("A page that should not open"), say("and it did")),
    }


def whom_options(say: Say, tier: Tier) -> tuple[Option, ...]:
    """Return to whom it happens; the first is taken if nothing is chosen."""
    if say.grown:
        me: Whom = "staff-self" if tier == "adult" else "visitor"
        return (Option(me, say("Me")), Option("somebody", say("A pupil, or someone else")))
    return (
        Option("me", say("Me")),
        Option("friend", say("A friend")),
        Option("somebody", say("Someone else")),
    )


def where_options(say: Say) -> tuple[Option, ...]:
    """Return where it happened: other places count as much (R45)."""
    places: tuple[tuple[Where, str, str], ...] = (
        ("here", say("At school"), "school"),
        ("home", say("At home"), "home"),
        ("phone", say("On a phone"), "phone"),
        ("elsewhere", say("Somewhere else"), ""),
    )
    return tuple(Option(value, label, "", sign) for value, label, sign in places)


def subject_options(say: Say) -> tuple[Option, ...]:
    """Return whom it is about, as coarse as routing needs (R50)."""
    pupil = say("A pupil here") if say.grown else say("A child I know")
    return (
        Option("nobody-known", say("I don’t know, or nobody")),
        Option("pupil", pupil),
        Option("outside", say("Somebody I don’t know")),
        Option("staff", say("An adult who works here")),
    )


def reader_options(page: pages.ReportPage, say: Say) -> tuple[Option, ...]:
    """Return the adults who could otherwise read a report about themselves; the head always among them."""
    listed = [Option(reader.id, reader.name, role_words(reader, say)) for reader in page.readers]
    if not any(reader.role == "head" for reader in page.readers):
        listed.append(Option("head", say("The head of the school")))
    return tuple(listed)


def role_words(reader: pages.Reader, say: Say) -> str:
    """Return what this adult does here."""
    roles = {
        "lead": say("keeps pupils safe here"),
        "deputy": say("helps to keep pupils safe here"),
        "head": say("head of the school"),
        "alternate": say("is asked when it is about the head"),
    }
    return roles[reader.role]


def talk_options(page: pages.ReportPage, say: Say) -> tuple[Option, ...]:
    """Return whom they could talk to (R60): those who read, the school's contacts, anybody else."""
    found: dict[str, Option] = {}
    for reader in page.readers:
        if reader.role in ("lead", "deputy"):
            found.setdefault(reader.name, Option(reader.name[:120], reader.name, role_words(reader, say)))
    for contact in page.contacts:
        found.setdefault(contact.name, Option(contact.name[:120], contact.name, contact.role))
    return (
        *list(found.values())[:MOST_TO_TALK_TO],
        Option("other", say("Somebody else:")),
        Option("", say("I don’t mind")),
    )


def naming_options(say: Say) -> tuple[Option, ...]:
    """Return what may be done with the name, and what that honestly means."""
    return (
        Option("named", say("With my name"), say.you("the adults who help you may know it")),
        Option("lead-only", say("My name, only for who opens it"), say("they ask before they tell anyone")),
        Option(
            "unnamed",
            say("No name"),
            say.you(
                "You are signed in on this laptop, so they may still work out who you are. They can answer "
                "you here, but they cannot come and find you."
            ),
        ),
    )


def problem_options(say: Say) -> tuple[Option, ...]:
    """Return what may be wrong with the laptop; the technician reads it."""
    kinds: tuple[tuple[Problem, str, str, str], ...] = (
        ("virus", say("A virus warning, or odd windows"), say.you("Do not click on them."), "octagon"),
        ("broken", say("Something is broken"), say("keys, screen, sound, a program"), "odd"),
        ("filter", say("A page I need is blocked"), say("for a lesson"), "lock"),
        ("other", say("Something else"), "", "dots"),
    )
    return tuple(Option(value, label, small, sign) for value, label, small, sign in kinds)


def answer_words(page: pages.ReportPage | pages.ReceiptPage, say: Say) -> str:
    """Return when to expect an answer, truthfully: the school's own promise, on school days."""
    hours = page.answer_within_hours
    if hours < 24:
        return say.many(
            "On a school day you hear from them within {n} hour.",
            "On a school day you hear from them within {n} hours.",
            hours,
        )
    return say.many(
        "You hear from them within {n} school day.",
        "You hear from them within {n} school days.",
        -(-hours // 24),
    )
