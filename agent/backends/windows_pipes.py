"""Named pipes as we use them: who may open which, and the shapes of the slice that calls Windows.

The real one is the module `agent.backends.win32api.pipes`; the tests have a fake that fails on demand.
"""

from typing import NamedTuple, Protocol, TypeVar

from agent.errors import DeviceFailed

Slice = TypeVar("Slice")

SERVICE_NAME = "gatepost-agent"
"""As the service manager knows it."""
PUBLIC_NAME = r"\\.\pipe\gatepost"
SESSION_PREFIX = r"\\.\pipe\gatepost-session-"
READ_AND_WRITE = 0x0012019B
"""
FILE_GENERIC_READ and FILE_GENERIC_WRITE without FILE_CREATE_PIPE_INSTANCE (0x4).

GENERIC_WRITE contains that bit: whoever may open a pipe with it may also make a further instance of it,
and answer the next caller in our place (decision 0142).
"""
SYSTEM_SID = "S-1-5-18"
ADMINISTRATORS_SID = "S-1-5-32-544"
TRUSTED_OWNERS = (SYSTEM_SID, ADMINISTRATORS_SID)

ABORTED = 995
"""ERROR_OPERATION_ABORTED: our own end was closed, or the time was over."""
PIPE_BUSY = 231


class Caller(NamedTuple):
    """Who is at the other end of an instance, from the token it called with."""

    sid: str
    is_elevated: bool
    """An administrator's full token: Administrators is enabled in it."""


class PipeEnd(Protocol):
    """One end of one connection. One thread may read while another writes."""

    def read(self, seconds: float | None = None) -> bytes:
        """Return what is there, waiting for it; b"" once the other end is gone. Raises WinProblem."""
        ...

    def write(self, data: bytes, seconds: float) -> None:
        """Write it all; raises WinProblem when it is not taken in time, or the other end is gone."""
        ...

    def close(self) -> None:
        """Let go, from any thread: whoever waits in `read` or `write` gets an answer. Twice does nothing."""
        ...


class ServerEnd(PipeEnd, Protocol):
    """An instance that we made."""

    def wait_for_client(self, seconds: float | None = None) -> None:
        """Return when somebody has opened it; raises WinProblem (ABORTED once closed or in time nobody)."""
        ...

    def client_pid(self) -> int:
        """Return the process that opened it; raises WinProblem."""
        ...

    def client_session(self) -> int:
        """Return that process's session; raises WinProblem."""
        ...

    def client(self) -> Caller:
        """Return whose token it was opened with, by impersonation; raises WinProblem, never guesses."""
        ...

    def disconnect(self) -> None:
        """Throw this caller out, with what it has not read; the instance may wait for the next."""
        ...


class ClientEnd(PipeEnd, Protocol):
    """A pipe of somebody else's that we opened."""

    def server_pid(self) -> int:
        """Return the process that made the instance; raises WinProblem."""
        ...

    def owner(self) -> str:
        """Return the SID that owns the pipe; raises WinProblem."""
        ...


class Pipes(Protocol):
    """The slice."""

    def create(self, name: str, sddl: str, *, is_first: bool, most: int) -> ServerEnd:
        """
        Make an instance; remote callers are refused by Windows. Raises WinProblem.

        is_first: fails with ACCESS_DENIED if a pipe of this name exists already, whoever made it; with
        PIPE_BUSY if whoever did allows no further instance.
        """
        ...

    def open(self, name: str, seconds: float) -> ClientEnd:
        """Open a pipe; its server learns who we are and may do nothing in our name. Raises WinProblem."""
        ...


def on_windows(found: Slice | None) -> Slice:
    """Return a slice that is there, on Windows; raise DeviceFailed elsewhere."""
    if found is None:
        raise DeviceFailed("only Windows has this")
    return found


def public_sddl() -> str:
    """
    Return who may do what with the public pipe: SYSTEM and Administrators all, people here speak.

    Its owner is Administrators, which only SYSTEM and an elevated administrator can give it: that is how
    a client knows the service.
    """
    return f"O:BAG:SYD:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;{READ_AND_WRITE:#x};;;IU)"


def session_sddl(sid: str) -> str:
    """Return the same for the private pipe of one user's session; nobody else may even open it."""
    if not is_sid(sid):
        raise ValueError("not a SID")
    return f"O:BAG:SYD:P(A;;GA;;;SY)(A;;{READ_AND_WRITE:#x};;;{sid})"


def is_sid(text: str) -> bool:
    """Say whether this is a SID in its usual form, and so can be nothing else inside an SDDL."""
    first, *parts = text.split("-")
    return first == "S" and 2 <= len(parts) <= 17 and all(_is_part(part) for part in parts)


def _is_part(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) <= 15
