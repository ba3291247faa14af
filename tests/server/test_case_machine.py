"""Any order of steps by anybody: what was written stays, and no way leads round a rule."""

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from server import case_quarantine, case_work
from server.case_desk import StepRefused
from server.case_rules import HELD_KINDS
from server.errors import NotFound
from tests.support.case_desks import Desk
from tests.support.case_school import copy_case_school

OFFICERS = st.sampled_from(["r.carver", "d.amos"])
OUTSIDERS = st.sampled_from(["n.okafor", "g.hall"])
KINDS = st.sampled_from(["parents", "agency-referral", "support", "other", "debrief"])
HARMS = st.sampled_from(["contact", "sexual-image", "bullying", "other"])


class Case(RuleBasedStateMachine):
    """One case, two officers who read it, two who do not."""

    template = None

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.school = copy_case_school(self.template, Path(self.folder.name) / "data")
        self.case = self.school.send()
        self.seen = []
        self.minutes = 0

    def teardown(self):
        self.end_honestly()
        self.school.house.close()
        self.folder.cleanup()

    def desk(self, name):
        desk = Desk(self.school, name, self.case)
        self.minutes += 1
        desk.now += timedelta(minutes=self.minutes)
        return desk

    def attempt(self, name, step, *given, **named):
        """Do a step; a refused one must leave nothing behind. Returns the refusal, or None."""
        desk, before = self.desk(name), self.detail()
        try:
            desk.do(step, *given, **named)
        except StepRefused as problem:
            assert before == self.detail(), "a refused step left something behind"
            return problem.kind
        return None

    def detail(self):
        return Desk(self.school, "r.carver", self.case).detail()

    def note(self, name, wanted=True):
        return self.school.note(name, self.case) if wanted else None

    @rule(name=OFFICERS)
    def take_up(self, name):
        was = self.detail().case.state
        refused = self.attempt(name, case_work.take_up)

        assert {"new": None, "open": "acknowledged", "closed": "closed"}[was] == refused

    @rule(name=OFFICERS)
    def add_note(self, name):
        was = self.detail().case.state

        assert ("closed" if was == "closed" else None) == self.attempt(
            name, case_work.add_note, self.note(name)
        )

    @rule(name=OFFICERS, kind=KINDS)
    def add_task(self, name, kind):
        due = self.school.now + timedelta(days=3)
        self.attempt(name, case_work.add_task, kind, due, "")

    @rule(name=OFFICERS, harm=HARMS)
    def tag(self, name, harm):
        self.attempt(name, case_work.tag, harm=harm, procedure=None, reference=None)

    @rule(name=OFFICERS, outcome=st.sampled_from(["done", "not-done"]), note=st.booleans(), data=st.data())
    def settle(self, name, outcome, note, data):
        before = self.detail()
        if not before.tasks:
            return
        task = data.draw(st.sampled_from(before.tasks))
        refused = self.attempt(
            name,
            case_work.settle_task,
            task.id,
            outcome,
            day=self.school.now.date(),
            method="phone",
            envelope=self.note(name, note),
        )
        if before.case.hold and task.kind in HELD_KINDS and task.outcome is None:
            assert refused in ("held", "closed")
        if outcome == "not-done" and not note:
            assert refused is not None

    @rule(name=OFFICERS)
    def hold_or_let_go(self, name):
        self.attempt(name, case_work.set_hold, on=not self.detail().case.hold, envelope=None)

    @rule(name=OFFICERS, on=st.booleans(), note=st.booleans())
    def quarantine(self, name, on, note):
        before = self.detail().case
        refused = self.attempt(name, case_quarantine.set_quarantine, on=on, envelope=self.note(name, note))
        if not on and name == "d.amos":
            assert "lead-or-head" == refused
        if refused is None:
            assert note
            assert before.quarantined != on

    @rule(name=OFFICERS, letters=st.integers(0, 40), note=st.booleans())
    def imagery(self, name, letters, note):
        refused = self.attempt(name, case_work.note_imagery, self.note(name, note), letters)
        if letters < 20 or not note:
            assert "needs-justification" == refused

    @rule(
        name=OFFICERS, outcome=st.booleans(), lesson=st.booleans(), owner=st.sampled_from(["", "Tom Ashby"])
    )
    def close(self, name, outcome, lesson, owner):
        before = self.detail()
        refused = self.attempt(
            name,
            case_work.close,
            outcome=self.note(name, outcome),
            lesson=self.note(name, lesson),
            owner=owner,
            owner_due=self.school.now + timedelta(days=9),
        )
        if refused is None:
            settled = {task.kind for task in before.tasks if task.outcome is not None}
            assert {"parents", "debrief"} <= settled
            assert all(task.outcome is not None for task in before.tasks)
            assert (outcome, lesson, owner) == (True, True, "Tom Ashby")
            assert not before.case.hold
            assert not before.case.quarantined

    def end_honestly(self, name="r.carver"):
        """Whatever happened before, the honest way leads to a closed case."""
        self.attempt(name, case_work.take_up)
        self.attempt(name, case_work.set_hold, on=False, envelope=None)
        self.attempt("r.carver", case_quarantine.set_quarantine, on=False, envelope=self.note("r.carver"))
        for task in self.detail().tasks:
            if task.outcome is None:
                self.attempt(
                    name, case_work.settle_task, task.id, "not-done",
                    day=None, method=None, envelope=self.note(name),
                )  # fmt: skip
        was = self.detail().case.state
        refused = self.attempt(
            name, case_work.close, outcome=self.note(name), lesson=self.note(name),
            owner="Tom Ashby", owner_due=self.school.now + timedelta(days=9),
        )  # fmt: skip

        assert ("closed" if was == "closed" else None) == refused
        assert "closed" == self.detail().case.state

    @rule(name=OFFICERS)
    def reopen(self, name):
        was = self.detail().case.state

        assert (None if was == "closed" else "not-closed") == self.attempt(name, case_work.reopen)

    @rule(name=OUTSIDERS)
    def stranger(self, name):
        with pytest.raises(NotFound):
            self.desk(name).do(case_work.take_up)

    @invariant()
    def what_was_written_stays(self):
        detail = self.detail()
        lines = [(e.seq, e.at, e.by_name, e.kind, e.plain, e.envelope, e.hash) for e in detail.entries]

        assert self.seen == lines[: len(self.seen)]
        assert list(range(1, len(lines) + 1)) == [line[0] for line in lines]
        assert detail.chain_broken_at is None
        self.seen = lines


def test_no_way_leads_round_a_rule(case_template):
    class Here(Case):
        template = case_template

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=6,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
