"""Accounts by SID in memory."""

from agent.backends.win32_problem import PRIVILEGE_NOT_HELD, WinProblem

NONE_MAPPED = 1332


class FakeSecurity:
    """`names[sid] = (domain, name)`; `fail` is the code every look-up fails with."""

    def __init__(self, names=None, privileges=()):
        self.names = dict(names or {})
        self.privileges = set(privileges)
        self.fail = 0
        self.asked = []

    def name_of_sid(self, sid: str) -> tuple[str, str]:
        self.asked.append(sid)
        if self.fail or sid not in self.names:
            raise WinProblem("LookupAccountSid", self.fail or NONE_MAPPED)
        return self.names[sid]

    def sid_of_name(self, name: str) -> str:
        for sid, (_domain, known) in self.names.items():
            if known.casefold() == name.casefold():
                return sid
        raise WinProblem("LookupAccountName", self.fail or NONE_MAPPED)

    def enable_privilege(self, name: str) -> None:
        if name not in self.privileges:
            raise WinProblem("AdjustTokenPrivileges", PRIVILEGE_NOT_HELD)
