"""What we ask of Windows, as shapes: each slice of `win32api` fits one of these, and so does its fake.

A slice makes no decision. Every call of one may raise WinProblem; for a process or a session that has ended
its code is 87 (a wrong parameter) or 2 (not found), as Windows itself says.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

OWN_KEY = r"SOFTWARE\Gatepost"
"""Ours in HKEY_LOCAL_MACHINE (64-bit view): what a technician may look at, and what we have to give back."""
WINLOGON_KEY = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"
POLICIES_KEY = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"

USERS_DESKTOP = "default"
NOT_THE_USERS_DESKTOPS = ("", "winlogon", "disconnect", "screen-saver")
"""
What the input desktop is called, in small letters, while Windows shows one of its own; empty: not told us.

Any program may make further desktops and switch to one (CreateDesktop): what has another name is a pupil's.
"""

RegistryValue = str | int | bytes | list[str]
LockState = Literal["locked", "unlocked", "unknown"]
SessionState = Literal["active", "connected", "disconnected", "listening", "other"]


class ProcessRow(NamedTuple):
    """One line of the process list."""

    pid: int
    parent: int
    """Who started it. Windows gives the number of an ended parent to others: it proves nothing alone."""
    name: str
    """The program's file name, e.g. `winlogon.exe`. Anybody may choose one."""
    session: int


class SessionRow(NamedTuple):
    """One session of Windows' terminal services; the screen is one too."""

    session: int
    state: SessionState
    user: str
    """Empty: nobody is logged in there."""
    domain: str
    sid: str
    """Of that user; empty where there is none or Windows does not say."""


class Memory(NamedTuple):
    """How much memory there is, in bytes."""

    total: int


class RegistryCalls(Protocol):
    """HKEY_LOCAL_MACHINE in its 64-bit view."""

    def read(self, key: str, name: str) -> RegistryValue | None:
        """Return a value, or None where the key or the value is not there."""
        ...

    def write_text(self, key: str, name: str, text: str) -> None:
        """Write a text (REG_SZ), making the key."""
        ...

    def write_number(self, key: str, name: str, number: int) -> None:
        """Write a number (REG_DWORD), making the key."""
        ...

    def write_texts(self, key: str, name: str, texts: Sequence[str]) -> None:
        """Write a list of texts (REG_MULTI_SZ), making the key."""
        ...

    def delete_value(self, key: str, name: str) -> None:
        """Delete a value; one that is not there is no problem."""
        ...

    def delete_key(self, key: str) -> None:
        """Delete a key with all below it; one that is not there is no problem."""
        ...

    def subkeys(self, key: str) -> list[str]:
        """Return the names of the keys below; none where the key is not there."""
        ...

    def values(self, key: str) -> dict[str, RegistryValue]:
        """Return every value of a key; none where the key is not there."""
        ...


class ProcessCalls(Protocol):
    """Processes. A handle is ours until `close`; while it is open the pid belongs to no other process."""

    def listed(self) -> list[ProcessRow]:
        """Return every process there is."""
        ...

    def open_process(self, pid: int) -> int:
        """Return a handle to wait for it, to ask about it and to end it."""
        ...

    def open_to_look(self, pid: int) -> int:
        """Return a handle that may only ask, and wait."""
        ...

    def created_at(self, handle: int) -> int:
        """Return when it was made, in 100 ns since 1601."""
        ...

    def exit_code(self, handle: int) -> int | None:
        """Return how it ended, or None while it runs."""
        ...

    def terminate(self, handle: int, code: int) -> None:
        """End it with this code."""
        ...

    def wait(self, handle: int, milliseconds: int) -> bool:
        """Wait for its end; say whether it has ended."""
        ...

    def duplicate(self, handle: int) -> int:
        """Return another handle to the same thing."""
        ...

    def close(self, handle: int) -> None:
        """Let go of a handle."""
        ...

    def session_of(self, pid: int) -> int:
        """Return the number of its session."""
        ...

    def program(self, handle: int) -> str:
        """Return the whole path of what it runs."""
        ...

    def sid_of(self, handle: int) -> str:
        """Return the SID of its user, e.g. `S-1-5-18`."""
        ...


class SessionCalls(Protocol):
    """Sessions."""

    def listed(self) -> list[SessionRow]:
        """Return every session but that of services."""
        ...

    def session_sid(self, session_id: int) -> str:
        """Return the SID of who is logged in there."""
        ...

    def session_of(self, pid: int) -> int:
        """Return the session a process runs in."""
        ...

    def lock_state(self, session_id: int) -> LockState:
        """Return whether that session's screen is locked, as far as Windows says."""
        ...

    def logoff(self, session_id: int) -> None:
        """Have that session end; returns before it has."""
        ...


class SecurityCalls(Protocol):
    """Accounts by their SID."""

    def name_of_sid(self, sid: str) -> tuple[str, str]:
        """Return the domain and the name of an account."""
        ...

    def sid_of_name(self, name: str) -> str:
        """Return the SID of an account."""
        ...

    def enable_privilege(self, name: str) -> None:
        """Switch on a privilege this process holds; error 1314 if it does not hold it."""
        ...


class FirmwareCalls(Protocol):
    """What the machine is made of."""

    def smbios(self) -> bytes:
        """Return the raw table of the firmware (`RSMB`)."""
        ...

    def memory(self) -> Memory:
        """Return how much memory there is."""
        ...


class SpeechCalls(Protocol):
    """The voices of SAPI."""

    def voices(self) -> list[tuple[str, str]]:
        """Return (id, languages as hexadecimal LCIDs with `;` between) of each voice."""
        ...

    def speak(self, voice: str, text: str, target: str, rate: int) -> None:
        """Write a text, read aloud by this voice, as a WAV file. The text is never taken for mark-up."""
        ...


class DesktopLookCalls(Protocol):
    """The two calls of the desktop slice that a lock needs."""

    def lock_workstation(self) -> None:
        """Ask Windows to lock this session; it is locked some time later, or not."""
        ...

    def input_desktop(self) -> str:
        """Return the name of the desktop that has the keyboard; empty: we may not open it."""
        ...


class WmiCalls(Protocol):
    """Windows' management objects; the slice belongs to the room of sticks."""

    def query(self, namespace: str, wql: str) -> Sequence[Mapping[str, object]]:
        """Return the objects a query finds, each by its properties' names."""
        ...
