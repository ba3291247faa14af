"""Numbers that follow the settings: a school writes {lock_minutes} and every reader reads what holds (R84).

For the school's own words: what happens when rules are broken, and the contacts. A text that writes the
number itself is found by the server's check of promises.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

import msgspec

from policies.setting_names import get_value
from policies.settings import Contact, Language, School, Settings, SettingsRefused


class Number(NamedTuple):
    """What stands for one setting."""

    setting: str
    divided_by: int
    """Of what the setting counts, so many are one of what the word counts."""


NUMBERS: dict[str, Number] = {
    "lock_minutes": Number("lock.idle_after_seconds", 60),
    "lock_seconds": Number("lock.idle_after_seconds", 1),
    "sign_out_minutes": Number("lock.sign_out_after_seconds", 60),
    "answer_minutes": Number("agreement.answer_within_seconds", 60),
    "offline_days": Number("login.offline_days", 1),
    "approval_days": Number("usb.longest_approval_days", 1),
    "report_answer_hours": Number("report.answer_within_hours", 1),
}
"""Word in braces → setting."""
_WORD = re.compile(r"\{([a-z_]{1,40})\}")


def fill_numbers(text: str, settings: Settings, language: Language) -> str:
    """Return the text with every number put in, as that language writes it. Other braces stay."""

    def number(found: re.Match[str]) -> str:
        known = NUMBERS.get(found[1])
        value = get_value(settings, known.setting) if known else None
        if known is None or value is None:
            return found[0]
        exact = (Decimal(value) / known.divided_by).quantize(Decimal("0.1")).normalize()
        written = f"{exact:f}"
        return written.replace(".", ",") if language == "tr" else written

    return _WORD.sub(number, text)


def fill_school(school: School, settings: Settings) -> School:
    """
    Return the school with every number in its own words put in.

    Contacts stand in one language only: the school's own, the first it offers.
    """
    own = settings.agreement.languages[0]
    if not any(_WORD.search(text) for _place, text in _texts(school)):
        return school
    contacts = tuple(
        Contact(
            name=contact.name,
            role=fill_numbers(contact.role, settings, own),
            how=fill_numbers(contact.how, settings, own),
        )
        for contact in school.contacts
    )
    consequences = {
        language: fill_numbers(text, settings, language) for language, text in school.consequences.items()
    }
    return msgspec.structs.replace(school, contacts=contacts, consequences=consequences)


def check_numbers(school: School, settings: Settings) -> None:
    """Raise SettingsRefused, naming the place, for a word in braces that stands for no number."""
    for place, text in _texts(school):
        for word in _WORD.findall(text):
            if word not in NUMBERS:
                known = ", ".join(f"{{{each}}}" for each in NUMBERS)
                raise SettingsRefused(f"{place}: {{{word}}} stands for no setting. There are: {known}.")
            name = NUMBERS[word].setting
            if get_value(settings, name) is None:
                raise SettingsRefused(
                    f"{place}: {{{word}}} has no number to stand for, because {name} is never. "
                    "Set it, or take the sentence out."
                )


def _texts(school: School) -> Iterator[tuple[str, str]]:
    for language, text in school.consequences.items():
        yield f"school.consequences.{language}", text
    for number, contact in enumerate(school.contacts):
        yield f"school.contacts[{number}].role", contact.role
        yield f"school.contacts[{number}].how", contact.how
