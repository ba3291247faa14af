"""The service manager in memory: what it has been told of our service, and what it tells us."""

from agent.backends.win32_problem import WinProblem

PROGRAM = r"C:\Program Files\Gatepost\gatepost-agent.exe"


class FakeServices:
    """The slice `services`. `fail[function] = code` makes every such call fail."""

    def __init__(self, binary_path: str = f'"{PROGRAM}" service') -> None:
        self.path = binary_path
        self.restarts: tuple[int, tuple[int, ...], bool] = (0, (), False)
        self.fail: dict[str, int] = {}
        self.changes = 0

    def _check(self, function):
        if function in self.fail:
            raise WinProblem(function, self.fail[function])

    def binary_path(self, name):
        self._check("QueryServiceConfig")
        return self.path

    def set_binary_path(self, name, command_line):
        self._check("ChangeServiceConfig")
        self.changes += 1
        self.path = command_line

    def restarts_of(self, name):
        self._check("QueryServiceConfig2")
        return self.restarts

    def set_restarts(self, name, forget_after_seconds, delays_ms):
        self._check("ChangeServiceConfig2")
        self.changes += 1
        self.restarts = (forget_after_seconds, tuple(delays_ms), self.restarts[2])

    def set_restarts_on_error(self, name):
        self._check("ChangeServiceConfig2")
        self.changes += 1
        self.restarts = (*self.restarts[:2], True)


class FakeManager:
    """The slice `service_host`: says these words to the hosted service while it runs."""

    def __init__(self, words=(), *, started_us=True, fails_with=0):
        self.ended_with = None
        self.words, self.started_us, self.fails_with = words, started_us, fails_with

    def end_now(self, code):
        self.ended_with = code

    def run_under_manager(self, name, hosted):
        if self.fails_with:
            raise WinProblem("StartServiceCtrlDispatcher", self.fails_with)
        if not self.started_us:
            return False
        for word in self.words:
            hosted.heard(*word)
        hosted.run()
        return True
