"""Whatever adults, network and pupil do in whatever order: nobody works unsupervised for long (R19, R20)."""

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from policies import orders
from policies.lab_settings import HoursSettings
from policies.settings import Settings
from tests.support.lab_laptop import LabLaptop
from tests.support.model_server import DEVICE

WARN_SECONDS = 30
SLACK_SECONDS = 3.0
CAP = timedelta(minutes=15)
CLUB = Settings(
    hours=HoursSettings(session="club", lapse_warn_seconds=WARN_SECONDS, longest_check_in_minutes=15)
)


class Club(RuleBasedStateMachine):
    """A club's laptop beside a naive book of who is checked in."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.laptop = LabLaptop(Path(self.folder.name), settings=CLUB)
        self.book = {}
        self.said = []
        self.alone_since = None
        self.together_since = None
        self.check_in("a", 15)
        self.laptop.log_in()
        self.look()

    # ---- the naive book ----

    def is_supervised(self):
        now = self.laptop.clock.at
        return any(word.on and now < min(word.until, word.issued_at + CAP) for word in self.book.values())

    def look(self):
        boot = self.laptop.clock.booted
        if self.is_supervised():
            self.alone_since = None
            self.together_since = boot if self.together_since is None else self.together_since
        else:
            self.together_since = None
            self.alone_since = boot if self.alone_since is None else self.alone_since

    def say(self, order, minutes, on):
        at = self.laptop.clock.at
        word = orders.Supervised(
            device=DEVICE, order=order, on=on, by=f"Adult {order}", issued_at=at,
            until=at + timedelta(minutes=minutes),
        )  # fmt: skip
        if order not in self.book or word.issued_at > self.book[order].issued_at:
            self.book[order] = word
        self.said.append(word)
        self.laptop.order(word)
        self.look()

    @property
    def login(self):
        return next(iter(self.laptop.service.ground.logins.values()), None)

    # ---- what happens ----

    @rule(order=st.sampled_from("ab"), minutes=st.integers(1, 40))
    def check_in(self, order, minutes):
        self.laptop.clock.forward(0.01)
        self.say(order, minutes, on=True)

    @rule(order=st.sampled_from("ab"))
    def leave(self, order):
        self.laptop.clock.forward(0.01)
        self.say(order, 1, on=False)

    @precondition(lambda self: self.said)
    @rule(number=st.integers(0, 1000))
    def an_old_word_comes_again(self, number):
        self.laptop.order(self.said[number % len(self.said)])
        self.look()

    @rule(seconds=st.integers(1, 90))
    def time_passes(self, seconds):
        for _ in range(seconds):
            self.laptop.forward(1)
            self.look()

    @rule()
    def the_pupil_types_the_password(self):
        if self.laptop.device.lockers and self.login and self.login.lock.confirmed:
            self.laptop.device.lockers[-1].end(0)
            self.laptop.settle()
            self.laptop.forward(1.5)
            self.look()

    @rule()
    def the_service_is_killed_and_comes_back(self):
        if self.login is None or self.login.lock.wanted:
            return
        self.laptop.kill_service()
        self.laptop.start()
        self.laptop.connect()
        # It warns anew before it locks: what it had told is lost with it.
        self.alone_since = None
        self.look()

    # ---- what holds ----

    @invariant()
    def nobody_works_unsupervised_for_long(self):
        if self.alone_since is None or self.login is None:
            return
        alone = self.laptop.clock.booted - self.alone_since
        if alone > WARN_SECONDS + SLACK_SECONDS:
            assert self.login.lock.wanted or self.login.is_over

    @invariant()
    def no_screen_is_newly_locked_while_an_adult_is_there(self):
        if self.together_since is None or self.login is None:
            return
        login = self.login
        if login.lock.wanted == "unsupervised":
            assert login.lock.locked_boot <= self.together_since + 2

    def teardown(self):
        self.laptop.close()
        self.folder.cleanup()


Club.TestCase.settings = settings(
    max_examples=6, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)
)
test_r20_nobody_works_unsupervised_for_long_whatever_comes_together = Club.TestCase
