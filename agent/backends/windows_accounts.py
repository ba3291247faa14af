"""Accounts of Windows as the service knows them: a number for each SID, and one way to write a name.

The number is made from the SID alone, so every process computes the same one and nothing has to be kept. The
way back leads over the profiles of this machine and whoever is logged in.
"""

import contextlib
import hashlib
import os
import re
import sys
from typing import NamedTuple

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_pipes import on_windows
from agent.backends.windows_slices import RegistryCalls, SecurityCalls, SessionCalls
from agent.places import folded

SYSTEM_SID = "S-1-5-18"
PROFILES_KEY = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"
NAME_LETTERS = 200
_NOBODY_UID = 65534
_SYSTEMS_OWN = (SYSTEM_SID, "S-1-5-19", "S-1-5-20")
"""SYSTEM, LocalService, NetworkService."""
_SERVICES = ("S-1-5-80-", "S-1-5-90-", "S-1-5-96-")
"""Services under a name of their own, and what draws the desktop."""
_ADMINISTRATOR = re.compile(r"S-1-5-21-[0-9-]+-500")
_SID = re.compile(r"S-1-[0-9]{1,15}(?:-[0-9]{1,10}){1,15}")


class WindowsAccount(NamedTuple):
    """One account of a person."""

    uid: int
    sid: str
    domain: str
    name: str
    """As the school's roster writes it: see `account_name`."""
    home: str


def is_person(sid: str) -> bool:
    """
    Say whether somebody logs in with this SID: no service, no SYSTEM, no built-in Administrator. Pure.

    What is not known to be the system's own counts as a person: the other way round it would be let in.
    """
    is_own = sid in _SYSTEMS_OWN or sid.startswith(_SERVICES) or _ADMINISTRATOR.fullmatch(sid)
    return not is_own


def uid_of_sid(sid: str) -> int:
    """
    Return the number that stands for this SID: 0 for the system's own, else 1000 and more. Pure.

    1000 + the first four bytes of the SID's SHA-256, big endian, without the two highest bits. Raises
    ValueError for what is no SID.
    """
    sid = sid.upper()
    if not _SID.fullmatch(sid):
        raise ValueError("not a SID")
    if not is_person(sid):
        return 0
    number = int.from_bytes(hashlib.sha256(sid.encode()).digest()[:4], "big") & 0x3FFFFFFF
    uid = 1000 + number
    return uid + 1 if uid == _NOBODY_UID else uid


def account_name(name: str) -> str:
    """
    Return an account's name as we write it everywhere: small letters, at most NAME_LETTERS. Pure.

    Windows takes May and may for one account and shows either; a school's list has one of them. A name too
    long for a record keeps its beginning and gets a mark of the whole, so that two never become one.
    """
    small = "".join(letter if letter.isprintable() else "\ufffd" for letter in folded(name))
    if len(small) <= NAME_LETTERS:
        return small
    mark = hashlib.sha256(small.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{small[: NAME_LETTERS - 9]}~{mark}"


class Accounts:
    """Finds accounts by number. Any thread may ask."""

    def __init__(self, registry: RegistryCalls, security: SecurityCalls, sessions: SessionCalls) -> None:
        self._registry = registry
        self._security = security
        self._sessions = sessions
        self._names: dict[str, tuple[str, str]] = {}
        """What Windows said of a SID. A rename shows after a restart: asking a domain takes its time."""

    def by_uid(self, uid: int) -> WindowsAccount | None:
        """Return the account with this number, or None where no profile or login here has it."""
        if uid == 0:
            return WindowsAccount(0, SYSTEM_SID, "NT AUTHORITY", "system", "")
        sid = self.sid_of_uid(uid)
        return self.by_sid(sid) if sid else None

    def sid_of_uid(self, uid: int) -> str | None:
        """Return the SID this number stands for, or None."""
        for sid in self._known_sids():
            try:
                if uid_of_sid(sid) == uid:
                    return sid
            except ValueError:
                continue
        return None

    def by_sid(self, sid: str) -> WindowsAccount | None:
        """Return the account with this SID, or None where Windows knows none."""
        try:
            uid = uid_of_sid(sid)
        except ValueError:
            return None
        found = self._name_of(sid)
        if found is None:
            return None
        domain, name = found
        return WindowsAccount(uid, sid, domain, account_name(name), self._home_of(sid))

    def _known_sids(self) -> list[str]:
        """Return the SIDs of everybody who is logged in or has a profile, each once; people only."""
        found: list[str] = []
        with contextlib.suppress(WinProblem):  # the profiles may know them all the same
            found += [row.sid for row in self._sessions.listed() if row.sid]
        try:
            # A profile that Windows sets aside keeps its name with `.bak` behind it.
            found += [name for name in self._registry.subkeys(PROFILES_KEY) if not name.endswith(".bak")]
        except WinProblem:
            if not found:
                raise
        return list(dict.fromkeys(sid for sid in found if is_person(sid)))

    def _name_of(self, sid: str) -> tuple[str, str] | None:
        if sid in self._names:
            return self._names[sid]
        found: tuple[str, str] | None
        try:
            found = self._security.name_of_sid(sid)
        except WinProblem:
            # No domain controller within reach, or an Entra account: the session knows its user's name.
            found = self._name_in_session(sid)
        if found is not None:
            self._names[sid] = found
        return found

    def _name_in_session(self, sid: str) -> tuple[str, str] | None:
        try:
            rows = self._sessions.listed()
        except WinProblem:
            return None
        return next(((row.domain, row.user) for row in rows if row.sid == sid and row.user), None)

    def _home_of(self, sid: str) -> str:
        try:
            found = self._registry.read(rf"{PROFILES_KEY}\{sid}", "ProfileImagePath")
        except WinProblem:
            return ""
        return found if isinstance(found, str) else ""


def own_session_id() -> int:
    """Return the session this very process runs in; raises WinProblem. Only on Windows."""
    session: int | None = None
    if sys.platform == "win32":
        from agent.backends.win32api import processes

        session = processes.session_of(os.getpid())
    return on_windows(session)
