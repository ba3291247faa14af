"""Programs started in sessions, in memory: what was started, how it ends, and every call that can fail."""

import threading

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_start import Started
from tests.support.win32.fake_processes import FakeProcesses


class WaitedFor(FakeProcesses):
    """The fake of `processes`, of which one may wait for an end without asking again and again."""

    def __init__(self):
        super().__init__()
        self._changed = threading.Condition()

    def give_again(self, handle, process):
        """Let a handle's number be another process's, as Windows does with numbers that were closed."""
        self._handles[handle] = process

    def exit(self, process, code=0):
        with self._changed:
            super().exit(process, code)
            self._changed.notify_all()

    def terminate(self, handle: int, code: int) -> None:
        with self._changed:
            super().terminate(handle, code)
            self._changed.notify_all()

    def wait(self, handle: int, milliseconds: int) -> bool:
        with self._changed:
            process = self._of(handle)
            return self._changed.wait_for(lambda: process.code is not None, milliseconds / 1000)

    def exit_code(self, handle: int) -> int | None:
        self._check("GetExitCodeProcess")
        return super().exit_code(handle)


class FakeStart:
    """The slice `start`. `users` says who is logged in in which session."""

    def __init__(self, processes: WaitedFor, users: dict[int, str]) -> None:
        self.processes = processes
        self.users = users
        self.fail: dict[str, int] = {}
        self.machine = {
            "SystemRoot": r"C:\Windows",
            "Path": r"C:\Windows\System32",
            "TEMP": r"C:\Windows\Temp",
        }
        self.user = {"USERPROFILE": r"C:\Users\may", "Path": r"C:\Users\may\evil", "temp": r"C:\Users\may\T"}
        self.started: list[tuple[int, list[str], dict[str, str], str, bool]] = []
        self.ended_jobs: list[int] = []
        self.given: list[Started] = []
        self._jobs: dict[int, int] = {}

    def _check(self, function):
        if function in self.fail:
            raise WinProblem(function, self.fail[function])

    def user_sid(self, session):
        self._check("WTSQueryUserToken")
        if session not in self.users:
            raise WinProblem("WTSQueryUserToken", 1008)
        return self.users[session]

    def environments(self, session):
        self._check("CreateEnvironmentBlock")
        return dict(self.machine), dict(self.user)

    def start_in_session(self, session, command, environment, guard, *, dies_with_us):
        self._check("CreateProcessAsUser")
        process = self.processes.run("gatepost-session.exe", session, self.users[session])
        handle = self.processes.open_process(process.pid)
        job = self.processes.duplicate(handle) if dies_with_us else 0
        self._jobs[job] = handle
        self.started.append((session, list(command), dict(environment), guard, dies_with_us))
        self.given.append(Started(process.pid, handle, job))
        return self.given[-1]

    def end_job(self, job, code):
        self._check("TerminateJobObject")
        self.ended_jobs.append(job)
        self.processes.terminate(self._jobs[job], code)
