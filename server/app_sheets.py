"""The app register as a spreadsheet: out whole, in with a dry run, every wrong line by its number."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection

from server import apps
from server.app_intake import key_of
from server.apps import AppRefused, Draft, Entry
from server.spreadsheets import TableRefused, read_table, write_csv

COLUMNS = (
    "name", "names", "decision", "evaluator", "risk_reference", "age_from", "age_to", "review_on", "note",
)  # fmt: skip
BETWEEN_NAMES = " | "
MOST_ROWS = 2000
SENTENCES: dict[str, str] = {
    "no-name": "the app has no name",
    "name-taken": "another entry has the name {about!r}",
    "no-names": "column names: say how laptops name it (window class or program), several with | between",
    "too-many-names": f"column names: more than {apps.MOST_NAMES}",
    "names-taken": "the program {about!r} belongs to another entry",
    "decision": "column decision: {about!r} is none of approved, refused, open",
    "ages": f"ages are whole numbers from {apps.YOUNGEST} to {apps.OLDEST}, the lower one first",
    "no-evaluator": "column evaluator: say who looked at it before it is approved or refused",
    "review_on": "column review_on: write a day as 2027-06-30",
    "twice": "the app {about!r} stands in this file before",
}


class Wrong(NamedTuple):
    """One line that is not taken, and why."""

    line: int
    kind: str
    about: str

    @property
    def sentence(self) -> str:
        """In English, for the command line."""
        return SENTENCES[self.kind].format(about=self.about)


class Outcome(NamedTuple):
    """What a file would do, or did."""

    added: list[str]
    changed: list[str]
    same: int
    wrong: list[Wrong]


def write_register(entries: Iterable[Entry]) -> str:
    """Return the register as CSV; `read` takes it back as it is."""
    rows: list[tuple[object, ...]] = [COLUMNS]
    for each in entries:
        review = each.review_on.isoformat() if each.review_on else ""
        rows.append(
            (each.name, BETWEEN_NAMES.join(each.names), each.decision, each.evaluator, each.risk_reference,
             each.age_from, each.age_to, review, each.note)
        )  # fmt: skip
    return write_csv(rows, bom=True)


def take(connection: Connection, data: bytes, *, by: str, now: datetime) -> Outcome:
    """
    Take a file in: entries are found by their name. With any wrong line nothing should be kept.

    Runs in the caller's transaction, which commits only if `wrong` is empty and it is no dry run. Raises
    TableRefused for a file that is no table, or lacks a column.
    """
    table = read_table(data, most_rows=MOST_ROWS)
    for needed in ("name", "names", "decision"):
        if needed not in table.columns:
            raise TableRefused("columns", f"there is no column {needed!r}", 1)
    strange = next((name for name in table.columns if name not in COLUMNS), None)
    if strange is not None:
        raise TableRefused("columns", f"there is no column {strange[:40]!r} in the register", 1)
    out, before = Outcome([], [], 0, []), set[str]()
    same = 0
    for line, cells in table.dicts():
        try:
            draft = _draft(cells)
            key = key_of(draft.name)
            if key in before:
                out.wrong.append(Wrong(line, "twice", draft.name[:80]))
                continue
            before.add(key)
            entry = apps.find_by_name(connection, draft.name)
            if entry is not None and is_same(apps.get(connection, entry), draft):
                same += 1
                continue
            saved = apps.save(connection, draft, by=by, now=now, entry=entry)
            (out.added if entry is None else out.changed).append(saved.name)
        except AppRefused as refused:
            out.wrong.append(Wrong(line, refused.kind, refused.about[:80]))
        except _NoDay:
            out.wrong.append(Wrong(line, "review_on", ""))
    return out._replace(same=same)


class _NoDay(Exception):
    """The cell is no day."""


def _draft(cells: dict[str, str]) -> Draft:
    review = cells.get("review_on", "").strip()
    try:
        review_on = date.fromisoformat(review) if review else None
    except ValueError as problem:
        raise _NoDay from problem
    return apps.check_draft(
        Draft(
            name=cells["name"],
            names=tuple(cells["names"].split("|")),
            decision=cells["decision"].strip().lower() or "open",
            evaluator=cells.get("evaluator", ""),
            risk_reference=cells.get("risk_reference", ""),
            age_from=_age(cells.get("age_from", "")),
            age_to=_age(cells.get("age_to", "")),
            review_on=review_on,
            note=cells.get("note", ""),
        )
    )


def _age(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise AppRefused("ages", text[:20])
    return int(text)


def is_same(entry: Entry, draft: Draft) -> bool:
    """Say whether a checked draft changes nothing."""
    keys = {key_of(name) for name in entry.names} == {key_of(name) for name in draft.names}
    return keys and all(
        getattr(entry, field) == getattr(draft, field)
        for field in ("name", "decision", "evaluator", "risk_reference", "age_from", "age_to", "review_on",
                      "note")
    )  # fmt: skip
