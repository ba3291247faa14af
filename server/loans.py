"""Laptops that somebody takes home: asked for, allowed by two, handed out, recalled, returned (R72 to R75).

Head and ICT lead (the technician) both agree before a laptop goes out, and one person cannot be both. While
it is out it belongs to the group ON_LOAN, so that a school can set what holds away from school.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from server import groups
from server.device_intake import fold_serial
from server.device_tables import device_groups, device_notes, loan_entries, loans
from server.errors import Invalid, NotFound
from server.tables import devices

ON_LOAN = "on-loan"
"""The group of laptops that are out: set there what holds away from school, such as recording (R74)."""
MOST_DAYS = 800
MOST_CHECK_IN_DAYS = 200
State = Literal["asked", "out", "returned", "cancelled"]
Step = Literal[
    "technician", "head", "out", "check-in", "recall", "personal-use", "returned", "cancelled", "told"
]
WORDS_NEEDED = ("personal-use",)
"""A step that is nothing without words: the borrower's own statement (R75)."""


class LoanRefused(Invalid):
    """This step cannot be taken now; `code` says why, for the page and the shell to say."""

    def __init__(self, code: str) -> None:
        super().__init__(REFUSED[code])
        self.code = code


REFUSED = {
    "no-serial": "write the serial number: it stands on the laptop's label",
    "no-borrower": "write who borrows it",
    "no-day": "write the day it comes back, from today on",
    "too-long": "that is longer than a loan may be",
    "check-in": f"a check-in is every 1 to {MOST_CHECK_IN_DAYS} days, or 0 for none",
    "lent": "this laptop is lent already, or asked for",
    "not-active": "only a laptop that is enrolled can be lent",
    "secured": "this laptop is kept for evidence and stays where it is",
    "not-head": "only the head can agree as the head",
    "not-technician": "only a technician can agree as the ICT lead",
    "twice": "this was agreed to already",
    "same-person": "one person cannot agree for both offices: ask the other one",
    "not-agreed": "head and ICT lead both have to agree before it goes out",
    "not-asked": "this loan is not waiting any more",
    "not-out": "this laptop is not out on this loan",
    "no-words": "write the borrower's statement",
}


class Adult(NamedTuple):
    """Who takes a step."""

    name: str
    roles: frozenset[str] = frozenset()
    staff: int | None = None
    """None: the command line, which nobody signed in to; it agrees to nothing."""


class Form(NamedTuple):
    """What a loan form says."""

    maker: str
    model: str
    serial: str
    borrower: str
    due_day: str
    person: str = ""
    account: str = ""
    purpose: str = ""
    terms: str = ""
    check_in_days: int = 0


class Entry(NamedTuple):
    """One thing that became of a loan."""

    at: datetime
    kind: str
    staff: int | None
    by: str
    words: str


class Loan(NamedTuple):
    """One loan as it stands."""

    id: int
    device: str
    hostname: str
    maker: str
    model: str
    serial: str
    borrower: str
    person: str
    account: str
    purpose: str
    terms: str
    due_day: str
    check_in_days: int
    state: State
    asked_at: datetime
    asked_by: str
    out_at: datetime | None
    seen_at: datetime | None
    recalled_at: datetime | None
    closed_at: datetime | None


def decide_step(state: State, entries: Sequence[Entry], step: Step, adult: Adult, words: str = "") -> str:
    """Return why this adult cannot take this step now, as a code of REFUSED; empty: they can. Pure."""
    agreed = {entry.kind: entry for entry in entries if entry.kind in ("head", "technician")}
    if step in ("head", "technician"):
        if state != "asked":
            return "not-asked"
        if step not in adult.roles or adult.staff is None:
            return f"not-{step}"
        if step in agreed:
            return "twice"
        other = agreed.get("technician" if step == "head" else "head")
        return "same-person" if other is not None and other.staff == adult.staff else ""
    if step == "cancelled":
        return "" if state == "asked" else "not-asked"
    if step == "out":
        if state != "asked":
            return "not-asked"
        return "" if len(agreed) == 2 else "not-agreed"
    if step == "personal-use" and not words:
        return "no-words"
    if step == "personal-use" and state == "asked":
        return ""
    return "" if state == "out" else "not-out"


def is_overdue(loan: Loan, today: date) -> bool:
    """Say whether a laptop ought to be back. Pure."""
    return loan.state == "out" and loan.due_day < today.isoformat()


def check_in_due(loan: Loan, today: date) -> date | None:
    """Return the day the laptop has to be shown again, if there is one. Pure."""
    last = loan.seen_at or loan.out_at
    if loan.state != "out" or not loan.check_in_days or last is None:
        return None
    return last.astimezone().date() + timedelta(days=loan.check_in_days)


def ask(connection: Connection, device: str, form: Form, adult: Adult, now: datetime) -> int:
    """Write a loan form; nobody has agreed yet. Returns its number. Raises NotFound, LoanRefused."""
    row = connection.execute(select(devices).where(devices.c.id == device)).first()
    if row is None:
        raise NotFound(f"there is no laptop {device!r}")
    form = _tidy(form)
    why = _form_problem(form, now.astimezone().date())
    if not why and row.state != "active":
        why = "not-active"
    if not why and open_loan(connection, device) is not None:
        why = "lent"
    if why:
        raise LoanRefused(why)
    made = connection.execute(
        insert(loans).values(
            device=device,
            hostname=row.hostname,
            state="asked",
            asked_at=now,
            asked_by=adult.name[:120],
            **form._asdict(),
        )
    )
    assert made.inserted_primary_key is not None
    number = int(made.inserted_primary_key[0])
    _write(connection, number, "asked", adult, "", now)
    return number


def step(
    connection: Connection,
    number: int,
    step: Step,
    adult: Adult,
    now: datetime,
    words: str = "",
    held: frozenset[str] = frozenset(),
) -> None:
    """
    Take one step with a loan and write who did. Raises NotFound, LoanRefused.

    A laptop `held` for evidence does not go out.
    """
    loan = get_loan(connection, number)
    words = visible(words)[:400]
    why = decide_step(loan.state, list_entries(connection, number), step, adult, words)
    if not why and step == "out" and loan.device in held:
        why = "secured"
    if why:
        raise LoanRefused(why)
    changed: dict[str, object] = {
        "out": {"state": "out", "out_at": now},
        "check-in": {"seen_at": now},
        "recall": {"recalled_at": now},
        "returned": {"state": "returned", "closed_at": now},
        "cancelled": {"state": "cancelled", "closed_at": now},
    }.get(step, {})  # type: ignore[assignment]
    if changed:
        connection.execute(update(loans).where(loans.c.id == number).values(**changed))
    _write(connection, number, step, adult, words, now)
    if step == "out":
        groups.add_to_group(connection, [loan.device], ON_LOAN, now)
    if step == "returned":
        groups.take_from_group(connection, [loan.device], ON_LOAN, now)


def carry_over(connection: Connection, machine: str, new: str) -> None:
    """Give a machine that was enrolled under a new key the groups, notes and running loan it had."""
    query = (
        select(devices.c.id)
        .where(devices.c.machine == machine, devices.c.id != new)
        .order_by(devices.c.enrolled_at.desc(), devices.c.id)
        .limit(1)
    )
    old = connection.execute(query).scalar()
    if old is None:
        return
    for table in (device_groups, device_notes):
        connection.execute(update(table).where(table.c.device == old).values(device=new))
    running = (loans.c.device == old) & loans.c.state.in_(("asked", "out"))
    connection.execute(update(loans).where(running).values(device=new))


def list_loans(connection: Connection, *, states: Sequence[State] = (), limit: int = 500) -> list[Loan]:
    """Return loans: those that are due first come first, closed ones newest first."""
    query = select(loans).order_by(loans.c.closed_at.desc(), loans.c.due_day, loans.c.id).limit(limit)
    if states:
        query = query.where(loans.c.state.in_(states))
    return [_loan(row) for row in connection.execute(query)]


def list_overdue(connection: Connection, today: date) -> list[Loan]:
    """Return the laptops that ought to be back, the longest overdue first."""
    query = (
        select(loans)
        .where(loans.c.state == "out", loans.c.due_day < today.isoformat())
        .order_by(loans.c.due_day, loans.c.id)
    )
    return [_loan(row) for row in connection.execute(query)]


def loans_of(connection: Connection, *, device: str = "", person: str = "", limit: int = 50) -> list[Loan]:
    """Return the loans of one laptop or one person, newest first."""
    query = select(loans).order_by(loans.c.id.desc()).limit(limit)
    query = query.where(loans.c.device == device) if device else query.where(loans.c.person == person)
    return [_loan(row) for row in connection.execute(query)]


def open_loan(connection: Connection, device: str) -> Loan | None:
    """Return the loan that a laptop is asked for or out on."""
    query = select(loans).where(loans.c.device == device, loans.c.state.in_(("asked", "out")))
    row = connection.execute(query).first()
    return None if row is None else _loan(row)


def get_loan(connection: Connection, number: int) -> Loan:
    """Return one loan; raise NotFound."""
    row = connection.execute(select(loans).where(loans.c.id == number)).first()
    if row is None:
        raise NotFound("there is no such loan")
    return _loan(row)


def list_entries(connection: Connection, number: int) -> list[Entry]:
    """Return what became of a loan, oldest first."""
    query = select(loan_entries).where(loan_entries.c.loan == number).order_by(loan_entries.c.id)
    return [Entry(row.at, row.kind, row.staff, row.by_name, row.words) for row in connection.execute(query)]


def visible(text: str) -> str:
    """Return a text on one line, without characters that cannot be seen on paper. Pure."""
    shown = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(shown.split())


def _tidy(form: Form) -> Form:
    """Return the form in visible characters, without doubled spaces, as long as its columns are."""
    longest = {"purpose": 400, "terms": 1200, "account": 80, "due_day": 10}
    tidied: dict[str, Any] = {
        name: visible(value)[: longest.get(name, 200)]
        for name, value in form._asdict().items()
        if isinstance(value, str)
    }
    return form._replace(**tidied)


def _form_problem(form: Form, today: date) -> str:
    if not fold_serial(form.serial):
        return "no-serial"
    if not form.borrower:
        return "no-borrower"
    try:
        due = date.fromisoformat(form.due_day)
    except ValueError:
        return "no-day"
    if due < today:
        return "no-day"
    if (due - today).days > MOST_DAYS:
        return "too-long"
    return "" if 0 <= form.check_in_days <= MOST_CHECK_IN_DAYS else "check-in"


def _write(connection: Connection, number: int, kind: str, adult: Adult, words: str, now: datetime) -> None:
    connection.execute(
        insert(loan_entries).values(
            loan=number, at=now, kind=kind, staff=adult.staff, by_name=adult.name[:120], words=words
        )
    )


def _loan(row: Row[Any]) -> Loan:
    return Loan(**{name: row._mapping[name] for name in Loan._fields})
