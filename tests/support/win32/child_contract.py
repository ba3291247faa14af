"""What the session may expect of a window's process, whichever system copies its words. Run on both."""

import select
import subprocess
import sys
import time

SECONDS = 30.0
ECHO = "import sys\nfor line in sys.stdin.buffer: sys.stdout.buffer.write(line); sys.stdout.buffer.flush()"
LAST_WORDS = "import sys; sys.stdout.buffer.write(b'first\\nlast\\n' + b'half'); sys.stdout.buffer.flush()"
TOO_LONG = "import sys; sys.stdout.buffer.write(b'x' * 200_000); sys.stdout.buffer.flush(); sys.stdin.read()"
DEAF = "import time; time.sleep(600)"


class ChildContract:
    """Mixed into a test class that says how a child is made: `make(process)`."""

    buffering = -1

    def make(self, process):
        raise NotImplementedError

    def start(self, script):
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            bufsize=self.buffering,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self.make(process)

    def heard(self, child, enough):
        """Return everything it said until `enough(lines, closed)` or until it is over."""
        lines, closed, end = [], False, time.monotonic() + SECONDS
        while not enough(lines, closed):
            assert time.monotonic() < end, f"only {lines} came"
            select.select([child.fileno()], [], [], 0.2)
            more, closed = child.take_lines()
            lines += more
        return lines, closed

    def test_a_page_goes_in_and_an_answer_comes_out(self):
        child = self.start(ECHO)
        try:
            assert child.say("Işık İğdır".encode())
            lines, closed = self.heard(child, lambda lines, closed: lines)

            assert (["Işık İğdır".encode()], False) == (lines, closed)
        finally:
            child.close()

    def test_the_largest_page_comes_through_whole(self):
        page = bytes(range(32, 127)) * 8000
        child = self.start(f"import sys; print(len(sys.stdin.buffer.readline()), flush=True)\n{ECHO}")
        try:
            assert child.say(page)
            lines, _closed = self.heard(child, lambda lines, closed: lines)

            assert [str(len(page) + 1).encode()] == [line.strip() for line in lines]
        finally:
            child.close()

    def test_last_words_are_heard_before_the_end(self):
        child = self.start(LAST_WORDS)
        try:
            lines, closed = self.heard(child, lambda lines, closed: closed)

            assert ([b"first", b"last"], True) == (lines, closed)
        finally:
            child.close()

    def test_a_line_without_an_end_counts_as_the_end(self):
        child = self.start(TOO_LONG)
        try:
            lines, closed = self.heard(child, lambda lines, closed: closed)

            assert ([], True) == (lines, closed)
        finally:
            child.close()

    def test_a_window_that_does_not_read_never_stops_the_session(self):
        child = self.start(DEAF)
        try:
            taken = [child.say(b"x" * 100_000) for _ in range(40)]

            assert taken[0]
            assert not taken[-1]
            assert ([], False) == child.take_lines()
        finally:
            child.close()

    def test_a_closed_child_is_gone(self):
        child = self.start(DEAF)
        child.say(b"x" * 100_000)
        child.close()

        assert child._process.poll() is not None

    def test_a_window_that_has_ended_takes_no_page_for_ever(self):
        child = self.start("pass")
        try:
            self.heard(child, lambda lines, closed: closed)
            end = time.monotonic() + SECONDS
            while child.say(b"too late"):
                assert time.monotonic() < end

            assert not child.say(b"too late")
        finally:
            child.close()
