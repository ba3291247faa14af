"""The hook before the shell, and above all the way back: nobody is ever left without a desktop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends.win32_problem import ACCESS_DENIED, WinProblem
from agent.backends.windows_slices import OWN_KEY, WINLOGON_KEY
from agent.backends.windows_userinit import (
    BEFORE,
    OURS,
    VALUE,
    Userinit,
    decide_back,
    is_hook,
    keep_mended,
    parts_of,
)
from tests.support.win32.fake_registry import FakeRegistry

HOOK = r"C:\Program Files\Gatepost\gatepost-userinit.exe"
WINDOWS = r"C:\Windows\system32\userinit.exe,"
CITRIX = r"C:\Windows\system32\userinit.exe,C:\Program Files (x86)\Citrix\cmstart.exe,"


def made(value=WINDOWS):
    registry = FakeRegistry({WINLOGON_KEY: {} if value is None else {VALUE: value}})
    return registry, Userinit(registry)


def chain(registry):
    return registry.read(WINLOGON_KEY, VALUE)


@pytest.mark.parametrize("before", [WINDOWS, CITRIX, r"userinit", r"USERINIT.EXE", None, ""])
def test_the_hook_stands_alone_and_what_was_there_is_kept_for_it(before):
    registry, userinit = made(before)
    userinit.put_first(HOOK)

    assert f"{HOOK}," == chain(registry)
    assert userinit.is_first()
    assert parts_of(registry.read(OWN_KEY, BEFORE)) == (parts_of(before) if before else parts_of(WINDOWS))


@pytest.mark.parametrize("before", [WINDOWS, CITRIX])
def test_the_way_back_leads_to_the_very_value_that_was_there(before):
    registry, userinit = made(before)
    userinit.put_first(HOOK)
    userinit.put_first(HOOK)
    userinit.put_back()
    userinit.put_back()

    assert before == chain(registry)
    assert {} == registry.values(OWN_KEY)


def test_a_value_with_variables_comes_back_written_out():
    registry, _userinit = made(r"%SystemRoot%\system32\userinit.exe,%ODD%\x.exe")
    userinit = Userinit(registry, {"SystemRoot": r"D:\Win"})
    userinit.put_first(HOOK)
    userinit.put_back()

    assert r"D:\Win\system32\userinit.exe,%ODD%\x.exe," == chain(registry)


def test_a_power_cut_before_the_last_write_leaves_windows_as_it_was():
    registry, userinit = made()
    registry.refuse[(WINLOGON_KEY, VALUE)] = ACCESS_DENIED
    with pytest.raises(WinProblem):
        userinit.put_first(HOOK)

    assert WINDOWS == chain(registry)


def test_the_old_value_is_noted_before_the_hook_comes_first():
    registry, userinit = made()
    registry.refuse[(OWN_KEY, BEFORE)] = ACCESS_DENIED
    with pytest.raises(WinProblem):
        userinit.put_first(HOOK)

    assert WINDOWS == chain(registry)


def test_a_lost_note_still_leads_back_to_windows_own_userinit():
    registry, userinit = made(CITRIX)
    userinit.put_first(HOOK)
    registry.delete_key(OWN_KEY)
    userinit.put_back()

    assert WINDOWS == chain(registry)


def test_what_others_added_meanwhile_stays():
    registry, userinit = made()
    userinit.put_first(HOOK)
    registry.write_text(WINLOGON_KEY, VALUE, f"{HOOK},C:\\Other\\start.exe,")
    userinit.put_back()

    assert [r"C:\Windows\system32\userinit.exe", r"C:\Other\start.exe"] == parts_of(chain(registry))


def test_an_upgrade_into_another_folder_keeps_the_first_note():
    registry, userinit = made(CITRIX)
    userinit.put_first(HOOK)
    userinit.put_first(r"D:\Gatepost\gatepost-userinit.exe")
    userinit.put_back()

    assert CITRIX == chain(registry)


def test_what_a_feature_update_undid_is_done_again():
    registry, userinit = made()
    userinit.put_first(HOOK)
    registry.write_text(WINLOGON_KEY, VALUE, WINDOWS)
    userinit.mend(hook_exists=True)

    assert userinit.is_first()


def test_a_hook_whose_file_is_gone_is_taken_out_and_comes_back_with_it():
    registry, userinit = made(CITRIX)
    userinit.put_first(HOOK)
    userinit.mend(hook_exists=False)
    assert CITRIX == chain(registry)

    userinit.mend(hook_exists=True)
    assert userinit.is_first()
    assert CITRIX == registry.read(OWN_KEY, BEFORE)


def test_where_no_gate_is_wanted_nothing_is_mended():
    registry, userinit = made()
    keep_mended(userinit)

    assert WINDOWS == chain(registry)
    assert registry.read(OWN_KEY, OURS) is None


def test_a_registry_that_refuses_is_said_and_stops_nobody():
    registry, userinit = made()
    userinit.put_first(HOOK)
    registry.refuse_reading[("", "")] = ACCESS_DENIED

    keep_mended(userinit)


@pytest.mark.parametrize(
    ("part", "ours"),
    [
        (HOOK, True),
        (f'"{HOOK}"', True),
        (r"D:\x\GATEPOST-USERINIT.EXE", True),
        (r"C:\Windows\system32\userinit.exe", False),
        (r"C:\gatepost-userinit.exe\userinit.exe", False),
    ],
)
def test_our_hook_is_known_wherever_it_lies(part, ours):
    assert ours is is_hook(part)


PARTS = st.sampled_from([HOOK, r"C:\Windows\system32\userinit.exe", r"C:\x.exe", "", '"C:\\y z.exe"'])


@given(st.lists(PARTS, max_size=4), st.lists(PARTS, max_size=4))
def test_whatever_stands_there_the_way_back_starts_a_userinit_and_never_the_hook(now, before):
    value = ",".join(now)
    back = decide_back(value, ",".join(before), WINDOWS)
    parts = parts_of(value if back is None else back)

    assert not any(is_hook(part) for part in parts)
    assert any(part.casefold().endswith("userinit.exe") for part in parts)
