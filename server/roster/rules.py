"""How a school's lists are read: which column is what, whose account is what, which tier, which room.

Chosen once with an import and remembered, so that next week's file needs no questions.
"""

import re
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from policies.settings import Language, Tier
from server.errors import Invalid
from server.people_tables import people_settings
from server.roster import account_names

NAME = "import"
_Word = Annotated[str, Meta(min_length=1, max_length=200)]


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Up to this grade (or age), this tier."""

    up_to: Annotated[int, Meta(ge=-3, le=120)]
    tier: Tier


GRADES = (Band(up_to=2, tier="early"), Band(up_to=6, tier="junior"), Band(up_to=13, tier="teen"))
"""Grades 1 and 2 are 5 to 8 years old, 3 to 6 up to 11, in the countries of our example schools."""
AGES = (Band(up_to=7, tier="early"), Band(up_to=11, tier="junior"), Band(up_to=19, tier="teen"))
"""In whole years on the day the school year began."""


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One school's choices. Every one has a default that most schools keep."""

    columns: dict[str, _Word] = {}
    """Plain CSV: our field → the column's name, where it is not found by itself."""
    encoding: Literal["", "cp1254", "cp1252"] = ""
    """Of plain CSV that is neither UTF-8 nor UTF-16."""
    person_from: Literal["sourcedId", "identifier", "username"] = "sourcedId"
    """OneRoster: what becomes the school's id of a person. Changed later, everybody leaves and joins."""
    org: Annotated[str, Meta(max_length=200)] = ""
    """OneRoster: only people of this organisation, by its sourcedId or name; empty: all."""
    accounts: Literal["column", "template", "mapping", "keep"] = "column"
    template: Annotated[str, Meta(max_length=120)] = "{givenName}.{familyName}"
    tiers: Literal["column", "grade", "age"] = "column"
    """Where a tier comes from; the next of the three is asked where the first says nothing."""
    grade_bands: Annotated[tuple[Band, ...], Meta(max_length=12)] = GRADES
    age_bands: Annotated[tuple[Band, ...], Meta(max_length=12)] = AGES
    other_tier: Tier | None = None
    """For pupils nothing else gives one; without it their lines are reported and left out."""
    rooms: dict[str, Annotated[str, Meta(max_length=80)]] = {}
    """Class → room, beside what the list itself says."""
    language: Language = "en"
    """Where the list has none."""
    staff: bool = True
    """Take teachers and other staff of the list; without it only pupils are taken, and nobody else leaves."""
    whole: bool = True
    """The list is the whole school: whoever is missing has left."""

    def __post_init__(self) -> None:
        """Refuse a template that makes nothing."""
        account_names.check_template(self.template)


def read_rules(connection: Connection, language: Language = "en") -> Rules:
    """Return the school's rules; before its first import the defaults, with this language of the school's."""
    body = connection.execute(select(people_settings.c.body).where(people_settings.c.name == NAME)).scalar()
    return Rules(language=language) if body is None else msgspec.json.decode(body, type=Rules)


def write_rules(connection: Connection, rules: Rules, *, by: str, now: datetime) -> None:
    """Remember the rules."""
    values = {"body": msgspec.json.encode(rules).decode(), "changed_at": now, "changed_by": by[:120]}
    statement = insert(people_settings).values(name=NAME, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def make_rules(tree: object) -> Rules:
    """Return rules from plain data; raise Invalid naming what is wrong."""
    try:
        return msgspec.convert(tree, Rules)
    except msgspec.ValidationError as problem:
        raise Invalid(f"these rules cannot be: {problem}") from problem


_GRADE_WORDS: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"^(?:it|pr|infant|toddler)$"), -2),
    (re.compile(r"^(?:pk|tk|nursery|pre-?k|preschool|kre[sş]|okul ?[oö]ncesi)\b"), -1),
    (re.compile(r"^(?:kg?|r|reception|kindergarten|ana ?okulu|ana ?s[ıi]n[ıi]f[ıi])\b"), 0),
    (re.compile(r"^(?:ps|postsecondary)$"), 14),
)
_NUMBER = re.compile(r"(?<!\d)0?(1[0-3]|[1-9])(?!\d)")


def read_grade(text: str) -> int | None:
    """Return the grade in `04`, `Year 4`, `4-A`, `4. sınıf`, `KG` or `Reception`; None if there is none."""
    folded = text.strip().replace("İ", "i").casefold()
    for pattern, grade in _GRADE_WORDS:
        if pattern.search(folded):
            return grade
    found = _NUMBER.search(folded)
    return int(found[1]) if found else None


def tier_of(bands: tuple[Band, ...], value: int) -> Tier | None:
    """Return the tier of the first band that reaches this grade or age."""
    for band in sorted(bands, key=lambda each: each.up_to):
        if value <= band.up_to:
            return band.tier
    return None


def age_on(born: date, day: date) -> int:
    """Return the whole years somebody has on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
