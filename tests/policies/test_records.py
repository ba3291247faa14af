"""The contract of what may be kept. A change here changes what old servers and journals can read."""

import typing
from pathlib import Path

import msgspec
import pytest

from policies import recording, records
from policies.lab_settings import AppsSettings
from policies.settings import ReportSettings, Settings, UsageSettings, UsbSettings

KINDS = typing.get_args(records.AnyRecord)
GOLDEN = Path(__file__).parent / "golden"
ALL_ON = Settings(
    usb=UsbSettings(mode="approve_then_scan"),
    report=ReportSettings(enabled=True),
    apps=AppsSettings(unlisted="notify"),
)
OF_LISTS = (records.AppAsked, records.AppHandled)
OF_REPORTS = (records.ReportSent, records.ProblemReported)
decoder = msgspec.json.Decoder(records.AnyRecord)


def golden(kind):
    return (GOLDEN / f"{records.kind_name(kind)}.json").read_bytes().rstrip(b"\n")


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_written_long_ago_is_still_read_and_written_the_same(kind):
    record = decoder.decode(golden(kind))

    assert kind is type(record)
    assert golden(kind) == msgspec.json.encode(record)


def test_there_is_one_golden_file_for_each_record_and_no_other():
    assert {records.kind_name(kind) for kind in KINDS} == {path.stem for path in GOLDEN.iterdir()}


def test_every_record_has_a_purpose_and_no_purpose_is_left_over():
    assert set(KINDS) == set(recording.KEPT)
    bases = {records.Record, records.MediaRecord}
    assert {kind for base in bases for kind in base.__subclasses__()} - bases == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_purpose_is_complete(kind):
    kept = recording.KEPT[kind]

    assert kept.purpose
    assert kept.readers
    assert kept.retention in ("agreements", "security", "activity", "devices", "reports")
    assert set(kept.readers) <= {"teacher", "technician", "safeguarding", "head"}


@pytest.mark.parametrize("kind", KINDS)
def test_no_record_has_room_for_what_is_never_kept(kind):
    never = ("title", "url", "address", "key", "text", "image", "screenshot", "clipboard", "location")
    fields = [name for name in kind.__struct_fields__ if name != "text_hash"]

    assert [] == [name for name in fields if any(word in name.split("_") for word in never)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_field_is_refused(kind):
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        decoder.decode(golden(kind)[:-1] + b',"window_title":"x"}')


@pytest.mark.parametrize("kind", KINDS)
def test_a_time_without_a_zone_is_refused(kind):
    naive = golden(kind).replace(b"2026-09-14T09:05:30.250000Z", b"2026-09-14T09:05:30.250000")

    assert naive != golden(kind)
    with pytest.raises(msgspec.ValidationError, match="timezone"):
        decoder.decode(naive)


@pytest.mark.parametrize("kind", KINDS)
def test_only_app_usage_media_lists_and_reports_depend_on_a_switch(kind):
    record = decoder.decode(golden(kind))
    no_apps = msgspec.structs.replace(ALL_ON, usage=UsageSettings(record_apps=False))

    assert recording.permits(ALL_ON, record)
    assert (kind is not records.AppUsed) == recording.permits(no_apps, record)
    switched = issubclass(kind, records.MediaRecord) or kind in (*OF_REPORTS, *OF_LISTS)
    assert switched != recording.permits(Settings(), record)


def test_a_sealed_report_says_outside_nobodys_name_and_no_login():
    outside = set(records.ReportSent.__struct_fields__)

    assert {"at", "report", "coarse", "urgency", "year", "list_seq", "envelope"} == outside
    assert not recording.KEPT[records.ReportSent].about_person
    assert recording.Stream.REPORT is recording.KEPT[records.ReportSent].stream


def test_a_kind_without_a_purpose_is_not_kept():
    assert not recording.permits_kind(Settings(), records.Record)


def test_only_usage_may_be_dropped_and_what_is_told_at_once_is_written_at_once():
    droppable = {kind for kind, kept in recording.KEPT.items() if kept.stream is recording.Stream.USAGE}
    waiting = {kind for kind, kept in recording.KEPT.items() if not kept.urgent}

    assert {records.AppUsed, records.RecordGap} == droppable
    assert {records.AppUsed} == waiting
