"""Named pipes: made, opened, read and written without ever blocking for good.

Every handle is opened for overlapped work, so that one thread may read while another writes; the end's own
event wakes both.
"""

import sys

assert sys.platform == "win32"

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import ntsecuritycon
import pywintypes
import win32api
import win32con
import win32event
import win32file
import win32pipe
import win32process
import win32security
import winerror

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_pipes import ABORTED, ADMINISTRATORS_SID, READ_AND_WRITE, Caller

if TYPE_CHECKING:
    from _win32typing import PyOVERLAPPED

    _Call = Callable[[PyOVERLAPPED], int]

BUFFER_BYTES = 64 * 1024
_GONE = (winerror.ERROR_BROKEN_PIPE, winerror.ERROR_NO_DATA, winerror.ERROR_PIPE_NOT_CONNECTED)
_SECURITY_SQOS_PRESENT = 0x00100000
_SECURITY_IDENTIFICATION = 0x00010000
_PIPE_REJECT_REMOTE_CLIENTS = 0x00000008


def _problem(function: str, problem: pywintypes.error) -> WinProblem:
    return WinProblem(function, int(problem.winerror))


def _milliseconds(seconds: float | None) -> int:
    return win32event.INFINITE if seconds is None else max(0, int(seconds * 1000))


class End:
    """One end of one connection."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._stop = win32event.CreateEvent(None, True, False, None)
        self._users = 0
        self._closed = threading.Event()
        self._guard = threading.Lock()

    def read(self, seconds: float | None = None) -> bytes:
        """Return what is there, waiting for it; b"" once the other end is gone."""
        place = win32file.AllocateReadBuffer(BUFFER_BYTES)
        try:
            count = self._overlapped(
                "ReadFile", lambda late: win32file.ReadFile(self._handle, place, late)[0], seconds
            )
        except WinProblem as problem:
            if problem.code in _GONE:
                return b""
            raise
        return bytes(place[:count])

    def write(self, data: bytes, seconds: float) -> None:
        """Write it all."""
        left = data
        while left:
            count = self._overlapped("WriteFile", partial(self._write, left), seconds)
            if count == 0:
                raise WinProblem("WriteFile", winerror.ERROR_NO_DATA)
            left = left[count:]

    def _write(self, data: bytes, late: "PyOVERLAPPED") -> int:
        return win32file.WriteFile(self._handle, data, late)[0]

    def close(self) -> None:
        """Let go; the handle itself goes when the last call on it has come back."""
        with self._guard:
            if self._closed.is_set():
                return
            self._closed.set()
            win32event.SetEvent(self._stop)
            if self._users == 0:
                self._let_go()

    def _let_go(self) -> None:
        with suppress(pywintypes.error):
            win32file.CloseHandle(self._handle)

    def _overlapped(
        self,
        function: str,
        call: "_Call",
        seconds: float | None,
        done: tuple[int, ...] = (),
    ) -> int:
        """Make one call and wait for its end; `done` are codes that mean that it has happened already."""
        with self._guard:
            if self._closed.is_set():
                raise WinProblem(function, ABORTED)
            self._users += 1
        try:
            return self._wait(function, call, seconds, done)
        finally:
            with self._guard:
                self._users -= 1
                if self._closed.is_set() and self._users == 0:
                    self._let_go()

    def _wait(
        self,
        function: str,
        call: "_Call",
        seconds: float | None,
        done: tuple[int, ...],
    ) -> int:
        late = pywintypes.OVERLAPPED()
        late.hEvent = win32event.CreateEvent(None, True, False, None)
        try:
            code = call(late)
        except pywintypes.error as problem:
            raise _problem(function, problem) from problem
        if code in done:
            return 0
        if code not in (0, winerror.ERROR_IO_PENDING, winerror.ERROR_MORE_DATA):
            raise WinProblem(function, code)
        which = win32event.WaitForMultipleObjects([late.hEvent, self._stop], False, _milliseconds(seconds))
        if which != win32event.WAIT_OBJECT_0:
            # Only what this thread began is cancelled; what it wrote to must be ours until that is over.
            with suppress(pywintypes.error):
                win32file.CancelIo(self._handle)
            win32event.WaitForSingleObject(late.hEvent, win32event.INFINITE)
        try:
            return int(win32file.GetOverlappedResult(self._handle, late, False))
        except pywintypes.error as problem:
            raise _problem(function, problem) from problem


class Server(End):
    """An instance that we made."""

    def wait_for_client(self, seconds: float | None = None) -> None:
        """Return when somebody has opened it."""
        self._overlapped(
            "ConnectNamedPipe",
            lambda late: int(win32pipe.ConnectNamedPipe(self._handle, late)),
            seconds,
            done=(winerror.ERROR_PIPE_CONNECTED,),
        )

    def client_pid(self) -> int:
        """Return the process that opened it."""
        try:
            return int(win32pipe.GetNamedPipeClientProcessId(self._handle))
        except pywintypes.error as problem:
            raise _problem("GetNamedPipeClientProcessId", problem) from problem

    def client_session(self) -> int:
        """Return that process's session."""
        try:
            return int(win32pipe.GetNamedPipeClientSessionId(self._handle))
        except pywintypes.error as problem:
            raise _problem("GetNamedPipeClientSessionId", problem) from problem

    def client(self) -> Caller:
        """Return whose token it was opened with."""
        try:
            win32security.ImpersonateNamedPipeClient(self._handle)
        except pywintypes.error as problem:
            raise _problem("ImpersonateNamedPipeClient", problem) from problem
        try:
            token = win32security.OpenThreadToken(win32api.GetCurrentThread(), win32con.TOKEN_QUERY, True)
            sid, _attributes = win32security.GetTokenInformation(token, ntsecuritycon.TokenUser)
            administrators = win32security.ConvertStringSidToSid(ADMINISTRATORS_SID)
            is_elevated = win32security.CheckTokenMembership(token, administrators)
            return Caller(win32security.ConvertSidToStringSid(sid), bool(is_elevated))
        except pywintypes.error as problem:
            raise _problem("OpenThreadToken", problem) from problem
        finally:
            be_ourselves()

    def disconnect(self) -> None:
        """Throw this caller out."""
        try:
            win32pipe.DisconnectNamedPipe(self._handle)
        except pywintypes.error as problem:
            raise _problem("DisconnectNamedPipe", problem) from problem


class Client(End):
    """A pipe of somebody else's that we opened."""

    def server_pid(self) -> int:
        """Return the process that made the instance."""
        try:
            return int(win32pipe.GetNamedPipeServerProcessId(self._handle))
        except pywintypes.error as problem:
            raise _problem("GetNamedPipeServerProcessId", problem) from problem

    def owner(self) -> str:
        """Return the SID that owns the pipe."""
        try:
            found = win32security.GetSecurityInfo(
                self._handle, win32security.SE_KERNEL_OBJECT, win32security.OWNER_SECURITY_INFORMATION
            )
            return str(win32security.ConvertSidToStringSid(found.GetSecurityDescriptorOwner()))
        except pywintypes.error as problem:
            raise _problem("GetSecurityInfo", problem) from problem


def be_ourselves() -> None:
    """
    End our acting as a caller.

    Where Windows will not, this process must not go on: it would do its next work in a pupil's name.
    """
    try:
        win32security.RevertToSelf()
    except pywintypes.error:
        win32process.TerminateProcess(win32process.GetCurrentProcess(), 1)


def create(name: str, sddl: str, *, is_first: bool, most: int) -> Server:
    """Make an instance that local callers may open as the SDDL says."""
    mode = win32pipe.PIPE_ACCESS_DUPLEX | win32con.FILE_FLAG_OVERLAPPED
    if is_first:
        mode |= win32pipe.FILE_FLAG_FIRST_PIPE_INSTANCE
    kind = win32pipe.PIPE_TYPE_BYTE | win32pipe.PIPE_READMODE_BYTE | _PIPE_REJECT_REMOTE_CLIENTS
    try:
        attributes = pywintypes.SECURITY_ATTRIBUTES()
        attributes.SECURITY_DESCRIPTOR = win32security.ConvertStringSecurityDescriptorToSecurityDescriptor(
            sddl, win32security.SDDL_REVISION_1
        )
        attributes.bInheritHandle = False
        return Server(
            win32pipe.CreateNamedPipe(name, mode, kind, most, BUFFER_BYTES, BUFFER_BYTES, 0, attributes)
        )
    except pywintypes.error as problem:
        raise _problem("CreateNamedPipe", problem) from problem


def open(name: str, seconds: float) -> Client:  # noqa: A001 - the slice's word for it
    """Open a pipe, waiting so long for an instance that is free."""
    flags = win32con.FILE_FLAG_OVERLAPPED | _SECURITY_SQOS_PRESENT | _SECURITY_IDENTIFICATION
    until = time.monotonic() + seconds
    while True:
        try:
            win32pipe.WaitNamedPipe(name, max(1, _milliseconds(until - time.monotonic())))
            handle = win32file.CreateFile(name, READ_AND_WRITE, 0, None, win32con.OPEN_EXISTING, flags, None)
        except pywintypes.error as problem:
            # Free is no promise: between the two calls another caller may have taken the instance.
            if problem.winerror == winerror.ERROR_PIPE_BUSY and time.monotonic() < until:
                continue
            raise _problem("CreateFile", problem) from problem
        return Client(int(handle.Detach()))
