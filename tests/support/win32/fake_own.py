"""A fake of the slice `own`: files are Linux', DPAPI is a mark, and every call fails on demand."""

from pathlib import Path

from agent.backends.win32_problem import WinProblem

PROTECTED = b"<protected here>"
INVALID_DATA = 13


class FakeOwn:
    """`fails["call"]` is a list of error codes, one for each next call; 0 lets one through."""

    def __init__(self):
        self.fails = {}
        self.sid = "S-1-5-18"
        self.elevated = True
        self.machine = b"machine-1"
        self.owner, self.writers = "S-1-5-32-544", ["S-1-5-18", "S-1-5-32-544"]
        self.acls = {}

    def _maybe_fail(self, call):
        codes = self.fails.get(call)
        if codes and (code := codes.pop(0)):
            raise WinProblem(call, code)

    def own_sid(self):
        self._maybe_fail("own_sid")
        return self.sid

    def is_elevated(self):
        return self.elevated

    def file_security(self, descriptor):
        self._maybe_fail("file_security")
        return self.owner, list(self.writers)

    def set_acl(self, path, sddl):
        self._maybe_fail("set_acl")
        self.acls[path] = sddl

    def protect(self, content):
        self._maybe_fail("protect")
        return PROTECTED + self.machine + b":" + content[::-1]

    def unprotect(self, protected):
        self._maybe_fail("unprotect")
        start = PROTECTED + self.machine + b":"
        if not protected.startswith(start):
            raise WinProblem("CryptUnprotectData", INVALID_DATA)
        return protected[len(start) :][::-1]

    def replace_file(self, new, old):
        self._maybe_fail("replace_file")
        Path(new).replace(old)
