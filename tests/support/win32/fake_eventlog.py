"""The event log in memory."""

from agent.backends.win32_problem import WinProblem


class FakeEventLog:
    """The slice `eventlog`. `fail[function] = code` makes every such call fail."""

    def __init__(self) -> None:
        self.sources: set[str] = set()
        self.entries: list[tuple[str, str, str]] = []
        self.fail: dict[str, int] = {}

    def _check(self, function):
        if function in self.fail:
            raise WinProblem(function, self.fail[function])

    def add_source(self, source):
        self._check("AddSourceToRegistry")
        self.sources.add(source)

    def remove_source(self, source):
        self._check("RemoveSourceFromRegistry")
        self.sources.discard(source)

    def write(self, source, kind, text):
        self._check("ReportEvent")
        self.entries.append((source, kind, text))
