"""What a device is taken for, what becomes of it, and what an approval opens."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import media
from policies.settings import ModeFrom, Settings, UsbSettings

NOW = datetime(2026, 9, 14, 10, 42, tzinfo=UTC)
STICK = media.Identity(
    vendor="0951", model="1666", serial="0019A4", descriptors="ab" * 32, interfaces="080650"
)
TERMS = media.Terms(stick=STICK, person="p1", mode="approve_then_scan", until=NOW + timedelta(hours=1))


def covers(terms=TERMS, stick=STICK, **changes):
    asked = {
        "plug": "1" * 32,
        "person": "p1",
        "encrypted": False,
        "mode": "approve_then_scan",
        "now": NOW,
    }
    return media.covers(terms, stick, **(asked | changes))


@pytest.mark.parametrize(("interfaces", "more", "expected"), [
    (["080650"], {}, "storage"),
    (["080662", "FF0000"], {}, "storage"),
    (["030101"], {}, "input"),
    (["030101", "ff0000"], {}, "input"),
    (["090000", "090001"], {}, "hub"),
    (["080650", "030101"], {}, "mixed"),
    (["060101", "030101"], {}, "mixed"),
    (["060101"], {}, "phone"),
    (["ffff00"], {"speaks_mtp": True}, "phone"),
    (["ffff00"], {}, "other"),
    ([], {"card": True}, "card"),
    ([], {}, "other"),
])  # fmt: skip
def test_a_device_is_taken_for_the_worst_it_offers(interfaces, more, expected):
    assert expected == media.classify(interfaces, **more)


@given(st.lists(st.from_regex(r"\A[0-9a-f]{6}\Z"), max_size=40))
def test_whatever_offers_storage_is_gated(interfaces):
    assert media.classify([*interfaces, "080650"]) in media.GATED


@given(st.lists(st.text(max_size=12), max_size=60))
def test_interfaces_of_any_spelling_fit_the_contract(interfaces):
    joined = media.join_interfaces(interfaces)

    assert joined == msgspec.convert(joined, media.Interfaces)


@pytest.mark.parametrize(("mode", "kind", "staff", "phones", "expected"), [
    ("off", "storage", False, "forbid", "allow"),
    ("forbid", "storage", True, "listed", "block"),
    ("forbid", "input", False, "forbid", "allow"),
    ("approve_then_scan", "storage", False, "forbid", "ask"),
    ("approve_then_scan", "mixed", True, "listed", "block"),
    ("approve_then_scan", "phone", True, "forbid", "block"),
    ("approve_then_scan", "phone", True, "listed", "ask"),
    ("copy", "card", False, "forbid", "ask"),
    ("staff_encrypted_approved", "storage", False, "forbid", "block"),
    ("staff_encrypted_approved", "storage", True, "forbid", "ask"),
    ("staff_encrypted_approved", "hub", False, "forbid", "allow"),
])  # fmt: skip
def test_what_becomes_of_a_device_that_is_plugged_in(mode, kind, staff, phones, expected):
    assert expected == media.decide_target(mode, kind, staff=staff, phones=phones)


def test_an_approval_covers_the_stick_it_names():
    assert covers() is None


@pytest.mark.parametrize(("changes", "reason"), [
    ({"mode": "forbid"}, "forbidden"),
    ({"mode": "copy"}, "policy-changed"),
    ({"now": TERMS.until}, "expired"),
    ({"person": "p2"}, "not-listed"),
    ({"person": None}, "not-listed"),
    ({"stick": msgspec.structs.replace(STICK, serial="0019A5")}, "not-listed"),
    ({"stick": msgspec.structs.replace(STICK, descriptors="cd" * 32)}, "not-listed"),
    ({"stick": msgspec.structs.replace(STICK, interfaces="030101 080650")}, "not-listed"),
    ({"terms": msgspec.structs.replace(TERMS, plug="2" * 32)}, "not-listed"),
    ({"terms": msgspec.structs.replace(TERMS, encrypted_only=True)}, "not-encrypted"),
    ({"terms": msgspec.structs.replace(TERMS, mode="staff_encrypted_approved"),
      "mode": "staff_encrypted_approved"}, "not-encrypted"),
])  # fmt: skip
def test_an_approval_covers_nothing_else(changes, reason):
    assert reason == covers(**changes)


def test_a_stick_without_a_serial_is_opened_only_for_the_plug_that_was_approved():
    nameless = msgspec.structs.replace(STICK, serial="")
    standing = msgspec.structs.replace(TERMS, stick=nameless)

    assert "not-listed" == covers(standing, nameless)
    assert covers(msgspec.structs.replace(standing, plug="1" * 32), nameless) is None


LATER = UsbSettings(
    mode="approve_then_scan",
    later=(
        ModeFrom(from_day=date(2026, 10, 1), mode="staff_encrypted_approved"),
        ModeFrom(from_day=date(2027, 1, 1), mode="forbid"),
    ),
)


@pytest.mark.parametrize(("day", "mode", "next_day"), [
    (date(2026, 9, 30), "approve_then_scan", date(2026, 10, 1)),
    (date(2026, 10, 1), "staff_encrypted_approved", date(2027, 1, 1)),
    (date(2027, 1, 1), "forbid", None),
    (date(2030, 1, 1), "forbid", None),
])  # fmt: skip
def test_a_mode_begins_on_its_day(day, mode, next_day):
    assert mode == media.mode_on(LATER, day)
    assert next_day == media.next_change(LATER, day)


@pytest.mark.parametrize("bad", [
    {"later": [{"from_day": "2027-01-01", "mode": "forbid"}, {"from_day": "2026-01-01", "mode": "off"}]},
    {"later": [{"from_day": "2027-01-01", "mode": "forbid"}, {"from_day": "2027-01-01", "mode": "off"}]},
    {"approvers": ["technician", "technician"]},
    {"approvers": []},
    {"mode": "open"},
    {"scan": {"most_files": 0}},
])  # fmt: skip
def test_settings_that_contradict_themselves_are_refused(bad):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"usb": bad}, Settings)
