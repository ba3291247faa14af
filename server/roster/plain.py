"""Plain CSV: one line per person, whatever the school's program calls its columns (English, Turkish)."""

from collections.abc import Callable, Iterable, Mapping

from server import spreadsheets
from server.roster import columns, values
from server.roster.drafts import Draft, Problem, Reading
from server.roster.rules import Rules
from server.roster.values import Shape, clean, fold
from server.spreadsheets import Table

_NO_NAME: frozenset[Shape] = frozenset({"tier", "language", "date", "mail", "number"})
_WRONG: dict[str, frozenset[Shape]] = {
    "display_name": _NO_NAME,
    "given_name": _NO_NAME,
    "family_name": _NO_NAME,
    "username": frozenset({"tier", "date", "name"}),
    "person": frozenset({"tier", "date", "name"}),
    "room": frozenset({"tier", "date", "mail"}),
    "class_name": frozenset({"tier", "date", "mail"}),
    "year": frozenset({"tier", "date", "mail"}),
    "tier": frozenset({"date", "mail", "number"}),
    "born": frozenset({"tier", "mail", "name", "account", "language"}),
    "language": frozenset({"tier", "date", "mail", "number", "name"}),
}
"""What most cells of a column must not look like: then columns are swapped, or the wrong one was chosen."""


def map_columns(names: Iterable[str], chosen: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return our field → the file's column, by what the school chose before and then by name."""
    by_name = {columns.key_of(name): name for name in reversed(list(names))}
    found: dict[str, str] = {}
    for field, name in (chosen or {}).items():
        column = by_name.get(columns.key_of(name))
        if field in columns.ALIASES and column is not None:
            found[field] = column
    for field, aliases in columns.ALIASES.items():
        if field in found:
            continue
        for alias in aliases:
            column = by_name.get(columns.key_of(alias))
            if column is not None and column not in found.values():
                found[field] = column
                break
    return found


def hindrances(table: Table, mapped: Mapping[str, str], file: str) -> list[Problem]:
    """Return why this table as a whole cannot be a list of people with these columns."""
    found = []
    if not table.rows:
        found.append(Problem("no-rows", file))
    if "person" not in mapped and "username" not in mapped:
        found.append(Problem("no-person-column", file))
    if "display_name" not in mapped and not {"given_name", "family_name"} & mapped.keys():
        found.append(Problem("no-name-column", file))
    places = {name: at for at, name in enumerate(table.columns)}
    for field, wrong in _WRONG.items():
        if field in mapped:
            cells = (clean(line.cells[places[mapped[field]]]) for line in table.rows)
            shape = values.mostly(cells, wrong)
            if shape:
                found.append(Problem("swapped", file, 0, mapped[field], shape))
    if "tier" in mapped and not any(each.code == "swapped" for each in found):
        tiers = [clean(line.cells[places[mapped["tier"]]]) for line in table.rows]
        filled = [cell for cell in tiers if cell]
        if len(filled) > 1 and not any(values.shape_of(cell) == "tier" for cell in filled):
            found.append(Problem("not-tiers", file, 0, mapped["tier"]))
    return found


def read_plain(
    data: bytes, rules: Rules, file: str = "list.csv", tell: Callable[[int], None] = lambda rows: None
) -> Reading:
    """Return the people of a CSV file. Raises TableRefused for what is no table."""
    table = spreadsheets.read_table(data, encoding=rules.encoding or None, tell=tell)
    mapped = map_columns(table.columns, rules.columns)
    stops = hindrances(table, mapped, file)
    if stops:
        return Reading("csv", (), tuple(stops), columns=mapped)
    drafts: list[Draft] = []
    problems: list[Problem] = []
    for number, cells in table.dicts():
        given = {field: clean(cells[column]) for field, column in mapped.items()}
        made = _draft(given, file, number)
        (problems if isinstance(made, Problem) else drafts).append(made)  # type: ignore[arg-type]
    unused = [name for name in table.columns if name not in mapped.values()]
    notes = tuple(Problem("unused-column", file, 0, name[:80]) for name in unused)
    return Reading("csv", tuple(drafts), tuple(problems), notes, columns=mapped)


def _draft(given: dict[str, str], file: str, number: int) -> Draft | Problem:
    """Return one line's person, or what is wrong with the line."""
    person = given.get("person") or given.get("username", "")
    named = person if not values.fault_of("person", person) else ""
    for field, value in given.items():
        fault = values.fault_of(field, value)
        if fault:
            return Problem(fault, file, number, value[:80], named)
    if not person:
        return Problem("no-id", file, number, given.get("display_name", "")[:80])
    given_name, family = given.get("given_name", ""), given.get("family_name", "")
    shown = given.get("display_name", "") or " ".join(part for part in (given_name, family) if part)
    if not shown:
        return Problem("no-name", file, number, "", person)
    if values.shape_of(shown) in ("tier", "date", "mail"):
        return Problem("odd-name", file, number, shown[:80], person)
    born = given.get("born", "")
    day = values.read_date(born) if born else None
    if born and day is None:
        return Problem("bad-date", file, number, born[:80], person)
    kind = given.get("kind", "")
    if kind and fold(kind) not in columns.KIND_WORDS:
        return Problem("bad-kind", file, number, kind[:80], person)
    return Draft(
        person=person,
        file=file,
        line=number,
        kind=columns.KIND_WORDS[fold(kind)] if kind else "",
        given_name=given_name or _split(shown)[0],
        family_name=family or _split(shown)[1],
        display_name=shown,
        identifier=given.get("person", ""),
        username=given.get("username", ""),
        tier=given.get("tier", ""),
        grade=given.get("grade", ""),
        born=day,
        language=given.get("language", ""),
        room=given.get("room", ""),
        class_name=given.get("class_name", ""),
        year=given.get("year", ""),
        job_title=given.get("job_title", ""),
    )


def _split(shown: str) -> tuple[str, str]:
    """Return given names and family name of a whole name: the last word is the family's."""
    given, _, family = shown.rpartition(" ")
    return given[:120], family[:120]
