"""Zips and folders: read with caps, and nothing outside them."""

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.roster.archives import MOST_FILES, ArchiveRefused, open_bytes, open_path
from tests.support.rosters import one_roster, user, zipped

FILES = one_roster([user(0)])


def refused(data):
    with pytest.raises(ArchiveRefused) as problem:
        open_bytes(data)
    return problem.value.code


def test_a_zip_that_lists_very_many_files_is_refused_before_each_is_an_object(monkeypatch):
    listed = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, *[0] * 7, 1, *[0] * 6) + b"a"
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 9, 9, len(listed) * 300_000, 4, 0)
    monkeypatch.setattr(zipfile, "ZipFile", None)

    assert "many-files" == refused(b"PK\3\4" + listed * 300_000 + end)


def test_a_zip_a_folder_and_one_with_a_folder_inside_are_the_same_list(tmp_path):
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    inside = zipped({f"Export 2026/{name}": data for name, data in FILES.items()})

    assert dict(open_path(tmp_path)) == dict(open_bytes(zipped(FILES))) == dict(open_bytes(inside))


def test_one_csv_alone_is_a_plain_list_also_inside_a_zip():
    plain = open_bytes(b"id,name\n1,May\n", "Year 4.csv")
    packed = open_bytes(zipped({"__MACOSX/._x": b"", "pupils.csv": b"id,name\n1,May\n"}))

    assert (True, {"year 4.csv": b"id,name\n1,May\n"}) == (plain.single, dict(plain))
    assert (True, {"pupils.csv": b"id,name\n1,May\n"}) == (packed.single, dict(packed))


@pytest.mark.parametrize("name", ["../users.csv", "/etc/users.csv", "a/../../users.csv", "C:\\users.csv"])
def test_a_path_that_leads_out_is_refused(name):
    assert "path" == refused(zipped({name: b"x", **FILES}))


def test_a_bomb_is_refused_by_what_it_unpacks_to():
    bomb = zipped({**FILES, "users.csv": b"sourcedId\n" + b"0" * (40 * 1024 * 1024)})

    assert len(bomb) < 100_000
    assert "bomb" == refused(bomb)
    assert "bomb" == refused(zipped({"users.csv": b"sourcedId\n" + b"0\n" * 4_000_000}))


def test_a_zip_whose_size_is_a_lie_is_not_believed():
    packed = bytearray(zipped({"users.csv": b"sourcedId\n" * 9000}))
    at = packed.rfind(b"PK\x01\x02")
    packed[at + 24 : at + 28] = (10).to_bytes(4, "little")

    try:
        opened = open_bytes(bytes(packed))
    except ArchiveRefused:
        return

    assert len(opened["users.csv"]) <= 90_000


def test_too_many_files_doubles_locked_and_damaged_zips_are_refused():
    many = zipped({f"{n}.csv": b"" for n in range(MOST_FILES + 1)})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("a/users.csv", b"x")
        packed.writestr("b/users.csv", b"x")
    locked = bytearray(zipped(FILES))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.find(mark)
        while at >= 0:
            locked[at + offset] |= 1
            at = locked.find(mark, at + 4)

    assert ["many-files", "twice", "bad-zip", "bad-zip", "no-users", "empty"] == [
        refused(many),
        refused(out.getvalue()),
        refused(bytes(locked)),
        refused(zipped(FILES)[:200]),
        refused(zipped({"marks.csv": b"", "x.csv": b""})),
        refused(b" \n"),
    ]


def test_a_missing_file_is_refused_with_its_name(tmp_path):
    with pytest.raises(ArchiveRefused, match=r"gone\.csv"):
        open_path(tmp_path / "gone.csv")


@given(st.binary(max_size=200), st.integers(0, 400))
def test_damage_anywhere_is_refused_or_harmless(noise, at):
    data = bytearray(zipped({"users.csv": b"sourcedId\n1\n"}))
    data[at : at + len(noise)] = noise
    try:
        opened = open_bytes(bytes(data))
    except ArchiveRefused:
        return

    assert sum(map(len, opened.values())) < 1_000_000
