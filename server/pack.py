"""The governors' figures of one school year: counted here, or entered by people (R64, R65).

No name, no case, no laptop is read for it. Every figure says whether it was measured or entered.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, get_args

from sqlalchemy import Connection, func, select

from policies.drafts import Harm
from server import agreements, masking
from server.case_tables import case_readers, cases
from server.masking import Cell
from server.report_tables import problems, reports
from server.tables import looks, people

KINDS = ("content", "contact", "conduct", "staff")
HARMS: tuple[str, ...] = get_args(Harm)
PROBLEMS = ("virus", "broken", "filter", "other")
TERMS = 3
"""Of four months each, named by their months: schools divide their year differently."""
UNKNOWN_YEAR = ""
UNTAGGED = ""


class Period(NamedTuple):
    """A part of the school year; `until` is not in it."""

    since: date
    until: date


class Fact(NamedTuple):
    """What one report adds to the figures."""

    at: datetime
    kind: str
    year: str
    harm: str
    """As an officer tagged it; UNTAGGED for nobody yet."""
    answered: timedelta | None
    """How long until somebody opened it; None for not yet."""
    urgency: str


class Plot(NamedTuple):
    """Counts by row and period, as they may be shown."""

    rows: tuple[str, ...]
    periods: tuple[Period, ...]
    cells: dict[tuple[str, Period], Cell]
    """A period that may not be shown has no cells."""
    entered: bool = False
    """Somebody judged it by hand; else it was counted."""

    @property
    def shown(self) -> tuple[Period, ...]:
        """Return the periods that may be shown."""
        return tuple(period for period in self.periods if (self.rows[0], period) in self.cells)


class Pack(NamedTuple):
    """One school year."""

    year: Period
    plots: dict[str, Plot]
    """kind, year, harm, problems."""
    total: int
    """Reports, as far as the plot by kind shows them."""
    whole: bool
    """`total` is all of them."""
    in_time: dict[Period, int | None]
    """Share opened within the school's own time, in hundredths."""
    looks: int


def school_year(begins: int, month_day: str) -> Period:
    """Return the school year that begins in this calendar year."""
    since = agreements.year_start(date(begins, 12, 31), month_day)
    return Period(since, agreements.year_start(date(begins + 1, 12, 31), month_day))


def year_of(today: date, month_day: str) -> int:
    """Return the calendar year in which the school year of this day begins."""
    return agreements.year_start(today, month_day).year


def terms_of(year: Period) -> tuple[Period, ...]:
    """Return the parts of a school year, four months each."""

    def later(months: int) -> date:
        number = year.since.month - 1 + months
        return date(year.since.year + number // 12, number % 12 + 1, min(year.since.day, 28))

    ends = [*(later(4 * term) for term in range(1, TERMS)), year.until]
    begins = [year.since, *ends[:-1]]
    return tuple(Period(since, until) for since, until in zip(begins, ends, strict=True))


def read_facts(
    connection: Connection, year: Period, readable_by: AbstractSet[str] | None = None
) -> list[Fact]:
    """Return what the reports of a school year add; with `readable_by` only those that these keys open."""
    query = (
        select(
            cases.c.opened_at,
            cases.c.coarse,
            cases.c.year,
            cases.c.harm,
            cases.c.acknowledged_at,
            cases.c.urgency,
        )
        .join(reports, reports.c.id == cases.c.id)
        .where(cases.c.opened_at >= begin(year.since), cases.c.opened_at < begin(year.until))
        .order_by(cases.c.opened_at)
    )
    if readable_by is not None:
        query = query.where(
            cases.c.id.in_(select(case_readers.c.case).where(case_readers.c.key_id.in_(readable_by)))
        )
    return [
        Fact(
            row.opened_at,
            row.coarse,
            row.year,
            row.harm or UNTAGGED,
            row.acknowledged_at - row.opened_at if row.acknowledged_at else None,
            row.urgency,
        )
        for row in connection.execute(query)
    ]


def count(facts: Iterable[tuple[datetime, str]], rows: Sequence[str], periods: Sequence[Period]) -> dict[
    Period, list[int]
]:  # fmt: skip
    """Return how many there are of each row, by period."""
    counts = {period: [0] * len(rows) for period in periods}
    places = {row: place for place, row in enumerate(rows)}
    for at, row in facts:
        day = at.astimezone().date()
        for period in periods:
            if period.since <= day < period.until and row in places:
                counts[period][places[row]] += 1
    return counts


def year_groups(connection: Connection) -> list[str]:
    """Return every year group that somebody on the school's list belongs to."""
    return list(
        connection.execute(select(people.c.year).where(people.c.left_at.is_(None)).distinct()).scalars()
    )


def rows_of(values: Iterable[str]) -> tuple[str, ...]:
    """Return the year groups, in the order a person counts them; what nobody knows comes last."""
    known = set(values) - {UNKNOWN_YEAR}
    return (*sorted(known, key=_natural), UNKNOWN_YEAR)


def _natural(text: str) -> list[tuple[int, str]]:
    parts: list[tuple[int, str]] = []
    digits = ""
    for char in text.casefold() + " ":
        if char.isdigit():
            digits += char
            continue
        if digits:
            parts.append((int(digits), ""))
            digits = ""
        parts.append((-1, char))
    return parts


def exact(facts: Sequence[Fact], groups: Sequence[str], year: Period) -> dict[str, Plot]:
    """Return every count as it is: for whoever opens these reports anyway."""
    periods = terms_of(year)
    made = {}
    for name, rows, found in _tables(facts, groups):
        counts = count(found, rows, periods)
        cells: dict[tuple[str, Period], Cell] = {
            (row, period): counts[period][place] for period in periods for place, row in enumerate(rows)
        }
        made[name] = Plot(rows, periods, cells, entered=name == "harm")
    return made


def masked(
    facts: Sequence[Fact], groups: Sequence[str], year: Period, below: int
) -> tuple[dict[str, Plot], int, bool]:
    """
    Return the plots that governors see, how many reports stand in them, and whether that is all.

    By term; in a school with so few reports that no term can be shown, the year as one.
    """
    for periods in (terms_of(year), (year,)):
        tables = {}
        rows_by_name = {}
        for name, rows, found in _tables(facts, groups):
            rows_by_name[name] = rows
            tables[name] = count(found, rows, periods)
        shown = masking.mask_together(tables, below)
        if any(shown.values()):
            break
    plots = {
        name: Plot(
            rows,
            periods,
            {
                (row, period): shown[name][period][place]
                for period in shown[name]
                for place, row in enumerate(rows)
            },
            entered=name == "harm",
        )
        for name, rows in rows_by_name.items()
    }
    total, whole = masking.at_least(shown["kind"])
    return plots, total, whole and set(shown["kind"]) == set(periods)


def _tables(
    facts: Sequence[Fact], groups: Sequence[str]
) -> list[tuple[str, tuple[str, ...], list[tuple[datetime, str]]]]:
    """
    Return each table's name, rows and what is counted in it.

    The rows are all there could be, never only those that something was reported of: a row that appears
    would say that there was one.
    """
    years, harms = rows_of(groups), (*HARMS, UNTAGGED)
    return [
        ("kind", KINDS, [(fact.at, fact.kind) for fact in facts]),
        ("year", years, [(fact.at, fact.year if fact.year in years else UNKNOWN_YEAR) for fact in facts]),
        ("harm", harms, [(fact.at, fact.harm if fact.harm in harms else UNTAGGED) for fact in facts]),
    ]


def in_time(
    facts: Sequence[Fact], periods: Sequence[Period], limits: dict[str, timedelta], below: int
) -> dict[Period, int | None]:
    """Return the share of reports that were opened within the school's own time, by period."""
    shares = {}
    for period in periods:
        mine = [fact for fact in facts if period.since <= fact.at.astimezone().date() < period.until]
        good = sum(fact.answered is not None and fact.answered <= limits[fact.urgency] for fact in mine)
        shares[period] = masking.share_of(good, len(mine), below)
    return shares


def make(connection: Connection, year: Period, until: date, limits: dict[str, timedelta], below: int) -> Pack:
    """
    Return the year's figures as governors may see them, as they stood when `until` began.

    The first of a month, not today: otherwise whoever looks every day sees each single report arrive.
    """
    counted = Period(year.since, max(year.since, min(year.until, until)))
    facts = read_facts(connection, counted)
    plots, total, whole = masked(facts, year_groups(connection), year, below)
    window = (begin(counted.since), begin(counted.until))
    broken = [
        (row.received_at, row.kind)
        for row in connection.execute(
            select(problems.c.received_at, problems.c.kind).where(
                problems.c.received_at >= window[0], problems.c.received_at < window[1]
            )
        )
    ]
    periods = terms_of(year)
    shown = masking.mask_together({"problems": count(broken, PROBLEMS, periods)}, below)["problems"]
    plots["problems"] = Plot(
        PROBLEMS,
        periods,
        {(row, period): shown[period][place] for period in shown for place, row in enumerate(PROBLEMS)},
    )

    looked = connection.execute(
        select(func.count()).select_from(looks).where(looks.c.at >= window[0], looks.c.at < window[1])
    ).scalar()
    shares = in_time(facts, plots["kind"].shown, limits, below)
    return Pack(counted, plots, total, whole, shares, int(looked or 0))


def begin(day: date) -> datetime:
    """Return the instant at which this day begins here."""
    return datetime(day.year, day.month, day.day).astimezone(UTC)
