"""Named pipes as the slice has them, in one process on Linux; every call can be told to fail."""

import select
import socket
import threading
import time
from collections import Counter
from typing import NamedTuple

from agent.backends.win32_problem import ACCESS_DENIED, FILE_NOT_FOUND, WinProblem
from agent.backends.windows_pipes import ABORTED, ADMINISTRATORS_SID, PIPE_BUSY, Caller

TICK_SECONDS = 0.02
SERVICE_PID = 500


class Program(NamedTuple):
    """Who opens a pipe."""

    pid: int = 4242
    session: int = 2
    sid: str = "S-1-5-21-1-2-3-1001"
    is_elevated: bool = False


class FakeEnd:
    """One end of one connection."""

    def __init__(self, pipes: "FakePipes") -> None:
        self._pipes = pipes
        self._sock: socket.socket | None = None
        self._closed = threading.Event()
        self._attached = threading.Event()

    def attach(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._attached.set()

    def read(self, seconds: float | None = None) -> bytes:
        self._pipes.fail_if_told("ReadFile")
        sock = self._connected("ReadFile")
        until = None if seconds is None else time.monotonic() + seconds
        while not self._closed.is_set():
            try:
                if select.select([sock], [], [], TICK_SECONDS)[0]:
                    return sock.recv(65536)
            except ConnectionError:
                return b""
            except (OSError, ValueError) as problem:
                raise WinProblem("ReadFile", ABORTED) from problem
            if until is not None and time.monotonic() > until:
                break
        raise WinProblem("ReadFile", ABORTED)

    def write(self, data: bytes, seconds: float) -> None:
        self._pipes.fail_if_told("WriteFile")
        sock = self._connected("WriteFile")
        until = time.monotonic() + seconds
        while data:
            if self._closed.is_set() or time.monotonic() > until:
                raise WinProblem("WriteFile", ABORTED)
            try:
                if select.select([], [sock], [], TICK_SECONDS)[1]:
                    data = data[sock.send(data) :]
            except (OSError, ValueError) as problem:
                raise WinProblem("WriteFile", 232) from problem

    def close(self) -> None:
        self._closed.set()
        if self._sock is not None:
            self._sock.close()

    def _connected(self, function: str) -> socket.socket:
        if self._closed.is_set():
            raise WinProblem(function, ABORTED)
        if self._sock is None:
            raise WinProblem(function, 536)
        return self._sock


class FakeServer(FakeEnd):
    """An instance that the service made."""

    def __init__(self, pipes: "FakePipes", name: str, sddl: str, most: int) -> None:
        super().__init__(pipes)
        self.name, self.sddl, self.most = name, sddl, most
        self.caller: Program | None = None

    def wait_for_client(self, seconds: float | None = None) -> None:
        self._pipes.fail_if_told("ConnectNamedPipe")
        until = None if seconds is None else time.monotonic() + seconds
        while not self._attached.wait(TICK_SECONDS):
            if self._closed.is_set() or (until is not None and time.monotonic() > until):
                raise WinProblem("ConnectNamedPipe", ABORTED)
        if self._closed.is_set():
            raise WinProblem("ConnectNamedPipe", ABORTED)

    def client_pid(self) -> int:
        self._pipes.fail_if_told("GetNamedPipeClientProcessId")
        assert self.caller is not None
        return self.caller.pid

    def client_session(self) -> int:
        self._pipes.fail_if_told("GetNamedPipeClientSessionId")
        assert self.caller is not None
        return self.caller.session

    def client(self) -> Caller:
        self._pipes.fail_if_told("ImpersonateNamedPipeClient")
        assert self.caller is not None
        return Caller(self.caller.sid, self.caller.is_elevated)

    def disconnect(self) -> None:
        self._pipes.fail_if_told("DisconnectNamedPipe")
        if self._sock is not None:
            self._sock.close()
        self._sock, self.caller = None, None
        self._attached.clear()

    def close(self) -> None:
        super().close()
        self._pipes.forget(self)

    @property
    def is_free(self) -> bool:
        return not self._attached.is_set() and not self._closed.is_set()


class FakeClient(FakeEnd):
    """A pipe that a program opened."""

    def __init__(self, pipes: "FakePipes") -> None:
        super().__init__(pipes)

    def server_pid(self) -> int:
        self._pipes.fail_if_told("GetNamedPipeServerProcessId")
        return self._pipes.server_pid

    def owner(self) -> str:
        self._pipes.fail_if_told("GetSecurityInfo")
        return self._pipes.owner


class FakePipes:
    """The slice. `caller` opens pipes; `owner` and `server_pid` are what a client is told of the server."""

    def __init__(self) -> None:
        self.caller = Program()
        self.owner = ADMINISTRATORS_SID
        self.server_pid = SERVICE_PID
        self.made: list[FakeServer] = []
        self._instances: dict[str, list[FakeServer]] = {}
        self._fails: dict[str, tuple[int, int]] = {}
        self._guard = threading.Lock()
        self.calls: Counter[str] = Counter()

    def fail(self, function: str, code: int, times: int = 1) -> None:
        """Have the next calls of one function of Windows answer with this error."""
        self._fails[function] = (code, times)

    def fail_if_told(self, function: str) -> None:
        with self._guard:
            self.calls[function] += 1
            code, times = self._fails.get(function, (0, 0))
            if not times:
                return
            self._fails[function] = (code, times - 1)
        raise WinProblem(function, code)

    def create(self, name: str, sddl: str, *, is_first: bool, most: int) -> FakeServer:
        self.fail_if_told("CreateNamedPipe")
        with self._guard:
            there = self._instances.setdefault(name, [])
            # Windows counts before it minds that ours was to be the first.
            if len(there) >= min([most, *(each.most for each in there)]):
                raise WinProblem("CreateNamedPipe", PIPE_BUSY)
            if is_first and there:
                raise WinProblem("CreateNamedPipe", ACCESS_DENIED)
            server = FakeServer(self, name, sddl, most)
            there.append(server)
            self.made.append(server)
            return server

    def open(self, name: str, seconds: float) -> FakeClient:
        self.fail_if_told("CreateFile")
        until = time.monotonic() + seconds
        while True:
            with self._guard:
                there = self._instances.get(name, [])
                if not there:
                    raise WinProblem("CreateFile", FILE_NOT_FOUND)
                server = next((each for each in there if each.is_free), None)
                if server is not None:
                    client = FakeClient(self)
                    ours, theirs = socket.socketpair()
                    client.attach(theirs)
                    server.caller = self.caller
                    server.attach(ours)
                    return client
            if time.monotonic() > until:
                raise WinProblem("CreateFile", PIPE_BUSY)
            threading.Event().wait(TICK_SECONDS)

    def open_as(self, program: Program, name: str, seconds: float = 30.0) -> FakeClient:
        """Open a pipe as this program."""
        before, self.caller = self.caller, program
        try:
            return self.open(name, seconds)
        finally:
            self.caller = before

    def forget(self, server: FakeServer) -> None:
        with self._guard:
            there = self._instances.get(server.name, [])
            if server in there:
                there.remove(server)
