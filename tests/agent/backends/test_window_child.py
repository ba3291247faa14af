"""Windows as children: through pipes as Linux has them, and through threads as Windows needs them."""

import os

from agent.backends.pumped_child import PumpedChild
from agent.backends.window_child import WindowChild
from tests.support.win32.child_contract import ChildContract


class TestThroughPipes(ChildContract):
    make = WindowChild


class TestThroughThreads(ChildContract):
    make = PumpedChild
    buffering = 0


class Ending:
    """A window's process that says its last words and ends just when we look whether it runs."""

    pid = 4711

    def __init__(self):
        answers, self._says = os.pipe()
        _takes, pages = os.pipe()
        self.stdout, self.stdin, self._takes = os.fdopen(answers, "rb"), os.fdopen(pages, "wb"), _takes
        self._ended = False

    def poll(self):
        if not self._ended:
            self._ended = True
            os.write(self._says, b"accepted\n")
        return 0

    def terminate(self):
        for each in (self._says, self._takes):
            os.close(each)

    def wait(self, _seconds=None):
        return 0


def test_what_a_window_says_while_we_look_whether_it_runs_is_heard():
    child = WindowChild(Ending())
    try:
        assert ([b"accepted"], True) == child.take_lines()
    finally:
        child.close()
