"""The slices that speak by COM: what they got of it is gone before it is given back."""

import weakref

import pytest
import pythoncom
import pywintypes
import win32com.client

from agent.backends.win32_problem import WinProblem
from agent.backends.win32api import com, wmi

FAILED = -2147217392  # WBEM_E_INVALID_CLASS, signed as pywin32 has it


class Thing:
    """Something of COM's: a service with one row, or one that refuses."""

    def __init__(self, *, refuses=False):
        self._refuses = refuses

    def ExecQuery(self, _wql, _language, _how):
        if self._refuses:
            raise pywintypes.com_error(FAILED, "refused", None, None)
        return [self]

    def Properties_(self, _name):
        return self

    Value = "one"
    Path_ = type("Path", (), {"Path": "there"})


@pytest.fixture
def living(monkeypatch):
    """Whether a thing of COM's still lived as COM was given back, once for each time."""
    found, things = [], []

    def get(place):
        made = Thing(refuses="refuses" in place)
        things.append(weakref.ref(made))
        return made

    really = pythoncom.CoUninitialize

    def give_back():
        found.append(any(thing() is not None for thing in things))
        really()

    monkeypatch.setattr(win32com.client, "GetObject", get)
    monkeypatch.setattr(pythoncom, "CoUninitialize", give_back)
    return found


def test_nothing_of_com_outlives_a_question(living):
    assert [{"Manufacturer": "one", "__PATH": "there"}] == wmi.query(
        "root", "SELECT Manufacturer FROM Win32_BIOS"
    )
    assert [False] == living


def test_nothing_of_com_outlives_a_question_that_was_refused(living):
    with pytest.raises(WinProblem) as caught:
        wmi.query("refuses", "SELECT Manufacturer FROM Win32_BIOS")

    assert FAILED & 0xFFFFFFFF == caught.value.code
    assert [False] == living


def test_a_word_that_an_object_does_not_know_is_a_problem_with_its_code():
    def work():
        raise AttributeError

    with pytest.raises(WinProblem) as caught:
        com.within("SpVoice.Speak", work)

    assert 0x80020006 == caught.value.code
