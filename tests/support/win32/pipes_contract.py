"""What every implementation of the slice `pipes` does: the fake on Linux, the real one on Windows Python."""

import threading
from collections.abc import Callable

import pytest

from agent.backends.win32_problem import FILE_NOT_FOUND, WinProblem
from agent.backends.windows_pipes import (
    ABORTED,
    PIPE_BUSY,
    TRUSTED_OWNERS,
    ClientEnd,
    Pipes,
    ServerEnd,
    is_sid,
    public_sddl,
)

SECONDS = 60.0


class Beside:
    """One call in a thread of its own; its result or its problem."""

    def __init__(self, call: Callable[[], object]) -> None:
        self.result: object = None
        self._thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        self._thread.start()

    def _run(self, call: Callable[[], object]) -> None:
        try:
            self.result = call()
        except WinProblem as problem:
            self.result = problem.code

    def wait(self) -> object:
        self._thread.join(SECONDS)

        assert not self._thread.is_alive()
        return self.result


class PipesContract:
    """Subclasses give `pipes` and `name` as fixtures."""

    @pytest.fixture
    def connected(self, pipes: Pipes, name: str):
        server = pipes.create(name, public_sddl(), is_first=True, most=2)
        waiting = Beside(lambda: server.wait_for_client(SECONDS))
        client = pipes.open(name, SECONDS)
        waiting.wait()
        yield server, client
        client.close()
        server.close()

    def test_words_go_both_ways_at_once(self, connected: tuple[ServerEnd, ClientEnd]):
        server, client = connected
        hears = Beside(lambda: client.read(SECONDS))
        client.write(b"up\n", SECONDS)
        server.write(b"down\n", SECONDS)

        assert b"up\n" == server.read(SECONDS)
        assert b"down\n" == hears.wait()

    def test_the_server_is_told_who_called(self, connected):
        server, client = connected
        client.write(b"hello\n", SECONDS)
        server.read(SECONDS)

        assert server.client_pid() > 0
        assert server.client_session() >= 0
        assert is_sid(server.client().sid)

    def test_the_client_is_told_who_made_the_pipe(self, connected):
        _server, client = connected

        assert client.server_pid() > 0
        assert client.owner() in TRUSTED_OWNERS

    def test_last_words_arrive_after_the_end_is_closed(self, connected):
        server, client = connected
        server.write(b"opens\n", SECONDS)
        server.close()

        assert b"opens\n" == client.read(SECONDS)
        assert b"" == client.read(SECONDS)

    def test_a_read_gives_up_in_time(self, connected):
        server, _client = connected
        with pytest.raises(WinProblem) as caught:
            server.read(0.1)

        assert ABORTED == caught.value.code

    def test_closing_wakes_whoever_reads(self, connected):
        server, _client = connected
        reads = Beside(server.read)
        server.close()

        assert ABORTED == reads.wait()

    def test_what_is_never_read_cannot_be_written_for_ever(self, connected):
        server, _client = connected
        with pytest.raises(WinProblem):
            server.write(b"x" * 8_000_000, 0.2)

    def test_a_closed_end_says_so(self, connected):
        server, _client = connected
        server.close()
        server.close()
        with pytest.raises(WinProblem):
            server.read(SECONDS)

    def test_closing_wakes_whoever_waits_for_a_caller(self, pipes: Pipes, name: str):
        server = pipes.create(name, public_sddl(), is_first=True, most=1)
        waits = Beside(server.wait_for_client)
        server.close()

        assert ABORTED == waits.wait()

    def test_nobody_called_in_time(self, pipes: Pipes, name: str):
        server = pipes.create(name, public_sddl(), is_first=True, most=1)
        with pytest.raises(WinProblem) as caught:
            server.wait_for_client(0.1)
        server.close()

        assert ABORTED == caught.value.code

    def test_an_instance_takes_the_next_after_one_was_thrown_out(self, pipes: Pipes, name: str):
        server = pipes.create(name, public_sddl(), is_first=True, most=1)
        first = pipes.open(name, SECONDS)
        server.wait_for_client(SECONDS)
        server.disconnect()

        assert b"" == first.read(SECONDS)

        waits = Beside(lambda: server.wait_for_client(SECONDS))
        second = pipes.open(name, SECONDS)
        waits.wait()
        second.write(b"me\n", SECONDS)

        assert b"me\n" == server.read(SECONDS)
        for end in (first, second, server):
            end.close()

    def test_no_more_instances_than_were_allowed(self, pipes: Pipes, name: str):
        server = pipes.create(name, public_sddl(), is_first=True, most=1)
        with pytest.raises(WinProblem) as caught:
            pipes.create(name, public_sddl(), is_first=False, most=1)
        server.close()

        assert PIPE_BUSY == caught.value.code

    def test_a_taken_pipe_is_busy(self, connected, pipes: Pipes, name: str):
        with pytest.raises(WinProblem):
            pipes.open(name, 0.1)

    def test_a_pipe_nobody_made_is_not_found(self, pipes: Pipes, name: str):
        with pytest.raises(WinProblem) as caught:
            pipes.open(name, 0.1)

        assert FILE_NOT_FOUND == caught.value.code
