"""A fake of the slice `own`: files are this system's, DPAPI is a mark, and every call fails on demand."""

import hashlib
import re
from pathlib import Path

from agent.backends.win32_problem import FILE_NOT_FOUND, WinProblem

INVALID_DATA = 13
INVALID_ACL = 1336
_DIGEST_BYTES = 32
_SDDL = re.compile(r"D:P(\(A;(OICI)?;(FA|0x[0-9a-f]+);;;(SY|BA|BU|S-1-[0-9-]+)\))+")


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

    def folder_owner(self, path):
        self._maybe_fail("folder_owner")
        return self.owner

    def leads_elsewhere(self, path):
        self._maybe_fail("leads_elsewhere")
        return Path(path).is_symlink()

    def set_acl(self, path, sddl):
        self._maybe_fail("set_acl")
        if not _SDDL.fullmatch(sddl):
            raise WinProblem("ConvertStringSecurityDescriptorToSecurityDescriptor", INVALID_ACL)
        if not Path(path).exists():
            raise WinProblem("SetNamedSecurityInfo", FILE_NOT_FOUND)
        self.acls[path] = sddl

    def protect(self, content):
        self._maybe_fail("protect")
        turned = bytes(each ^ 0xA5 for each in content)
        return hashlib.sha256(self.machine + turned).digest() + turned

    def unprotect(self, protected):
        self._maybe_fail("unprotect")
        digest, turned = protected[:_DIGEST_BYTES], protected[_DIGEST_BYTES:]
        if hashlib.sha256(self.machine + turned).digest() != digest:
            raise WinProblem("CryptUnprotectData", INVALID_DATA)
        return bytes(each ^ 0xA5 for each in turned)

    def replace_file(self, new, old):
        self._maybe_fail("replace_file")
        try:
            Path(new).replace(old)
        except FileNotFoundError as problem:
            raise WinProblem("MoveFileEx", FILE_NOT_FOUND) from problem
