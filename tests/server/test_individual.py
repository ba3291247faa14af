"""What holds for one person alone: set by an adult with a reason, ended by a day or an adult's word."""

import ast
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

import server
from policies import orders
from policies.recording import Stream
from policies.records import AgreementAnswered
from policies.windows import Window
from server import agreements, grants, people
from server.errors import Invalid, NotFound
from server.individual import arranging, facts, inducting, resigning, restricting
from server.individual.arranging import Wish
from server.individual.common import By
from server.individual_tables import NEVER_CHANGED, NEVER_REMOVED, arrangements, restrictions
from server.ingest import Upload
from server.people import Person
from tests.support.started import MAY, NOW

RUTH = By(4, "Ruth Carver", frozenset({"safeguarding"}))
DEVICE = "00" * 8
TODAY = NOW.astimezone().date()
REASON = "Agreed with her family on Monday."
LESSONS = Window(days=("mon", "tue"), starts="09:00", ends="15:00")


@pytest.fixture
def connection(here):
    with here.db.write() as connection:
        yield connection


def grant(connection, os_user="may", now=NOW):
    """Return what a laptop is told, read back from exactly the bytes that travel."""
    private = orders.sealing.new_signing_key()
    signed = grants.grant(connection, private, DEVICE, os_user, now)
    public = orders.sealing.signing_public_key(private)
    return orders.read_said(public, DEVICE, signed), signed.body


def restrict(connection, *, days=3, only_in=None, now=NOW, by=RUTH, reason=REASON):
    return restricting.restrict(
        connection, "p-1", until=now + timedelta(days=days), only_in=only_in, reason=reason, by=by, now=now
    )


def arrange(connection, wish, *, until_day=TODAY + timedelta(days=30), now=NOW, reason=REASON):
    return arranging.arrange(connection, "p-1", wish, until_day=until_day, reason=reason, by=RUTH, now=now)


# ---- arrangements (R5) ----


def test_r5_an_arrangement_reaches_the_laptop_without_its_reason(connection):
    wish = Wish(tier="early", language="tr", idle_after_seconds=900, text_scale_percent=150, reads_aloud=True)
    arrange(connection, wish, reason="Dyslexia, see the plan of March")
    said, body = grant(connection)

    assert ("early", "tr") == (said.tier, said.language)
    assert (
        orders.Arrangement(idle_after_seconds=900, text_scale_percent=150, reads_aloud=True)
        == said.arrangement
    )
    assert b"Dyslexia" not in body
    assert b"Ruth" not in body


def test_r5_an_arrangement_ends_with_its_last_day(connection):
    arrange(connection, Wish(text_scale_percent=150), until_day=TODAY)

    assert grant(connection)[0].arrangement is not None
    assert grant(connection, now=NOW + timedelta(days=1))[0].arrangement is None


def test_r5_the_newest_entry_holds_and_the_history_stays(connection):
    arrange(connection, Wish(text_scale_percent=150))
    arrange(connection, Wish(text_scale_percent=125))
    arranging.end(connection, "p-1", reason="Not needed any more", by=RUTH, now=NOW)

    assert grant(connection)[0].arrangement is None
    assert [(True, 100), (False, 125), (False, 150)] == [
        (each.ended, each.wish.text_scale_percent) for each in arranging.history(connection, "p-1")
    ]


@pytest.mark.parametrize(
    ("wish", "until_day", "reason"),
    [
        (Wish(), TODAY, REASON),
        (Wish(text_scale_percent=300), TODAY, REASON),
        (Wish(idle_after_seconds=1), TODAY, REASON),
        (Wish(tier="boss"), TODAY, REASON),
        (Wish(language="xx"), TODAY, REASON),
        (Wish(text_scale_percent=150), TODAY - timedelta(days=1), REASON),
        (Wish(text_scale_percent=150), TODAY + timedelta(days=4000), REASON),
        (Wish(text_scale_percent=150), TODAY, "  "),
        (Wish(text_scale_percent=150), TODAY, "evil \u202e sign"),
        (Wish(text_scale_percent=150), TODAY, "x" * 5000),
    ],
)
def test_r5_what_makes_no_sense_is_refused_and_nothing_changes(connection, wish, until_day, reason):
    with pytest.raises(Invalid):
        arrange(connection, wish, until_day=until_day, reason=reason)

    assert [] == arranging.history(connection, "p-1")


def test_r5_the_register_counts_with_the_tier_that_the_gate_asks(connection):
    arrange(connection, Wish(tier="early"))
    (due,) = agreements.list_due(connection, TODAY, "09-01")

    assert "early" == due.tier


# ---- limits (R16) ----


def test_r16_a_limit_has_an_end_a_reason_and_a_person(connection):
    for days, reason, by in ((0, REASON, RUTH), (-1, REASON, RUTH), (999, REASON, RUTH), (3, "no", RUTH)):
        with pytest.raises(Invalid):
            restrict(connection, days=days, reason=reason, by=by)
    with pytest.raises(Invalid):
        restrict(connection, by=By(None, " ", frozenset()))

    assert () == grant(connection)[0].restrictions


def test_r16_a_limit_reaches_the_laptop_with_its_end_and_hours_alone(connection):
    restrict(connection, only_in=LESSONS, reason="He gamed through every lesson")
    said, body = grant(connection)

    assert (orders.Restriction(until=NOW + timedelta(days=3), only_in=LESSONS),) == said.restrictions
    assert b"gamed" not in body


def test_r16_a_limit_ends_unaided(connection):
    restrict(connection, days=3)

    assert () == grant(connection, now=NOW + timedelta(days=3))[0].restrictions


def test_r16_a_limit_is_lifted_by_a_word_and_not_twice(connection):
    number = restrict(connection)
    restricting.lift(connection, number, person="p-1", why="They talked", by=RUTH, now=NOW)

    assert () == grant(connection)[0].restrictions
    with pytest.raises(NotFound):
        restricting.lift(connection, number, person="p-1", why="Again", by=RUTH, now=NOW)
    with pytest.raises(NotFound):
        restricting.lift(connection, number, person="p-2", why="Another's", by=RUTH, now=NOW)


def test_r16_more_limits_than_a_grant_can_carry_are_refused(connection):
    for _ in range(restricting.MOST_AT_ONCE):
        restrict(connection)
    with pytest.raises(Invalid):
        restrict(connection)

    assert restricting.MOST_AT_ONCE == len(grant(connection)[0].restrictions)


ALLOWED_IN = {
    "agreements.py",
    "countersigning.py",
    "grants.py",
    "grant_telling.py",
    "state.py",
    "individual_commands.py",
    "inductions.py",
}
"""Modules of the server outside `individual/` and the pages that may know of what is set for one person."""


def test_r44_no_report_record_or_count_leads_to_a_limit():
    """The rooms of reports, cases, records, media and their laptops' words know nothing of limits."""
    found = set()
    root = Path(server.__file__).parent
    for path in root.glob("*.py"):
        names = {
            f"{node.module}.{name.name}" if isinstance(node, ast.ImportFrom) else name.name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in node.names
        }
        if any("individual" in name for name in names):
            found.add(path.name)

    reports = {name for name in found if name.startswith(("case", "report", "ingest", "media", "problem"))}
    assert set() == reports
    assert {"restrict", "demand"} & {
        node.attr
        for name in found
        for node in ast.walk(ast.parse((root / name).read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    } == set()


def test_r44_nothing_that_is_set_points_at_a_report_or_a_case():
    columns = {column.name for table in (arrangements, restrictions) for column in table.columns}

    assert not columns & {"case", "report", "record", "device", "login"}


# ---- meetings (R10) ----


def test_r10_a_demand_blocks_until_the_meeting_is_recorded(connection):
    resigning.demand(connection, "p-1", reason=REASON, by=RUTH, now=NOW)
    assert "meeting" == grant(connection)[0].held
    later = NOW + timedelta(days=2)
    resigning.record_meeting(
        connection, "p-1", met_on=later.astimezone().date(), met_with="Her mother", by=RUTH, now=later
    )
    said = grant(connection, now=later)[0]

    assert ("induction", later) == (said.held, said.accept_after)


def accept(here, laptop, at):
    answer = AgreementAnswered(
        at=at,
        login="a" * 32,
        os_user="may",
        person="p-1",
        tier="junior",
        language="en",
        version=1,
        text_hash="0" * 64,
        answer="accepted",
        reading_seconds=20,
    )
    here.writer.put(Upload(laptop.device, laptop.public, (laptop.seal(Stream.VITAL, [answer]),), at)).result()


def test_r10_a_pupil_alone_cannot_clear_a_resign(here, enrolled):
    here.writer.start()
    laptop = enrolled()
    with here.db.write() as connection:
        resigning.demand(connection, "p-1", reason=REASON, by=RUTH, now=NOW)
    accept(here, laptop, NOW + timedelta(hours=1))
    with here.db.read() as connection:
        said = grant(connection, now=NOW + timedelta(hours=2))[0]
        due = agreements.list_due(connection, TODAY, "09-01")
    assert "meeting" == said.held
    assert [] == due

    recorded = NOW + timedelta(hours=3)
    with here.db.write() as connection:
        resigning.record_meeting(
            connection, "p-1", met_on=TODAY, met_with="Her mother", by=RUTH, now=recorded
        )
        said = grant(connection, now=recorded)[0]
        assert ["p-1"] == [each.person for each in agreements.list_due(connection, TODAY, "09-01")]
    assert said.accepted is not None
    assert said.accepted.at < said.accept_after

    accept(here, laptop, NOW + timedelta(hours=4))
    with here.db.read() as connection:
        said = grant(connection, now=NOW + timedelta(hours=4))[0]
        assert [] == agreements.list_due(connection, TODAY, "09-01")
    assert said.accepted.at >= said.accept_after


@pytest.mark.parametrize("days", [-1, 3])
def test_r10_the_day_of_the_meeting_lies_between_the_demand_and_today(connection, days):
    resigning.demand(connection, "p-1", reason=REASON, by=RUTH, now=NOW)

    with pytest.raises(Invalid):
        resigning.record_meeting(
            connection, "p-1", met_on=TODAY + timedelta(days=days), met_with="Mother", by=RUTH, now=NOW
        )
    assert "meeting" == grant(connection)[0].held


def test_r10_a_demand_taken_back_asks_nothing_anew(connection):
    resigning.demand(connection, "p-1", reason=REASON, by=RUTH, now=NOW)
    with pytest.raises(Invalid):
        resigning.demand(connection, "p-1", reason=REASON, by=RUTH, now=NOW)
    resigning.withdraw(connection, "p-1", why="Mixed up two pupils", by=RUTH, now=NOW)

    assert grant(connection)[0].accept_after is None
    assert "meeting" != grant(connection)[0].held


# ---- lessons (R11) ----


def test_r11_a_whole_class_at_once_and_only_what_is_news(connection):
    people.replace_people(
        connection,
        [
            MAY,
            Person(os_user="sam", person="p-2", display_name="Sam", tier="junior", room="Lab 1"),
            Person(os_user="tom", person="p-3", display_name="Tom", tier="adult", room="Lab 1"),
        ],
    )
    assert 2 == inducting.record(connection, ["p-1", "p-2"], held_on=TODAY, by=RUTH, now=NOW)
    assert 0 == inducting.record(connection, ["p-1", "p-2", "p-2"], held_on=TODAY, by=RUTH, now=NOW)

    assert ("", "", "") == tuple(grant(connection, each)[0].held for each in ("may", "sam", "tom"))


def test_r11_a_date_taken_away_is_told_and_remembered(connection):
    inducting.record(connection, ["p-1"], held_on=TODAY, by=RUTH, now=NOW)
    inducting.record(connection, ["p-1"], held_on=None, by=RUTH, now=NOW)

    assert "induction" == grant(connection)[0].held
    assert [None, TODAY] == [each.held_on for each in inducting.history(connection, "p-1")]


def test_r11_a_lesson_that_lies_ahead_is_none(connection):
    with pytest.raises(Invalid):
        inducting.record(connection, ["p-1"], held_on=TODAY + timedelta(days=1), by=RUTH, now=NOW)


# ---- leavers, history ----


def test_a_leaver_is_held(connection):
    people.replace_people(connection, [])

    assert ("left", True) == (grant(connection)[0].held, grant(connection)[0].listed)


@pytest.mark.parametrize("name", NEVER_CHANGED + NEVER_REMOVED)
def test_r5_history_is_never_removed(connection, name):
    arrange(connection, Wish(text_scale_percent=150))
    restrict(connection)
    resigning.demand(connection, "p-1", reason=REASON, by=RUTH, now=NOW)
    inducting.record(connection, ["p-1"], held_on=TODAY, by=RUTH, now=NOW)
    table = arrangements.metadata.tables[name]
    if name == "countersigns":
        connection.exec_driver_sql(
            "INSERT INTO countersigns VALUES ('00', 'vital', 1, 'p', 1, NULL, 'Neil', 'head', 'Teacher')"
        )

    with pytest.raises(IntegrityError, match="only ever added"):
        connection.execute(delete(table))
    if name in NEVER_CHANGED:
        with pytest.raises(IntegrityError, match="only ever added"):
            connection.execute(update(table).values(by_name="Somebody"))


def test_r76_a_persons_own_copy_holds_everything_that_was_set(connection):
    arrange(connection, Wish(text_scale_percent=150))
    restrict(connection, only_in=LESSONS)
    resigning.demand(connection, "p-1", reason=REASON, by=RUTH, now=NOW)
    inducting.record(connection, ["p-1"], held_on=TODAY, by=RUTH, now=NOW)
    copy = facts.export_of(connection, "p-1")

    assert [1, 1, 1, 1] == [len(rows) for rows in copy.values()]
    assert ["mon", "tue"] == copy["restrictions"][0]["only_in"]["days"]
    assert orders.msgspec.json.encode(copy)
