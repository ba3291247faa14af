"""The rules of a case by themselves, in any order and with any input: nothing here touches a database."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from policies.reports import Harm
from server import case_rules as rules
from server.case_rules import CaseFacts, StaffWhat, TaskFacts, TaskKind

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
STAFF = st.integers(1, 3)
PLACES = st.sampled_from(["lead", "deputy", "head", "alternate"])
flags = st.booleans()


class Rules(RuleBasedStateMachine):
    """A case that is moved only where a rule lets it; what must never be is written independently of them."""

    def __init__(self):
        super().__init__()
        self.case = CaseFacts("new")
        self.outcomes = {}
        self.while_held = set()
        self.opened_by = None

    def change(self, **values):
        self.case = self.case._replace(**values)

    @rule(staff=STAFF, doubled=flags)
    def take_up(self, staff, doubled):
        if rules.decide_acknowledge(self.case) is None:
            kinds = rules.decide_tasks(None, ()) + (("second-review",) if doubled else ())
            self.change(
                state="open",
                second_review=doubled,
                acknowledged_staff=staff,
                tasks=tuple(TaskFacts(kind, False) for kind in kinds),
            )

    @rule(kind=st.sampled_from(get_args(TaskKind)), place=st.sampled_from(["", " ", "Lab 2"]))
    def add_task(self, kind, place):
        refused = rules.decide_new_task(self.case, kind, place)
        assert refused is None or self.case.state == "closed" or (kind == "isolate" and not place.strip())
        if refused is None:
            self.change(tasks=(*self.case.tasks, TaskFacts(kind, False)))

    @rule(
        at=st.integers(0, 20), outcome=st.sampled_from(["done", "not-done"]), staff=STAFF, note=flags,
        day=st.sampled_from([None, TODAY, TODAY + timedelta(days=1)]),
        method=st.sampled_from([None, "phone", "x"]),
    )  # fmt: skip
    def settle(self, at, outcome, staff, note, day, method):
        if not self.case.tasks:
            return
        open_ones = [at for at, task in enumerate(self.case.tasks) if not task.settled]
        at = open_ones[at % len(open_ones)] if open_ones else at % len(self.case.tasks)
        task = self.case.tasks[at]
        refused = rules.decide_settle(
            self.case, task, outcome, staff=staff, has_note=note, day=day, method=method, today=TODAY
        )
        if refused is None:
            assert not task.settled
            if self.case.hold:
                self.while_held.add(task.kind)
            if outcome == "not-done":
                assert note
            elif task.kind == "parents":
                assert (day, method) == (TODAY, "phone")
            elif task.kind == "second-review":
                assert staff != self.case.acknowledged_staff
            done = task._replace(settled=True, done_staff=staff)
            self.change(tasks=(*self.case.tasks[:at], done, *self.case.tasks[at + 1 :]))

    @rule()
    def hold_or_let_go(self):
        self.hold(not self.case.hold)

    def hold(self, on):
        if rules.decide_hold(self.case, on=on) is None:
            assert self.case.hold != on
            self.change(hold=on)

    @rule(on=flags, place=PLACES, reads=flags, note=flags, laptop=flags)
    def quarantine(self, on, place, reads, note, laptop):
        refused = rules.decide_quarantine(
            self.case, on=on, place=place, lead_or_head_reads=reads, has_note=note, has_laptop=laptop
        )
        if refused is None:
            assert (note, laptop) == (True, True)
            assert on or place in ("lead", "head") or (place == "alternate" and not reads)
            self.change(quarantined=on)

    @rule(staff=STAFF, outcome=flags, lesson=flags, owner=st.sampled_from(["", "  ", "Tom"]), due=flags)
    def close(self, staff, outcome, lesson, owner, due):
        refused = rules.decide_close(
            self.case, staff=staff, has_outcome=outcome, has_lesson=lesson, owner=owner,
            owner_due=NOW if due else None,
        )  # fmt: skip
        if refused is None:
            assert (outcome, lesson, owner, due) == (True, True, "Tom", True)
            reviews = [task for task in self.case.tasks if task.kind == "second-review" and task.settled]
            assert not self.case.second_review or any(each.done_staff != staff for each in reviews)
            self.change(state="closed")

    def teardown(self):
        """Whatever happened before, the honest way through leads to the end."""
        staff = 1
        self.take_up(staff, False)
        self.hold(False)
        self.quarantine(False, "lead", True, True, True)
        other = 1 + staff % 3
        for _ in self.case.tasks:
            self.settle(0, "not-done", other, True, None, None)
        if not any(task.kind == "second-review" and task.done_staff != staff for task in self.case.tasks):
            self.add_task("second-review", "")  # who closes reviewed it once: another does it again
            self.settle(0, "not-done", other, True, None, None)
        self.close(staff, True, True, "Tom", True)

        assert "closed" == self.case.state

    @rule()
    def reopen(self):
        was = self.case.state
        refused = rules.decide_reopen(self.case)
        assert (refused is None) == (was == "closed")
        if refused is None:
            self.change(state="open")

    @invariant()
    def nothing_that_tells_others_is_settled_while_held(self):
        assert not self.while_held & {"parents", "agency-referral"}

    @invariant()
    def a_closed_case_is_whole(self):
        if self.case.state == "closed":
            kinds = {task.kind for task in self.case.tasks if task.settled}

            assert {"parents", "debrief"} <= kinds
            assert all(task.settled for task in self.case.tasks)
            assert not self.case.hold
            assert not self.case.quarantined
            assert rules.decide_work(self.case) == "closed"


def test_no_order_of_steps_breaks_a_rule():
    run_state_machine_as_test(
        Rules, settings=settings(max_examples=250, stateful_step_count=40, deadline=None)
    )


def done(kind, staff=1):
    return TaskFacts(kind, True, staff)


READY = CaseFacts("open", acknowledged_staff=1, tasks=(done("parents"), done("debrief"), done("support")))
WORDS = {"staff": 1, "has_outcome": True, "has_lesson": True, "owner": "Tom", "owner_due": NOW}


@pytest.mark.parametrize(
    ("case", "words", "refusal"),
    [
        ({}, {}, None),
        ({"state": "closed"}, {}, "closed"),
        ({"hold": True}, {}, "held"),
        ({"quarantined": True}, {}, "quarantined"),
        ({"tasks": (done("debrief"),)}, {}, "parents-open"),
        ({"tasks": (done("parents"),)}, {}, "debrief-open"),
        ({"tasks": (*READY.tasks, TaskFacts("isolate", False))}, {}, "tasks-open"),
        ({"second_review": True}, {}, "review-open"),
        ({"second_review": True, "tasks": (*READY.tasks, done("second-review", 1))}, {}, "review-open"),
        ({"second_review": True, "tasks": (*READY.tasks, done("second-review", 2))}, {}, None),
        ({}, {"has_outcome": False}, "needs-outcome"),
        ({}, {"has_lesson": False}, "needs-outcome"),
        ({}, {"owner": " "}, "needs-owner"),
        ({}, {"owner_due": None}, "needs-owner"),
        ({"what": "complaint", "tasks": (done("debrief"),)}, {}, None),
    ],
)
def test_one_thing_missing_keeps_a_case_open(case, words, refusal):
    assert refusal == rules.decide_close(READY._replace(**case), **(WORDS | words))


@pytest.mark.parametrize("harm", get_args(Harm))
def test_every_kind_of_harm_has_a_template_that_begins_with_the_child(harm):
    tasks = rules.decide_tasks(harm, ())

    assert ("talk-with-child", "parents", "debrief") == tasks[:3]
    assert set(tasks) <= set(get_args(TaskKind))
    assert () == rules.decide_tasks(harm, tasks)


@pytest.mark.parametrize("kind", get_args(TaskKind))
def test_every_task_falls_due(kind):
    assert rules.due_at(kind, NOW) > NOW


def test_a_report_without_a_child_asks_for_no_parents():
    assert ("debrief",) == rules.decide_tasks(None, (), "whistleblowing")
    assert "parents-open" == rules.decide_close(
        CaseFacts("open", what="on-behalf"),
        staff=1,
        has_outcome=True,
        has_lesson=True,
        owner="T",
        owner_due=NOW,
    )
    assert "debrief-open" == rules.decide_close(
        CaseFacts("open", what="complaint"),
        staff=1,
        has_outcome=True,
        has_lesson=True,
        owner="T",
        owner_due=NOW,
    )


@given(letters=st.integers(-5, 100), note=flags, state=st.sampled_from(["new", "open", "closed"]))
def test_imagery_is_never_viewed_without_a_reason(letters, note, state):
    refused = rules.decide_imagery(CaseFacts(state), letters, has_note=note)

    assert (refused is None) == (letters >= rules.FEWEST_LETTERS and note and state != "closed")


@given(
    st.sets(st.sampled_from(["lead", "deputy", "head", "alternate", "recovery"])),
    st.sampled_from(get_args(StaffWhat)),
)
def test_a_staff_report_goes_to_somebody_and_the_sheet_and_to_nobody_wrong(places, what):
    refused = rules.decide_staff_route(what, places)
    if refused is None:
        assert "recovery" in places
        assert len(places) > 1
        if what in ("whistleblowing", "content-conflict"):
            assert not places & {"lead", "deputy"}


@pytest.mark.parametrize(
    ("coarse", "places", "reader", "left_out"),
    [
        ("contact", ["lead"], False, True),
        ("contact", ["deputy"], False, True),
        ("contact", ["head"], False, False),
        ("contact", [], False, False),
        ("contact", ["lead"], True, False),
        ("staff", ["head"], False, True),
        ("staff", ["lead"], False, False),
        ("staff", ["alternate"], False, False),
    ],
)
def test_who_stood_in_the_circle_and_got_no_key_was_left_out_on_purpose(coarse, places, reader, left_out):
    assert left_out == rules.was_excluded(coarse, places, reader)


def test_the_sheet_shows_only_what_one_s_office_reads():
    shown = {
        (coarse, office): rules.sheet_opens(coarse, {office}, was_excluded=False)
        for coarse, office in itertools.product(("staff", "contact"), ("head", "safeguarding", "technician"))
    }

    assert {("staff", "head"), ("contact", "head"), ("contact", "safeguarding")} == {
        pair for pair, is_shown in shown.items() if is_shown
    }
    assert not rules.sheet_opens("contact", {"safeguarding"}, was_excluded=True)


def test_parents_informed_tomorrow_are_not_informed():
    task = TaskFacts("parents", False)
    given_day = {"staff": 1, "has_note": True, "method": "phone", "today": date(2026, 3, 2)}

    assert "needs-date" == rules.decide_settle(
        CaseFacts("open"), task, "done", day=date(2026, 3, 3), **given_day
    )
    assert rules.decide_settle(CaseFacts("open"), task, "done", day=date(2026, 3, 2), **given_day) is None
