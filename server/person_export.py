"""Everything the server holds of one person, as one zip: for them, their parents, or another school (R76).

Complete by construction: every table with a column for a person is in it, and a test fails for a new table
that has no purpose written here. Sealed reports name nobody outside their seal, so none can be in it; who
looked for the person's safety is named by that office, as the person's own page does.
"""

import io
import json
import zipfile
from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime
from html import escape
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Table, func, or_, select

from policies.recording import KEPT
from server import accounts
from server.errors import NotFound
from server.individual import facts
from server.roster import store
from server.spreadsheets import write_csv
from server.tables import metadata

SAFETY = frozenset({"safeguarding", "head"})
FOR_SAFETY = "an adult responsible for safety"
PURPOSES: dict[str, str] = {
    "roster": "who the person is: what a login needs to know, since when, until when",
    "people": "the accounts on laptops that are theirs, or were",
    "roster_changes": "what was changed about them, when, by whom and why",
    "logins": "when and where they were logged in: to know which laptop is in use",
    "answers": "their answers to the school's agreement",
    "records": "what laptops recorded of them; each kind's purpose stands beside it",
    "looks": "which adults looked at what is about them",
    "media_plugs": "memory sticks that were plugged in while they were logged in",
    "media_requests": "memory sticks they asked to use, and the answer",
    "media_detections": "harm found on such a stick",
    "media_approvals": "memory sticks that were allowed to them",
    "problems": "what they said to be broken",
    "parents_copies": "that a parent acknowledged the agreement",
    "class_pictures": "the picture a child who cannot read yet knows as theirs",
    "class_events": "that they were here when their class heard the agreement, and what they tapped",
    "class_acceptances": "what they answered in class, and which adult witnessed it",
    "consents": "apps a parent consented to",
    "app_asks": "apps they asked a teacher for, and the answer",
    "lab_answers": "their answers to teachers' messages",
    "attributions": "logins that were another person's than the laptop said",
    "arrangements": "what is arranged for them alone, and why",
    "restrictions": "limits an adult set, until when and why",
    "resigns": "that rules were talked through with them before they went on",
    "inductions": "when they had their safety lesson",
    "countersigns": "that the head countersigned a member of staff's agreement",
    "grant_news": "that laptops had to be told of a change: no content",
    "loans": "laptops lent to them",
}
"""Of every table that holds something of a person, what it is there for."""
COLUMNS = ("person", "is_person", "was_person")
"""Columns that hold the school's id of a person."""
REASONS = frozenset({"reason", "lifted_why", "withdrawn_why", "met_with"})
HOOKS: dict[str, Callable[[Connection, str], dict[str, Any]]] = {"individual": facts.export_of}
"""Rooms that say what they hold of a person in their own shape, beside their tables."""
KIND_PURPOSES: dict[str, str] = {kind.__struct_config__.tag: kept.purpose for kind, kept in KEPT.items()}  # type: ignore[misc]


_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;font-size:14px}div{overflow-x:auto}"
    "td,th{border:1px solid #888;padding:.2rem .5rem;text-align:start;vertical-align:top}"
    "td{overflow-wrap:anywhere}"
)


class Export(NamedTuple):
    """What was found."""

    person: str
    display_name: str
    made_at: datetime
    made_by: str
    tables: dict[str, list[dict[str, Any]]]
    rooms: dict[str, dict[str, Any]]


def tables_of_people() -> list[tuple[Table, list[str]]]:
    """Return every table that holds something of a person, and in which columns it names them."""
    found = []
    for table in metadata.sorted_tables:
        columns = [name for name in COLUMNS if name in table.c]
        if columns:
            found.append((table, columns))
    return found


def gather(connection: Connection, person: str, *, by: str, now: datetime, reasons: bool = True) -> Export:
    """
    Return everything held of a person. Raises NotFound.

    Without `reasons` the words in which adults gave theirs are left out: whoever works at the server's shell
    need not know why a child has an arrangement (R67).
    """
    known = store.find_known(connection, person)
    if known is None:
        raise NotFound(f"there is nobody with the id {person!r}")
    safety = frozenset(a.display_name for a in accounts.list_staff(connection) if a.roles & SAFETY)
    found: dict[str, list[dict[str, Any]]] = {}
    for table, columns in tables_of_people():
        query = select(table).where(or_(*[table.c[name] == person for name in columns]))
        rows = [_row(table, row._mapping, reasons) for row in connection.execute(query)]
        if table.name == "looks":
            rows = [_look(row, safety) for row in rows]
        if table.name == "records":
            rows = [{**row, "purpose": KIND_PURPOSES.get(row["type"], "")} for row in rows]
        found[table.name] = rows
    rooms = {name: hook(connection, person) for name, hook in HOOKS.items()} if reasons else {}
    return Export(person, known.entry.display_name, now, by, found, rooms)


def _row(table: Table, row: Any, reasons: bool) -> dict[str, Any]:
    private = table.name in ("arrangements", "restrictions", "resigns", "looks") and not reasons
    return {
        column.name: _plain(row[column.key], column.name)
        for column in table.columns
        if not (private and column.name in REASONS)
    }


def _plain(value: Any, name: str) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if name in ("body", "terms") and isinstance(value, str):
        return json.loads(value)
    return value


def _look(row: dict[str, Any], safety: Collection[str]) -> dict[str, Any]:
    """Name whoever looked for the person's safety by that office, as the laptop's own page does."""
    if row["by_name"] not in safety:
        return row
    return {**row, "by_name": FOR_SAFETY, "staff": None}


def count_rows(connection: Connection, person: str) -> dict[str, int]:
    """Return the same as `counts_of` without reading what there is: a laptop may have told very much."""
    found = {}
    for table, columns in tables_of_people():
        named = or_(*[table.c[name] == person for name in columns])
        found[table.name] = connection.execute(
            select(func.count()).select_from(table).where(named)
        ).scalar_one()
    return {name: count for name, count in found.items() if count}


def counts_of(export: Export) -> dict[str, int]:
    """Return how many rows there are of each, those without any left out."""
    return {name: len(rows) for name, rows in export.tables.items() if rows}


def write_zip(export: Export) -> bytes:
    """Return it as a zip: one JSON with everything, one CSV per table, and a page to read it with."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("everything.json", msgspec.json.format(msgspec.json.encode(_tree(export)), indent=1))
        for name, rows in export.tables.items():
            if rows:
                packed.writestr(f"tables/{name}.csv", write_csv(_cells(rows), bom=True))
        with packed.open("read-me.html", "w") as page:
            for piece in _page(export):
                page.write(piece.encode())
    return out.getvalue()


def _tree(export: Export) -> dict[str, Any]:
    return {
        "person": export.person,
        "name": export.display_name,
        "made_at": export.made_at.isoformat(),
        "made_by": export.made_by,
        "purposes": {name: PURPOSES.get(name, "") for name in export.tables},
        "tables": export.tables,
        **export.rooms,
    }


def _cells(rows: list[dict[str, Any]]) -> Iterator[list[object]]:
    heads = list(rows[0])
    yield list(heads)
    for row in rows:
        yield [
            json.dumps(row[head], ensure_ascii=False) if isinstance(row[head], dict | list) else row[head]
            for head in heads
        ]


def _page(export: Export) -> Iterator[str]:
    name = escape(export.display_name)
    yield (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{name}</title><style>{_STYLE}</style>"
    )
    yield f"<h1>What is held of {name}</h1><p>Id {escape(export.person)}."
    yield f" Made {export.made_at:%Y-%m-%d %H:%M} UTC by {escape(export.made_by)}."
    yield " <b>Before it is handed out:</b> other people’s names stand in it, and"
    yield (
        " reasons adults wrote down. Read it through; where the person may be in danger at home, ask the"
        " safeguarding lead first. Sealed reports name nobody outside their seal and are not in it.</p>"
    )
    for table, rows in export.tables.items():
        yield f"<h2>{escape(table)} ({len(rows)})</h2><p>{escape(PURPOSES.get(table, ''))}</p>"
        if not rows:
            yield "<p>Nothing.</p>"
            continue
        cells = _cells(rows)
        yield "<div><table><tr>" + "".join(f"<th>{escape(str(head))}</th>" for head in next(cells)) + "</tr>"
        for row in cells:
            shown = ("" if cell is None else str(cell) for cell in row)
            yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in shown) + "</tr>"
        yield "</table></div>"
