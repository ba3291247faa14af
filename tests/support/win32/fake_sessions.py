"""Windows' sessions in memory, over the fake processes: signing in and out, locking, fast switching."""

from agent.backends.win32_problem import FILE_NOT_FOUND, WinProblem
from agent.backends.windows_slices import LockState, SessionRow


class FakeSessions:
    """All of them. `fail[function] = code` makes every such call fail."""

    def __init__(self, processes):
        self.processes = processes
        self.rows = {}
        self.locked = {}
        self.fail = {}
        self.logged_off = []
        self.stuck = set()
        """Sessions that do not end when told to."""

    # ---- what tests do ----

    def log_in(self, session, user, sid, domain="SCHOOL"):
        """Return the session's leader."""
        self.rows[session] = SessionRow(session, "active", user, domain, sid)
        self.locked[session] = "unlocked"
        leader = self.processes.run("winlogon.exe", session)
        leader.guarded = True
        return leader

    def end(self, session):
        self.rows.pop(session, None)
        self.locked.pop(session, None)
        for process in list(self.processes.all.values()):
            if process.session == session:
                self.processes.exit(process)

    def switch_away(self, session):
        self.rows[session] = self.rows[session]._replace(state="disconnected")

    # ---- the slice ----

    def _check(self, function):
        if function in self.fail:
            raise WinProblem(function, self.fail[function])

    def listed(self) -> list[SessionRow]:
        self._check("WTSEnumerateSessions")
        return list(self.rows.values())

    def session_sid(self, session_id: int) -> str:
        self._check("WTSQueryUserToken")
        if session_id not in self.rows:
            raise WinProblem("WTSQueryUserToken", FILE_NOT_FOUND)
        return self.rows[session_id].sid

    def session_of(self, pid: int) -> int:
        return self.processes.session_of(pid)

    def lock_state(self, session_id: int) -> LockState:
        self._check("WTSQuerySessionInformation")
        return self.locked.get(session_id, "unknown")

    def logoff(self, session_id: int) -> None:
        self._check("WTSLogoffSession")
        self.logged_off.append(session_id)
        if session_id not in self.stuck:
            self.end(session_id)
