"""The clock of a new case: whom it goes to, when, and who is never told."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from policies.settings import ReportSettings
from server import case_work, cases, escalating, publishing
from server.escalating import Person, Waiting, decide_escalation, decide_told
from tests.support.case_desks import Desk

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SETTINGS = ReportSettings(danger_minutes=30, soon_minutes=240)
STAGES = ("none", "deputy", "head")
people = st.builds(
    Person,
    staff=st.integers(1, 9),
    name=st.just("x"),
    place=st.sampled_from(["lead", "deputy", "head", "alternate"]),
    reads=st.booleans(),
    left_out=st.booleans(),
)


def waiting(urgency="soon", state="new", escalated="none"):
    return Waiting(AT, urgency, state, "contact", escalated)


def test_danger_goes_to_the_deputies_after_half_an_hour_and_to_the_head_after_another():
    stages = [
        decide_escalation(AT + timedelta(minutes=minutes), waiting("danger"), SETTINGS)
        for minutes in (0, 29, 30, 59, 60, 600)
    ]

    assert ["none", "none", "deputy", "deputy", "head", "head"] == stages


def test_every_other_report_has_its_own_longer_time():
    assert "none" == decide_escalation(AT + timedelta(minutes=239), waiting("when-you-can"), SETTINGS)
    assert "deputy" == decide_escalation(AT + timedelta(minutes=240), waiting("soon"), SETTINGS)


@given(
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.sampled_from(STAGES),
    st.sampled_from(["danger", "soon"]),
)
def test_time_only_ever_moves_a_case_on(first, second, escalated, urgency):
    early, late = sorted((first, second))
    case = waiting(urgency, escalated=escalated)
    one = decide_escalation(AT + timedelta(minutes=early), case, SETTINGS)
    two = decide_escalation(AT + timedelta(minutes=late), case._replace(escalated=one), SETTINGS)

    assert STAGES.index(escalated) <= STAGES.index(one) <= STAGES.index(two)


@given(st.integers(0, 10_000), st.sampled_from(STAGES), st.sampled_from(["open", "closed"]))
def test_a_case_that_was_taken_up_stays_where_it_is(minutes, escalated, state):
    case = waiting(state=state, escalated=escalated)

    assert escalated == decide_escalation(AT + timedelta(minutes=minutes), case, SETTINGS)


@given(
    st.sampled_from(["new", "deputy", "head"]),
    st.sampled_from(["staff", "contact"]),
    st.sampled_from(["danger", "soon"]),
    st.lists(people, max_size=6),
)
def test_nobody_whom_a_report_left_out_is_ever_told(stage, coarse, urgency, present):
    told = decide_told(stage, coarse, urgency, present)

    assert [] == [person for person in told if person.left_out]
    if coarse == "staff":
        assert all(person.reads or person.place == "alternate" for person in told)


@given(st.sampled_from(["contact", "staff"]), st.lists(people, max_size=6))
def test_whoever_is_told_first_is_told_at_the_end_too(coarse, present):
    first = {person.staff for person in decide_told("deputy", coarse, "soon", present)}
    last = {person.staff for person in decide_told("head", coarse, "soon", present)}
    readers = {person.staff for person in present if person.reads and not person.left_out}

    assert readers <= last
    assert first <= last


def run(school, minutes, addressed=frozenset()):
    with school.house.db.write() as connection:
        return escalating.run(
            connection, school.now + timedelta(minutes=minutes), SETTINGS, frozenset(addressed)
        )


def told(school, case):
    with school.house.db.read() as connection:
        query = 'SELECT stage, name FROM case_notices WHERE "case" = ? ORDER BY id'
        return [tuple(row) for row in connection.exec_driver_sql(query, (case,))]


def test_an_unopened_report_goes_to_the_lead_the_deputy_and_then_the_head(school):
    case = school.send()
    for minutes in (0, 1, 240, 241, 480, 481):
        run(school, minutes)

    assert [
        ("new", "Ruth Carver"),
        ("deputy", "Ruth Carver"),
        ("deputy", "Dina Amos"),
        ("head", "Ruth Carver"),
        ("head", "Dina Amos"),
        ("head", "Neil Okafor"),
    ] == told(school, case)
    with school.house.db.read() as connection:
        found = cases.get_detail(
            connection, school.reader("r.carver").opens, case, publishing.report_settings(connection)
        )
    assert "head" == found.case.escalated
    assert ["opened", "escalated", "escalated"] == [entry.kind for entry in found.entries]


def test_a_report_about_the_head_never_reaches_the_head(school):
    case = school.send(subject="head")
    for minutes in (0, 240, 480):
        run(school, minutes)

    assert {"Grace Hall"} == {name for _, name in told(school, case)}


def test_a_deputy_whom_the_report_is_about_is_told_nothing(school):
    case = school.send(not_to=("d.amos",))
    for minutes in (0, 240, 480):
        run(school, minutes)

    assert {"Ruth Carver", "Neil Okafor"} == {name for _, name in told(school, case)}


def test_a_case_that_nobody_can_open_any_more_goes_to_the_head_at_once(school):
    case = school.send()
    for name in ("r.carver", "d.amos"):
        school.replace_key(name)
    school.publish_list()
    run(school, 0)

    assert "Neil Okafor" in {name for _, name in told(school, case)}


def test_the_clock_stops_when_somebody_takes_the_case_up(school):
    case = school.send()
    run(school, 0, {"r.carver"})
    Desk(school, "r.carver", case).do(case_work.take_up)

    assert 0 == run(school, 10_000)
    with school.house.db.read() as connection:
        assert ["over"] == list(connection.exec_driver_sql("SELECT state FROM case_notices").scalars())
        assert escalating.is_quiet(connection)
