"""Whatever words come in whatever order, over restarts: which order holds, against a plain oracle."""

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from hypothesis import settings as how
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.service.attending import Attending
from policies.orders import Attention
from policies.settings import LabSettings, Settings
from tests.agent.fakes import FakeClock
from tests.support.model_server import DEVICE

LONGEST = 15


class Words(RuleBasedStateMachine):
    """A laptop on which nobody is logged in, so that only the orders themselves are looked at."""

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp(prefix="gatepost-test-"))
        self.clock = FakeClock(datetime(2026, 9, 14, 8, 30, tzinfo=UTC))
        self.newest = {}
        self.kept = []
        self.start()

    @rule()
    def start(self):
        """The service starts, or starts again."""
        loop = SimpleNamespace(every=lambda *_: None, after=lambda *_: None)
        ground = SimpleNamespace(
            config=SimpleNamespace(state=self.folder),
            clock=self.clock,
            loop=loop,
            now=self.clock.now,
            logins={},
            settings=Settings(lab=LabSettings(attention_longest_minutes=LONGEST)),
            keep=lambda record: self.kept.append(record) or record,
        )
        self.attending = Attending(ground, SimpleNamespace())

    @rule(
        order=st.sampled_from("abc"),
        on=st.booleans(),
        age=st.integers(0, 600),
        minutes=st.integers(0, 40),
    )
    def word(self, order, on, age, minutes):
        """A verified word comes, perhaps late, perhaps after a newer one."""
        issued_at = self.clock.at - timedelta(seconds=age)
        said = Attention(
            device=DEVICE,
            order=order,
            on=on,
            by="Ms Demir",
            issued_at=issued_at,
            until=issued_at + timedelta(minutes=minutes),
        )
        self.attending.obey(said)
        known = self.newest.get(order)
        if known is None or said.issued_at > known.issued_at:
            self.newest[order] = said

    @rule(seconds=st.integers(1, 900))
    def time_passes(self, seconds):
        self.clock.forward(seconds)
        self.attending.look()

    @invariant()
    def the_newest_word_that_holds_is_the_one(self):
        now = self.clock.at
        holding = [
            word
            for word in self.newest.values()
            if word.on and now < word.until and now < word.issued_at + timedelta(minutes=LONGEST)
        ]
        newest = max((word.issued_at for word in holding), default=None)
        found = self.attending.holding()

        assert newest == (found.issued_at if found else None)

    @invariant()
    def each_order_is_told_of_once(self):
        told = [record.order for record in self.kept]

        assert len(set(told)) == len(told)

    def teardown(self):
        shutil.rmtree(self.folder, ignore_errors=True)


TestWords = Words.TestCase
TestWords.settings = how(max_examples=60, stateful_step_count=25, deadline=None)
