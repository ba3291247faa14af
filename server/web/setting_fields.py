"""Settings as form fields: from a value to what stands in the field, and from what was typed to a value.

Pure. What was typed is kept as typed, so that a form with a mistake comes back as it was.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import permutations
from typing import Any, NamedTuple

from server.wording.entries import Entry
from server.wording.values import PER

Fields = Mapping[str, Sequence[str]]
"""A posted form: every value of every field, in the order of the page."""
MOST_ROWS = 20
MOST_APP_ROWS = 200
LONGEST_TEXT = 20_000
_SECONDS = {"hours": 3600, "minutes": 60, "seconds": 1}
_BYTES = {"TB": 10**12, "GB": 10**9, "MB": 10**6, "B": 1}
_ROWS = {
    "later": ("from_day", "mode"),
    "helplines": ("name", "how", "emergency", "tiers"),
    "contacts": ("name", "role", "how"),
    "app-rules": ("app", "lesson", "club", "consent"),
}
_WITHOUT_MEANING = ("tiers", "mode", "lesson", "club", "consent")
"""Fields that are filled in an empty row too."""
ORDERED = "agreement.languages"
"""Several of which the first counts more: offered as whole answers."""


class Typed(NamedTuple):
    """What stands in one setting's fields, as text."""

    text: str = ""
    unit: str = ""
    chosen: tuple[str, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()


class NotTaken(Exception):
    """What was typed is no value of this setting; `code` says why, for the page's own words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def units_of(entry: Entry, typed: Typed) -> tuple[str, ...]:
    """Return the units a number may be typed in."""
    if entry.kind in PER:
        return tuple(unit for unit, size in _SECONDS.items() if size >= PER[entry.kind])[::-1]
    if entry.kind == "bytes":
        return ("MB", "GB", "TB") if typed.unit != "B" else ("B", "MB", "GB", "TB")
    return ()


def orders_of(entry: Entry) -> list[tuple[str, ...]]:
    """Return every answer to "which, and which first"."""
    codes = tuple(entry.choices)
    return [chosen for count in range(1, len(codes) + 1) for chosen in permutations(codes, count)]


def to_typed(name: str, entry: Entry, value: Any) -> Typed:
    """Return what the fields of this setting hold for this value."""
    match entry.kind:
        case "seconds" | "after" | "minutes" | "hours":
            return Typed() if value is None else _with_unit(value * PER[entry.kind], _SECONDS, "minutes")
        case "bytes":
            return _with_unit(value, _BYTES, "MB")
        case "switch":
            return Typed(chosen=(str(bool(value)).lower(),))
        case "one":
            return Typed(chosen=(str(value),))
        case "several":
            return Typed(chosen=(" ".join(value),) if name == ORDERED else tuple(value))
        case "lines":
            return Typed(text="\n".join(value))
        case "later" | "helplines" | "contacts" | "app-rules":
            return Typed(rows=tuple(dict(row) for row in value))
    return Typed(text="" if value is None else str(value))


def of_form(name: str, entry: Entry, form: Fields) -> Typed:
    """Return what a form holds for this setting; missing is empty."""
    given = form.get(name, ())
    match entry.kind:
        case "switch" | "one" | "several":
            return Typed(chosen=tuple(each[:80] for each in given[:MOST_ROWS]))
        case "later" | "helplines" | "contacts" | "app-rules":
            return Typed(rows=tuple(_rows(name, entry, form)))
    text = (given[0] if given else "").replace("\r\n", "\n")[:LONGEST_TEXT]
    if entry.kind not in ("long-text", "lines"):
        text = text.strip()
    return Typed(text=text, unit=(form.get(f"{name}:unit") or ("",))[0][:10])


def to_value(name: str, entry: Entry, typed: Typed) -> Any:
    """Return the value that was typed, as JSON writes it. Raises NotTaken."""
    match entry.kind:
        case "seconds" | "minutes" | "hours":
            return _read_unit(typed, _SECONDS, PER[entry.kind])
        case "after":
            return _read_unit(typed, _SECONDS, 1) if typed.text else None
        case "bytes":
            return _read_unit(typed, _BYTES, 1)
        case "days" | "count":
            return _whole(typed.text)
        case "switch":
            return _one_of(typed, ("true", "false")) == "true"
        case "one":
            return _one_of(typed, tuple(entry.choices))
        case "several":
            return _several(name, entry, typed)
        case "lines":
            return [line.strip() for line in typed.text.split("\n") if line.strip()]
        case "later" | "helplines" | "contacts" | "app-rules":
            rows = [_row_value(entry, row) for row in typed.rows]
            if entry.kind == "app-rules" and len({row["app"].casefold() for row in rows}) < len(rows):
                raise NotTaken("app-twice")
            return rows
        case "day":
            return typed.text if name.startswith("review.") or typed.text else None
        case "long-text":
            return typed.text.strip()
    return typed.text


def _with_unit(amount: int, units: Mapping[str, int], for_nothing: str) -> Typed:
    """Return a number in the largest unit that keeps it whole."""
    if not amount:
        return Typed("0", for_nothing)
    unit = next(each for each, size in units.items() if amount % size == 0)
    return Typed(str(amount // units[unit]), unit)


def _read_unit(typed: Typed, units: Mapping[str, int], per: int) -> int:
    if typed.unit not in units:
        raise NotTaken("unit")
    amount = _number(typed.text) * units[typed.unit] / per
    if amount != amount.to_integral_value():
        raise NotTaken("not-whole")
    return int(amount)


def _number(text: str) -> Decimal:
    """Return a number as people type it: 1.5 or 1,5."""
    try:
        number = Decimal(text.replace(",", ".")) if len(text) <= 16 and text.isascii() else Decimal("nan")
    except InvalidOperation as problem:
        raise NotTaken("no-number") from problem
    if not number.is_finite() or number < 0 or number > 10**13:
        raise NotTaken("no-number")
    return number


def _whole(text: str) -> int:
    number = _number(text)
    if number != number.to_integral_value():
        raise NotTaken("not-whole")
    return int(number)


def _one_of(typed: Typed, codes: Sequence[str]) -> str:
    if len(typed.chosen) != 1 or typed.chosen[0] not in codes:
        raise NotTaken("choose-one")
    return typed.chosen[0]


def _several(name: str, entry: Entry, typed: Typed) -> list[str]:
    if name == ORDERED:
        answers = {" ".join(each): list(each) for each in orders_of(entry)}
        return answers[_one_of(typed, tuple(answers))]
    chosen = [code for code in entry.choices if code in typed.chosen]
    if not chosen:
        raise NotTaken("choose-some")
    return chosen


def _rows(name: str, entry: Entry, form: Fields) -> list[dict[str, Any]]:
    """Return the rows somebody filled in; an empty one is none."""
    found = []
    for number in range(MOST_APP_ROWS if entry.kind == "app-rules" else MOST_ROWS):
        row: dict[str, Any] = {}
        for field in _ROWS[entry.kind]:
            given = form.get(f"{name}:{number}:{field}", ())
            if field == "tiers":
                row[field] = [each for each in given if each in entry.choices]
            else:
                row[field] = (given[0] if given else "").strip()[:400]
        if any(row[field] for field in _ROWS[entry.kind] if field not in _WITHOUT_MEANING):
            found.append(row)
    return found


def _row_value(entry: Entry, row: Mapping[str, Any]) -> dict[str, Any]:
    if entry.kind == "later":
        if not row["from_day"]:
            raise NotTaken("day-missing")
        return {"from_day": row["from_day"], "mode": row["mode"]}
    if entry.kind == "app-rules":
        return _app_rule(entry, row)
    if not row["name"]:
        raise NotTaken("name-missing")
    if entry.kind == "contacts":
        return {"name": row["name"], "role": row["role"], "how": row["how"]}
    return {
        "name": row["name"],
        "how": row["how"],
        "tiers": list(row["tiers"]) or list(entry.choices),
        "emergency": row["emergency"] in ("yes", True),
    }


def _app_rule(entry: Entry, row: Mapping[str, Any]) -> dict[str, Any]:
    if row["lesson"] not in entry.choices or row["club"] not in entry.choices:
        raise NotTaken("choose-one")
    return {
        "app": row["app"],
        "lesson": row["lesson"],
        "club": row["club"],
        "consent": row["consent"] in ("yes", True),
    }
