"""Log lines for maintainers: one JSON object a line, static message, data in keys, nobody's name."""

import json
import logging
import sys
from typing import TextIO

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Formats a log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def start_logging(
    *, verbose: bool = False, stream: TextIO | None = None, handler: logging.Handler | None = None
) -> None:
    """
    Send every log line of this process to stderr, from where systemd or the supervisor keeps it.

    `handler` takes them instead. A program of Windows without a console has no stderr: its lines go nowhere.
    """
    if handler is None:
        place = stream or sys.stderr
        handler = logging.StreamHandler(place) if place is not None else logging.NullHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler], force=True)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
