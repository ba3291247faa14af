"""Which address of the server is used: one by one, and in any order of events (issue 5, item 3)."""

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.service.connecting import (
    BEFORE_AFTER_SECONDS,
    Address,
    Answered,
    Connecting,
    Trial,
    Waited,
    Wanted,
    address_of,
    addresses_to_ask,
    begin_connecting,
    decide_connection,
    needs_keeping,
    pause_seconds,
)
from agent.service.enrolment import Enrolment
from policies.settings import ConnectionSettings

ENROLMENT = Enrolment(
    server="https://old.example",
    device="00" * 8,
    device_private=b"1" * 32,
    policy_key=b"2" * 32,
    record_key=b"3" * 32,
    machine="ab" * 32,
    ca_pem="old",
)
OLD, NEW, THIRD = (Address(f"https://{name}.example", name) for name in ("old", "new", "third"))
GRACE = 120.0
FRESH = begin_connecting(ENROLMENT, None)


def after(*events, state=FRESH):
    for event in events:
        state = decide_connection(state, event).state
    return state


WANTS_NEW = Wanted(4, NEW, GRACE)


def test_empty_settings_ask_for_the_address_of_the_enrolment():
    assert OLD == address_of(ConnectionSettings(), OLD)
    moved = ConnectionSettings(server="https://new.example")
    assert Address("https://new.example", "old") == address_of(moved, OLD)
    assert FRESH == after(Wanted(1, OLD, GRACE))


def test_a_new_address_is_asked_beside_the_old_one_which_stays_in_use():
    state = after(WANTS_NEW)

    assert OLD == state.works
    assert (NEW,) == addresses_to_ask(state)


def test_an_answer_there_is_what_makes_it_the_one_in_use():
    state = after(WANTS_NEW, Waited(60, True), Answered(NEW))

    assert (NEW, OLD, None, None) == (state.works, state.before, state.trial, state.refused)
    assert () == addresses_to_ask(state)


def test_not_reached_in_its_grace_time_it_is_given_up_and_told_once():
    state = after(WANTS_NEW, Waited(60, True))
    decision = decide_connection(state, Waited(60, True))

    assert Trial(NEW, 4, GRACE, 120.0) == decision.given_up == decision.state.refused
    assert (OLD, None) == (decision.state.works, decision.state.trial)
    assert () == addresses_to_ask(decision.state)
    assert decide_connection(decision.state, Waited(60, True)).given_up is None


def test_given_up_it_is_not_tried_again_until_the_settings_ask_for_another():
    given_up = after(WANTS_NEW, Waited(120, True))

    assert None is after(Wanted(5, NEW, GRACE), state=given_up).trial
    changed = after(Wanted(6, THIRD, GRACE), state=given_up)
    assert (THIRD, None) == (changed.trial.address, changed.refused)
    assert NEW == after(Wanted(7, OLD, GRACE), Wanted(8, NEW, GRACE), state=given_up).trial.address


def test_another_policy_with_the_same_address_does_not_begin_the_grace_time_anew():
    state = after(WANTS_NEW, Waited(60, True), Wanted(5, NEW, 90.0))

    assert Trial(NEW, 5, 90.0, 60.0) == state.trial


def test_a_machine_that_stood_still_has_not_waited():
    assert 120.0 == after(Wanted(4, NEW, 9999.0), Waited(50_000, False)).trial.waited_seconds
    assert 0.0 == after(WANTS_NEW, Waited(-5, True)).trial.waited_seconds


def test_restarts_for_ever_do_not_make_a_trial_endless():
    state = after(WANTS_NEW)
    for _ in range(8):
        state = begin_connecting(ENROLMENT, state)

    assert decide_connection(state, Waited(0.0, True)).given_up is not None


def test_another_enrolment_begins_at_its_own_address():
    kept = after(WANTS_NEW, Answered(NEW))

    assert kept == begin_connecting(ENROLMENT, kept)
    moved = msgspec.structs.replace(ENROLMENT, server="https://elsewhere.example")
    assert Address("https://elsewhere.example", "old") == begin_connecting(moved, kept).works


def test_with_the_old_one_gone_what_the_policy_asks_for_is_tried_again():
    given_up = after(WANTS_NEW, Waited(120, True))
    lost = after(*[Waited(100, False)] * 6, state=given_up)

    assert (OLD, NEW) == addresses_to_ask(lost)
    back = after(Answered(NEW), state=lost)
    assert (NEW, OLD, None) == (back.works, back.before, back.refused)
    assert () == addresses_to_ask(after(Answered(OLD), state=lost))


def test_the_address_before_is_asked_only_after_a_day_without_the_present_one():
    moved = after(WANTS_NEW, Answered(NEW))
    hours = int(BEFORE_AFTER_SECONDS / 100)

    assert () == addresses_to_ask(after(*[Waited(100, False)] * (hours - 1), state=moved))
    lost = after(*[Waited(100, False)] * hours, state=moved)
    assert (NEW, OLD) == addresses_to_ask(lost)
    assert () == addresses_to_ask(after(Waited(1, True), state=lost))


def test_a_wrong_address_is_not_asked_in_every_moment_of_its_grace_time():
    fresh = after(Wanted(4, NEW, 1800.0))

    assert 0.0 == pause_seconds(fresh)
    assert 15.0 == pause_seconds(after(Waited(100, True), state=fresh))
    assert 15.0 == pause_seconds(after(WANTS_NEW, Waited(120, True)))


class Connections(RuleBasedStateMachine):
    """
    Servers that come and go, policies that ask for any of them, cuts of power at every moment.

    Nothing of it may leave the laptop unable to come back to a server that works.
    """

    @initialize()
    def enrol(self):
        self.state = self.kept = FRESH
        self.up = {OLD.server}
        self.cable = True
        self.have_answered = {OLD}
        self.wanted = OLD
        self.number = 0
        self.unkept_seconds = 0.0

    def take(self, event):
        before = self.state
        decision = decide_connection(self.state, event)
        self.state = decision.state
        if decision.given_up is not None:
            assert before.works == self.state.works, "giving up an address lets nothing go"
        if needs_keeping(before, self.state):
            self.keep()

    def keep(self):
        self.kept = msgspec.json.decode(msgspec.json.encode(self.state), type=Connecting)
        self.unkept_seconds = 0.0

    def is_up(self, address):
        return self.cable and address.server in self.up

    def tick(self, seconds):
        online = self.is_up(self.state.works)
        self.take(Answered(self.state.works) if online else Waited(0, False))
        self.take(Waited(seconds, online))
        self.unkept_seconds += seconds
        if self.unkept_seconds >= 60:
            self.keep()
        asked = addresses_to_ask(self.state)
        if online:
            assert set(asked) <= {self.state.trial.address if self.state.trial else None}
        answering = next((each for each in asked if self.is_up(each)), None)
        if answering is not None:
            self.have_answered.add(answering)
            self.take(Answered(answering))

    @rule(address=st.sampled_from((OLD, NEW, THIRD)), minutes=st.integers(1, 60))
    def publish(self, address, minutes):
        """A policy can come only from a server that is reached."""
        if not self.is_up(self.state.works):
            return
        self.number += 1
        self.wanted = address
        self.take(Wanted(self.number, address, minutes * 60.0))

    @rule(names=st.sets(st.sampled_from((OLD.server, NEW.server, THIRD.server))))
    def servers(self, names):
        self.up = names

    @rule(plugged=st.booleans())
    def pull(self, plugged):
        self.cable = plugged

    @rule(seconds=st.floats(0, 400), times=st.integers(1, 40))
    def wait(self, seconds, times):
        for _ in range(times):
            self.tick(seconds)

    @rule()
    def power_is_cut(self):
        """What was not on disk is lost; the policy is on disk and speaks again."""
        self.state = begin_connecting(ENROLMENT, self.kept)
        self.keep()
        if self.number:
            self.take(Wanted(self.number, self.wanted, 1800.0))

    @rule(one=st.sampled_from(("works", "wanted", "enrolled", "before")), cuts=st.booleans())
    def one_server_stays(self, one, cuts):
        """Of all servers this laptop was ever told of that can matter, one stays: it is found."""
        address = self.wanted if one == "wanted" else getattr(self.state, one)
        if address is None:
            return
        self.up, self.cable = {address.server}, True
        for _ in range(900):
            if self.state.works == address:
                break
            self.tick(120)
            if cuts:
                self.power_is_cut()

        assert address == self.state.works

    @invariant()
    def what_is_in_use_has_answered(self):
        assert self.state.works in self.have_answered

    @invariant()
    def a_trial_ends(self):
        trial = self.state.trial
        assert trial is None or trial.waited_seconds < 3600 + 200, "the longest grace time here, and one look"
        assert self.state.refused is None or trial is None


Connections.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestNoSequenceOfEventsLosesTheServer = Connections.TestCase
