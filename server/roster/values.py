"""Single cells of a list: cleaned, and looked at for what they seem to be. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

from policies.settings import Language, Tier

Shape = Literal["", "tier", "language", "date", "mail", "number", "account", "name"]
LONGEST: dict[str, int] = {
    "person": 200,
    "given_name": 120,
    "family_name": 120,
    "display_name": 200,
    "username": 200,
    "identifier": 200,
    "room": 80,
    "class_name": 80,
    "year": 40,
    "job_title": 120,
}
_JOINERS = "\u200c\u200d"
"""Persian and several Indian scripts cannot be written without them."""
_RUNS = "=+-@\t\r＝＋－＠"
_TIERS: dict[str, Tier] = {
    "early": "early",
    "early years": "early",
    "erken": "early",
    "erken dönem": "early",
    "okul öncesi": "early",
    "junior": "junior",
    "çocuk": "junior",
    "ilkokul": "junior",
    "teen": "teen",
    "genç": "teen",
    "adult": "adult",
    "staff": "adult",
    "yetişkin": "adult",
    "personel": "adult",
    "visitor": "visitor",
    "guest": "visitor",
    "ziyaretçi": "visitor",
    "misafir": "visitor",
}
_LANGUAGES: dict[str, Language] = {
    "en": "en",
    "eng": "en",
    "english": "en",
    "ingilizce": "en",
    "tr": "tr",
    "tur": "tr",
    "turkish": "tr",
    "türkçe": "tr",
}
_DATE = re.compile(r"^(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{4})(?:[T ].*)?$")
_MAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")


def fold(text: str) -> str:
    """Return a word for looking it up; ı, I, İ and i are one letter, whoever wrote the capitals."""
    return " ".join(text.replace("İ", "i").casefold().replace("ı", "i").split())


TIER_WORDS: dict[str, Tier] = {fold(word): tier for word, tier in _TIERS.items()}
LANGUAGE_WORDS: dict[str, Language] = {fold(word): language for word, language in _LANGUAGES.items()}


def clean(cell: str) -> str:
    """Return a cell in one spelling of its letters, without spaces around it."""
    return (cell if cell.isascii() else unicodedata.normalize("NFC", cell)).strip()


def fault_of(field: str, value: str) -> str:
    """Return the code of what is wrong with a cleaned cell, or an empty text."""
    if not value:
        return ""
    if any(not char.isprintable() and char not in _JOINERS for char in value):
        return "invisible"
    if value[0] in _RUNS:
        return "formula"
    return "too-long" if len(value) > LONGEST.get(field, 200) else ""


def shape_of(value: str) -> Shape:
    """Return what a cell looks like."""
    folded = fold(value)
    if not folded:
        return ""
    if folded in TIER_WORDS:
        return "tier"
    if folded in LANGUAGE_WORDS:
        return "language"
    if _DATE.match(value):
        return "date"
    if _MAIL.match(value):
        return "mail"
    if value.isdigit():
        return "number"
    return "name" if " " in value else "account"


def mostly(values: Iterable[str], shapes: frozenset[Shape]) -> Shape:
    """Return the one of these shapes that more than half of the filled cells have, at least two."""
    counted: dict[Shape, int] = {}
    filled = 0
    for value in values:
        shape = shape_of(value)
        filled += shape != ""
        counted[shape] = counted.get(shape, 0) + 1
    for shape in sorted(shapes):
        if counted.get(shape, 0) >= 2 and counted[shape] * 2 > filled:
            return shape
    return ""


def read_date(text: str) -> date | None:
    """Return the day in `2016-05-03`, `03.05.2016` or `03/05/2016` (day first); None if it is none."""
    if not text:
        return None  # most cells of half a million enrolments
    day = text.strip().split("T")[0].split(" ")[0]
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"):
        try:
            return datetime.strptime(day, form).date()
        except ValueError:
            continue
    return None
