"""Windows as children: through pipes as Linux has them, and through threads as Windows needs them."""

from agent.backends.pumped_child import PumpedChild
from agent.backends.window_child import WindowChild
from tests.support.win32.child_contract import ChildContract


class TestThroughPipes(ChildContract):
    make = WindowChild


class TestThroughThreads(ChildContract):
    make = PumpedChild
    buffering = 0
