"""Log lines go to stderr, to whoever takes them instead, or nowhere; never into a fault."""

import io
import json
import logging
import sys

import pytest

from agent import logs


@pytest.fixture(autouse=True)
def _as_before():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_a_line_is_json_in_plain_letters():
    stream = io.StringIO()
    logs.start_logging(stream=stream)
    logging.getLogger("x").warning("a thing", extra={"count": 3, "name_of": "Işık"})

    found = json.loads(stream.getvalue())
    assert ("a thing", 3, "Işık", "warning") == (
        found["message"],
        found["count"],
        found["name_of"],
        found["level"],
    )


def test_another_handler_takes_the_same_lines():
    class Kept(logging.Handler):
        lines: list[str] = []  # noqa: RUF012

        def emit(self, record):
            self.lines.append(self.format(record))

    logs.start_logging(handler=(kept := Kept()))
    logging.getLogger("x").error("to the event log")

    assert ["to the event log"] == [json.loads(line)["message"] for line in kept.lines]


def test_a_program_without_stderr_works_all_the_same(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    logs.start_logging(verbose=True)

    logging.getLogger("x").error("nobody hears it")
