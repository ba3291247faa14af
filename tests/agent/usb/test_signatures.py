"""How old the signatures are."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from agent.backends.signatures import Signatures, read_folder, read_header
from tests.support.virus_signatures import write_signatures

OFFICIAL = b"ClamAV-VDB:07 Feb 2024 09-35 -0500:27178:2050000:90:c0ffee:c0ffee:maker:1707316556"


def test_the_official_header_has_a_version_and_a_time():
    expected = Signatures(27178, datetime.fromtimestamp(1707316556, UTC))

    assert expected == read_header(OFFICIAL.ljust(512))


def test_signatures_written_by_hand_have_no_age(tmp_path):
    (tmp_path / "own.ndb").write_text("x")

    assert Signatures(0, None) == read_folder(tmp_path)


def test_a_hand_written_file_does_not_hide_the_age_of_the_daily_one(tmp_path):
    write_signatures(tmp_path, 1_700_000_000)
    (tmp_path / "own.ndb").write_text("x")

    assert datetime.fromtimestamp(1_700_000_000, UTC) == read_folder(tmp_path).built_at


def test_no_signatures_are_none(tmp_path):
    assert read_folder(tmp_path) is None
    assert read_folder(tmp_path / "missing") is None


@given(st.binary(max_size=600))
def test_no_bytes_break_the_reading(header):
    read_header(header)
