"""Windows' processes in memory: pids are given away again, handles keep them, calls fail when told to."""

import itertools

from agent.backends.win32_problem import ACCESS_DENIED, INVALID_PARAMETER, WinProblem
from agent.backends.windows_slices import ProcessRow

SYSTEM = "S-1-5-18"
INVALID_HANDLE = 6


class FakeWinProcess:
    """One process, living or ended."""

    def __init__(self, pid, parent, name, session, sid, made):
        self.pid, self.parent, self.name, self.session, self.sid, self.made = (
            pid,
            parent,
            name,
            session,
            sid,
            made,
        )
        self.code = None
        self.guarded = False
        """The system's own: may be looked at, not ended."""
        self.survives = False
        """Does not end when told to."""


class FakeProcesses:
    """All of them. `fail[function] = code` makes every such call fail."""

    def __init__(self):
        self.all = {}
        self.fail = {}
        self.ended = []
        self.on_open = lambda _pid: None
        """Called before a process is opened: what happens in the middle."""
        self._handles = {}
        self._numbers = itertools.count(0x40, 4)
        self._pids = itertools.count(1000, 4)
        self._time = itertools.count(133_000_000_000_000_000, 10_000)

    # ---- what tests do ----

    def run(self, name, session=1, sid=SYSTEM, parent=4, pid=None):
        pid = next(self._pids) if pid is None else pid
        self.all[pid] = FakeWinProcess(pid, parent, name, session, sid, next(self._time))
        return self.all[pid]

    def exit(self, process, code=0):
        process.code = code
        if not any(each is process for each in self._handles.values()):
            self.all.pop(process.pid, None)

    @property
    def open_handles(self):
        return len(self._handles)

    # ---- the slice ----

    def _check(self, function):
        if function in self.fail:
            raise WinProblem(function, self.fail[function])

    def _of(self, handle):
        if handle not in self._handles:
            raise WinProblem("handle", INVALID_HANDLE)
        return self._handles[handle]

    def listed(self) -> list[ProcessRow]:
        self._check("listed")
        return [ProcessRow(p.pid, p.parent, p.name, p.session) for p in self.all.values() if p.code is None]

    def _open(self, pid):
        self.on_open(pid)
        self._check("OpenProcess")
        if pid not in self.all:
            raise WinProblem("OpenProcess", INVALID_PARAMETER)
        handle = next(self._numbers)
        self._handles[handle] = self.all[pid]
        return handle

    def open_process(self, pid: int) -> int:
        if pid in self.all and self.all[pid].guarded:
            raise WinProblem("OpenProcess", ACCESS_DENIED)
        return self._open(pid)

    def open_to_look(self, pid: int) -> int:
        return self._open(pid)

    def created_at(self, handle: int) -> int:
        self._check("GetProcessTimes")
        return self._of(handle).made

    def exit_code(self, handle: int) -> int | None:
        return self._of(handle).code

    def terminate(self, handle: int, code: int) -> None:
        self._check("TerminateProcess")
        process = self._of(handle)
        self.ended.append(process)
        if not process.survives:
            process.code = code

    def wait(self, handle: int, milliseconds: int) -> bool:
        return self._of(handle).code is not None

    def duplicate(self, handle: int) -> int:
        copy = next(self._numbers)
        self._handles[copy] = self._of(handle)
        return copy

    def close(self, handle: int) -> None:
        process = self._of(handle)
        del self._handles[handle]
        if process.code is not None and self.all.get(process.pid) is process:
            self.exit(process, process.code)

    def session_of(self, pid: int) -> int:
        self._check("ProcessIdToSessionId")
        if pid not in self.all:
            raise WinProblem("ProcessIdToSessionId", INVALID_PARAMETER)
        return self.all[pid].session

    def program(self, handle: int) -> str:
        return rf"C:\Windows\System32\{self._of(handle).name}"

    def sid_of(self, handle: int) -> str:
        self._check("OpenProcessToken")
        return self._of(handle).sid
