"""The real slice `eventlog`. Wine takes entries and gives none back: that they are kept is not asserted."""

import winreg

import pytest

from agent.backends.win32api import eventlog
from tests.support.win32.eventlog_contract import EventLogContract

KEY = r"SYSTEM\CurrentControlSet\Services\EventLog\Application"


class TestTheRealOne(EventLogContract):
    @pytest.fixture
    def calls(self):
        return eventlog

    def test_the_viewer_is_told_where_the_texts_are(self, calls, source):
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, rf"{KEY}\{source}") as key:
            assert winreg.QueryValueEx(key, "EventMessageFile")[0].endswith("servicemanager.pyd")
