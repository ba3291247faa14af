"""The real slice `eventlog`. Wine takes entries and gives none back: that they are kept is not asserted."""

import re
import winreg
from pathlib import Path

import pytest
import win32api
import win32con
import win32evtlog

from agent.backends.win32api import eventlog
from tests.support.win32.eventlog_contract import EventLogContract

PACKAGE = Path(__file__).parents[3] / "installer" / "windows" / "agent.wxs"
KEY = r"SYSTEM\CurrentControlSet\Services\EventLog\Application"


class TestTheRealOne(EventLogContract):
    @pytest.fixture
    def calls(self):
        return eventlog

    def test_the_viewer_is_told_where_the_texts_are(self, calls, source):
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, rf"{KEY}\{source}") as key:
            assert winreg.QueryValueEx(key, "EventMessageFile")[0].endswith("servicemanager.pyd")


def test_the_file_that_the_package_names_has_the_texts_of_our_numbers():
    """Else the viewer says that it cannot find the description, until the service has named another file."""
    named = re.search(r"_internal\\win32\\(\w+\.pyd)", PACKAGE.read_text(encoding="utf-8"))[1]
    file = win32api.LoadLibraryEx(
        str(Path(win32evtlog.__file__).with_name(named)), 0, win32con.LOAD_LIBRARY_AS_DATAFILE
    )
    texts = [win32api.FormatMessageW(win32con.FORMAT_MESSAGE_FROM_HMODULE, file, number, 0, ["ı"])
             for _level, number in eventlog._KINDS.values()]  # fmt: skip

    assert ["ı\r\n"] * 3 == texts
