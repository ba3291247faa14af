"""What Windows says of processes, the fake one and the real: the same assertions on both."""

import pytest

from agent.backends.device import Anchor
from agent.backends.win32_problem import INVALID_PARAMETER, WinProblem
from agent.backends.windows_processes import KILLED, Processes, status_of
from agent.backends.windows_slices import ProcessCalls

NOBODYS_PID = 0xFFFFFFF0
BEGINNING_OF_2020 = 132_223_104_000_000_000
"""In 100 ns since 1601."""


class ProcessesContract:
    """Give fixtures `processes` and `child` (the pid of a process that lives until it is ended)."""

    def anchor(self, processes: ProcessCalls, pid) -> Anchor:
        anchor = Processes(processes).anchor(pid)

        assert anchor is not None
        return anchor

    def test_a_living_process_is_listed_once_with_its_session(self, processes: ProcessCalls, child):
        rows = [row for row in processes.listed() if row.pid == child]

        assert 1 == len(rows)
        assert processes.session_of(child) == rows[0].session
        assert rows[0].name

    def test_its_birth_is_a_time_and_never_changes(self, processes: ProcessCalls, child):
        first = self.anchor(processes, child)

        assert first.started > BEGINNING_OF_2020
        assert first == self.anchor(processes, child)

    def test_a_pid_that_is_nobodys_is_a_wrong_parameter(self, processes: ProcessCalls, child):
        for ask in (processes.open_to_look, processes.open_process, processes.session_of):
            with pytest.raises(WinProblem) as caught:
                ask(NOBODYS_PID)

            assert INVALID_PARAMETER == caught.value.code

    def test_a_closed_handle_is_nobodys(self, processes: ProcessCalls, child):
        handle = processes.open_to_look(child)
        processes.close(handle)

        with pytest.raises(WinProblem):
            processes.created_at(handle)

    def test_a_handle_tells_program_owner_and_that_it_runs(self, processes: ProcessCalls, child):
        handle = processes.open_to_look(child)
        try:
            assert processes.sid_of(handle).startswith("S-1-5-")
            assert processes.program(handle)[1:3] == ":\\"
            assert processes.exit_code(handle) is None
            assert not processes.wait(handle, 0)
        finally:
            processes.close(handle)

    def test_an_ended_process_keeps_its_code_while_it_is_held(self, processes: ProcessCalls, child):
        anchor = self.anchor(processes, child)
        looking = processes.open_to_look(child)
        copy = processes.duplicate(looking)
        Processes(processes).end(anchor)
        try:
            assert processes.wait(looking, 20_000)
            assert KILLED == processes.exit_code(looking) == processes.exit_code(copy)
            assert -9 == status_of(processes.exit_code(copy))
            assert not Processes(processes).is_alive(anchor)
            assert Processes(processes).hold(anchor) is None
        finally:
            processes.close(looking)
            processes.close(copy)

    def test_the_same_pid_born_at_another_time_is_another_process(self, processes: ProcessCalls, child):
        anchor = self.anchor(processes, child)
        other = anchor._replace(started=anchor.started + 1)

        assert not Processes(processes).is_alive(other)
        Processes(processes).end(other)
        assert Processes(processes).is_alive(anchor)
