"""Exit code 0 is no proof: what counts as a check by Defender, and when it can check at all."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.backends.windows_defender import (
    LogEntry,
    Ran,
    command,
    decide_guard,
    decide_program,
    decide_verdict,
    read_entry,
    read_others,
    read_status,
    read_time,
)

TOP = r"C:\ProgramData\Gatepost\run\scan\ab12\0"
SAID = "Scan starting...\r\nScan finished.\r\nScanning C:\\x found no threats.\r\n"
EICAR = f"""Scan starting...
Scan finished.
Scanning {TOP} found 1 threats.

<===========================LIST OF DETECTED THREATS==========================>
----------------------------- Threat information ------------------------------
Threat                  : Virus:DOS/EICAR_Test_File
Resources               : 1 total
    file                : {TOP}\\games\\setup.exe
-------------------------------------------------------------------------------
"""
RUNNING = {
    "AMServiceEnabled": True, "AntivirusEnabled": True, "RealTimeProtectionEnabled": True,
    "AMRunningMode": "Normal", "AntivirusSignatureLastUpdated": "20261126060000.000000+000",
}  # fmt: skip


def started(scan="{1}", where=f"folder:_{TOP}"):
    return LogEntry(1000, {"Scan ID": scan, "Scan Resources": where})


def ended(number=1001, scan="{1}"):
    return LogEntry(number, {"Scan ID": scan})


@pytest.mark.parametrize(
    ("output", "entries", "kind"),
    [
        ("", [], "not-scanned"),
        ("fertig", [], "not-scanned"),
        (SAID, [], "clean"),
        ("Taranıyor\nTamamlandı\n", [started(), ended()], "clean"),
        ("", [started(where="folder:_D:\\"), ended()], "not-scanned"),
        ("", [started(), ended(scan="{2}")], "not-scanned"),
        ("", [started()], "not-scanned"),
        (SAID, [started(), ended(1002)], "not-scanned"),
        (SAID, [started(), ended(1005)], "not-scanned"),
        (SAID + "E: was skipped.", [started(), ended()], "not-scanned"),
        ("Scan finished.\nScan starting...", [], "not-scanned"),
    ],
)
def test_0_counts_only_with_a_proof_of_beginning_and_end(output, entries, kind):
    assert kind == decide_verdict(Ran(0, output), entries, TOP).kind


def test_what_was_found_is_named_and_only_by_its_file_s_own_name():
    verdict = decide_verdict(Ran(2, EICAR), [], TOP)

    assert "harmful" == verdict.kind
    assert [("setup.exe", "Virus:DOS/EICAR_Test_File")] == [(f.file, f.signature) for f in verdict.found]


def test_2_without_a_find_is_a_fault_and_accuses_nobody():
    verdict = decide_verdict(Ran(2, SAID), [], TOP)

    assert "not-scanned" == verdict.kind
    assert () == verdict.found


def test_a_find_that_the_program_says_is_dealt_with_is_a_find():
    """It ends with 0 then too."""
    assert "harmful" == decide_verdict(Ran(0, EICAR), [started(), ended()], TOP).kind


def test_a_find_in_the_log_counts_whatever_the_program_says():
    found = LogEntry(1116, {"Threat Name": "Trojan:Win32/Wacatac", "Path": f"file:_{TOP}\\a\\b.exe"})
    elsewhere = LogEntry(1116, {"Threat Name": "Trojan:Win32/Other", "Path": r"file:_C:\Users\may\x.exe"})

    assert "harmful" == decide_verdict(Ran(0, SAID), [started(), ended(), found], TOP).kind
    assert "clean" == decide_verdict(Ran(0, SAID), [started(), ended(), elsewhere], TOP).kind


def test_one_that_took_too_long_checked_nothing():
    assert "not-scanned" == decide_verdict(Ran(None, ""), [started(), ended()], TOP).kind


@given(st.integers(-5, 5), st.text())
def test_no_words_of_a_stranger_make_a_fault_or_clean_a_stick(code, output):
    verdict = decide_verdict(Ran(code, output), [], TOP)

    words = output.casefold()
    if verdict.kind == "clean":
        assert code == 0
        assert "scan starting" in words
        assert "scan finished" in words


def test_it_is_asked_without_exceptions_and_without_touching_anything():
    assert ["m", "-Scan", "-ScanType", "3", "-File", "t", "-DisableRemediation"] == command("m", "t")


@pytest.mark.parametrize(
    ("change", "others", "why"),
    [
        ({"AntivirusEnabled": False}, [], "is off"),
        ({"AMServiceEnabled": None}, [], "is off"),
        ({"RealTimeProtectionEnabled": False}, [], "real-time protection"),
        ({"AMRunningMode": "Passive Mode"}, ["Ostrich AntiVirus"], "Ostrich AntiVirus"),
        ({"AMRunningMode": "EDR Block Mode"}, [], "in charge"),
    ],
)
def test_defender_that_is_off_or_beside_another_checks_nothing(change, others, why):
    guard = decide_guard(read_status([RUNNING | change]), others)

    assert guard.signatures is None
    assert why in guard.why


def test_defender_that_does_not_answer_checks_nothing():
    assert decide_guard(read_status([]), ["Ostrich"]).signatures is None


def test_defender_in_charge_has_an_age():
    guard = decide_guard(read_status([RUNNING]), [])

    assert datetime(2026, 11, 26, 6, 0, tzinfo=UTC) == guard.signatures.built_at


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("20261126060000.000000+180", datetime(2026, 11, 26, 3, 0, tzinfo=UTC)),
        ("20261126060000.000000-060", datetime(2026, 11, 26, 7, 0, tzinfo=UTC)),
        ("20261326060000.000000+000", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_times_of_wmi_have_their_offset_in_minutes(text, at):
    assert at == read_time(text)


def test_other_scanners_are_named_and_defender_is_none():
    rows = [{"displayName": "Windows Defender"}, {"displayName": "Ostrich\u202e AntiVirus"}, {}]

    assert 1 == len(read_others(rows))
    assert read_others(rows)[0].startswith("Ostrich")


DATA, FILES = r"C:\ProgramData", r"C:\Program Files"
PLATFORM = rf"{DATA}\Microsoft\Windows Defender\Platform"


@pytest.mark.parametrize(
    ("installed", "platforms", "folder"),
    [
        (rf"{PLATFORM}\4.18.26080.4-0" + "\\", [], rf"{PLATFORM}\4.18.26080.4-0"),
        (r"D:\evil", ["4.18.9-0", "4.18.26080.4-0", "notes"], rf"{PLATFORM}\4.18.26080.4-0"),
        (rf"{PLATFORM}\..\..\..\evil", [], rf"{FILES}\Windows Defender"),
        (None, [], rf"{FILES}\Windows Defender"),
        (b"", ["4.18.100-0", "4.18.99-0"], rf"{PLATFORM}\4.18.100-0"),
    ],
)
def test_the_newest_program_of_windows_own_is_run_and_no_other(installed, platforms, folder):
    assert folder == decide_program(installed, platforms, DATA, FILES)


def test_an_entry_of_the_log_is_read_by_its_names():
    text = (
        '<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><EventID>1001</EventID>'
        '</System><EventData><Data Name="Scan ID">{1}</Data><Data Name="Empty"/></EventData></Event>'
    )

    assert LogEntry(1001, {"Scan ID": "{1}", "Empty": ""}) == read_entry(text)


@given(st.text())
def test_an_entry_that_is_none_is_no_fault(text):
    assert read_entry(text) is None
