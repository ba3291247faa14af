"""Where the service's log lines go on Windows."""

import json
import logging

import pytest

from agent import logs
from agent.backends import windows_eventlog
from agent.backends.windows_eventlog import LOG_BYTES, LOG_FILES, MOST_LETTERS, SOURCE
from tests.support.win32.eventlog_contract import EventLogContract
from tests.support.win32.fake_eventlog import FakeEventLog


class TestTheFake(EventLogContract):
    @pytest.fixture
    def calls(self):
        return FakeEventLog()


@pytest.fixture
def calls():
    return FakeEventLog()


@pytest.fixture
def handler(tmp_path, calls):
    made = windows_eventlog.handler(tmp_path / "with a space ı", calls)
    made.setFormatter(logs.JsonLines())
    yield made
    made.close()


def line(level, text="something happened", **extra):
    record = logging.makeLogRecord({"levelno": level, "levelname": logging.getLevelName(level), "msg": text})
    vars(record).update(extra)
    return record


def kept(folder):
    return (folder / "with a space ı" / "service.log").read_text(encoding="utf-8").splitlines()


def test_warnings_and_worse_are_in_the_event_log_and_everything_in_the_file(handler, calls, tmp_path):
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        handler.handle(line(level))

    assert ["warning", "error", "error"] == [kind for _source, kind, _text in calls.entries]
    assert {SOURCE} == calls.sources
    assert 5 == len(kept(tmp_path))
    assert "something happened" == json.loads(kept(tmp_path)[0])["message"]


def test_an_event_log_that_refuses_stops_nobody(handler, calls, tmp_path):
    calls.fail["ReportEvent"] = 1502
    handler.handle(line(logging.ERROR))

    assert 1 == len(kept(tmp_path))


def test_a_source_that_may_not_be_made_stops_nobody(tmp_path, calls):
    calls.fail["AddSourceToRegistry"] = 5
    windows_eventlog.handler(tmp_path, calls).close()


def test_a_folder_that_cannot_be_written_leaves_the_event_log(tmp_path, calls, capsys):
    (tmp_path / "file").write_text("")
    handler = windows_eventlog.handler(tmp_path / "file", calls)
    handler.setFormatter(logs.JsonLines())
    handler.handle(line(logging.ERROR))

    assert 1 == len(calls.entries)


def test_a_text_longer_than_windows_takes_is_cut(handler, calls):
    handler.handle(line(logging.ERROR, "x" * 100_000))

    assert MOST_LETTERS == len(calls.entries[0][2])


def test_the_file_never_grows_beyond_its_share_of_the_disk(handler, tmp_path):
    for _ in range(40):
        handler.handle(line(logging.INFO, "x" * 100_000))
    files = list((tmp_path / "with a space ı").iterdir())

    assert LOG_FILES + 1 == len(files)
    assert all(each.stat().st_size <= LOG_BYTES for each in files)


def test_why_the_service_did_not_begin_is_told_there(calls):
    windows_eventlog.complain("agent.toml cannot be read", calls)

    assert [(SOURCE, "error", "agent.toml cannot be read")] == calls.entries


def test_where_even_that_fails_nothing_is_raised(calls):
    calls.fail.update({"AddSourceToRegistry": 5, "ReportEvent": 5})
    windows_eventlog.complain("agent.toml cannot be read", calls)


def test_removing_the_package_forgets_the_source(calls):
    windows_eventlog.complain("x", calls)
    windows_eventlog.give_back(calls)

    assert set() == calls.sources
