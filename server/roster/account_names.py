"""OS user names made from people's names, by a rule that somebody can follow with a pencil.

1. Letters with a Latin counterpart are written with it (ç→c, ğ→g, ı→i, İ→i, ö→o, ş→s, ü→u, ß→ss, æ→ae, ø→o,
   ł→l, đ→d, ð→d, þ→th, œ→oe); any other accent is dropped (é→e, â→a, ń→n).
2. Everything becomes lower case; spaces, apostrophes and hyphens inside a name go: “Ayşe Nur” is aysenur.
3. A name with a letter left that is neither a–z nor 0–9 has no such spelling: nobody guesses one.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from server.errors import Invalid

FIELDS = ("givenName", "firstGivenName", "familyName", "identifier", "person", "username", "year")
LONGEST_MADE = 32
"""Longer is not a user name on Linux."""
_LETTERS = str.maketrans(
    {
        "ı": "i",
        "İ": "i",
        "ğ": "g",
        "Ğ": "g",
        "ş": "s",
        "Ş": "s",
        "ß": "ss",
        "æ": "ae",
        "Æ": "ae",
        "œ": "oe",
        "Œ": "oe",
        "ø": "o",
        "Ø": "o",
        "ł": "l",
        "Ł": "l",
        "đ": "d",
        "Đ": "d",
        "ð": "d",
        "Ð": "d",
        "þ": "th",
        "Þ": "th",
        "ħ": "h",
        "Ħ": "h",
    }
)
_DROPPED = re.compile(r"[\s'’‘`´.\-‐-―]+")
_PART = re.compile(r"\{([A-Za-z]+)(?::(\d{1,2}))?\}|([a-z0-9._-]+)|(.)", re.DOTALL)
_MADE = re.compile(r"[a-z_][a-z0-9._-]*")


class Collision(NamedTuple):
    """One user name that several people would have."""

    account: str
    people: tuple[str, ...]
    """Everybody who would have it, by the school's id."""
    keeper: str | None
    """Who has it already and keeps it; None: nobody gets it."""


def transliterate(name: str) -> str | None:
    """Return a name in a–z and 0–9, or None if a letter of it has no counterpart there."""
    folded = unicodedata.normalize("NFC", name).translate(_LETTERS)
    plain = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
    plain = _DROPPED.sub("", plain).lower()
    return plain if all("a" <= c <= "z" or "0" <= c <= "9" for c in plain) else None


def check_template(template: str) -> str:
    """Return a template such as `{givenName}.{familyName}` or `{givenName:1}{familyName}`; raise Invalid."""
    if not 1 <= len(template) <= 120:
        raise Invalid("a template has 1 to 120 characters")
    fields = 0
    for field, _length, _literal, wrong in _PART.findall(template):
        if wrong:
            raise Invalid(f"a template holds a–z, 0–9, . _ - and fields in braces; not {wrong!r}")
        if field and field not in FIELDS:
            raise Invalid(f"there is no field {{{field}}}; there are: {', '.join(FIELDS)}")
        fields += bool(field)
    if not fields:
        raise Invalid("a template needs a field in braces, or everybody would have one name")
    return template


def make_account(template: str, values: Mapping[str, str]) -> str | None:
    """Return the user name that the template makes, or None where it makes none: a letter or a name lacks."""
    made = ""
    for field, length, literal, _wrong in _PART.findall(template):
        if not field:
            made += literal
            continue
        value = values.get("givenName" if field == "firstGivenName" else field, "")
        if field == "firstGivenName":
            value = (value.split() or [""])[0]
        part = transliterate(value)
        if not part:
            return None
        made += part[: int(length)] if length else part
    return made if len(made) <= LONGEST_MADE and _MADE.fullmatch(made) else None


def is_account(name: str) -> bool:
    """Say whether this can be a user name on some system: also `SCHOOL\\may` and `may@school.example`."""
    if not 1 <= len(name) <= 200 or name[0] in "-=+@'" or not name.isprintable():
        return False
    return not any(c.isspace() or c in '/:,;"*?<>|[]' for c in name)


def settle(
    claims: Sequence[tuple[str, tuple[str, ...]]],
    holders: Mapping[str, str],
    taken: Collection[str] = (),
) -> tuple[dict[str, tuple[str, ...]], list[Collision]]:
    """
    Return who gets which of the names they claim, and the collisions.

    `claims` are (person, names); `holders` says whose a name is today, `taken` names of people the list does
    not speak of. Names that differ only in case are one name: on Windows they are. Where several claim one,
    whoever has it keeps it; where nobody has it, nobody gets it: a wrong guess opens a child's files.
    """
    claimed: dict[str, list[str]] = {}
    for person, names in claims:
        for name in names:
            whose = claimed.setdefault(name.casefold(), [])
            if person not in whose:
                whose.append(person)
    held = {name.casefold(): person for name, person in holders.items()}
    busy = {name.casefold() for name in taken}
    lost: set[tuple[str, str]] = set()
    collisions = []
    for folded, whose in claimed.items():
        elsewhere = folded in busy and held.get(folded) not in whose
        if len(whose) == 1 and not elsewhere:
            continue
        keeper = held.get(folded) if elsewhere or held.get(folded) in whose else None
        everybody = whose if keeper is None or keeper in whose else [*whose, keeper]
        collisions.append(Collision(folded, tuple(everybody), keeper))
        lost |= {(person, folded) for person in whose if person != keeper}
    given = {
        person: tuple(name for name in names if (person, name.casefold()) not in lost)
        for person, names in claims
    }
    return given, collisions
