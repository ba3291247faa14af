"""The check itself, by the real clamd and the real clamscan: what was skipped is never clean."""

import os

import pytest

from agent.backends import clamd as scanner
from agent.backends import scan_walk, scan_worker
from agent.backends.scan_copy import Copier
from agent.backends.scan_job import Counted, Found, Harmful, Progress, Report, ScanJob
from agent.backends.scan_walk import WalkFailed
from policies.settings import ScanSettings
from tests.support.virus_signatures import EICAR, SIGNATURE, zipped


def job(clamd, limits, **more):
    return ScanJob(volumes=(), limits=limits, folder="", clamd=str(clamd.socket), **more)


def check(clamd, limits, folder, **more):
    clamd.start(limits)
    return list(scan_worker.check(job(clamd, limits, **more), [os.fsencode(folder)]))


@pytest.fixture
def stick(tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def test_a_clean_stick_is_counted_and_checked_to_the_last_byte(clamd, limits, stick):
    (stick / "essay.txt").write_text("The sea.")
    (stick / "empty").touch()
    (stick / "deep" / "er").mkdir(parents=True)
    (stick / "deep" / "er" / "data").write_bytes(os.urandom(300_000))

    said = check(clamd, limits, stick)

    assert Counted(files=3, size_bytes=300_008) == said[0]
    report = said[-1]
    assert (3, 300_008) == (report.files, report.size_bytes)
    assert (3, 300_008, 0, 0) == (
        report.scanned, report.scanned_bytes, report.skipped, report.harmful_files,
    )  # fmt: skip


def test_a_harmful_file_inside_a_zip_is_found_and_named(clamd, limits, stick):
    (stick / "setup_free.zip").write_bytes(zipped(a=b"x", b=EICAR))

    report = check(clamd, limits, stick)[-1]

    assert (1, "setup_free.zip") == (report.harmful_files, report.harmful[0].file)
    assert report.harmful[0].signature.startswith(SIGNATURE)


def test_what_is_beyond_a_limit_of_the_scanner_is_not_checked(clamd, limits, stick):
    archive = zipped(a=b"clean")
    for _ in range(limits.deepest_archive + 3):
        archive = zipped(inner=archive)
    (stick / "onion.zip").write_bytes(archive)

    report = check(clamd, limits, stick)[-1]

    assert (1, 0, 0) == (report.skipped, report.scanned, report.harmful_files)
    assert "Limits.Exceeded" in report.why


def test_a_zip_bomb_is_not_checked(clamd, stick):
    limits = ScanSettings(most_file_bytes=1_000_000)
    (stick / "bomb.zip").write_bytes(zipped(zeros=bytes(30_000_000)))

    report = check(clamd, limits, stick)[-1]

    assert (1, 0) == (report.skipped, report.scanned)


def test_more_files_than_the_policy_allows_end_the_check(clamd, stick):
    for number in range(12):
        (stick / f"{number}").touch()

    with pytest.raises(WalkFailed) as caught:
        check(clamd, ScanSettings(most_files=10), stick)

    assert "too-large" == caught.value.reason


def test_names_in_any_encoding_are_checked(clamd, limits, stick):
    for name in ("türkçe ödev.txt".encode(), b"latin-\xe9.txt", b"line\nbreak: OK", b"\x1b[31m"):
        (stick / os.fsdecode(name)).write_bytes(b"words")
    (stick / os.fsdecode(b"bad\xff\n.com")).write_bytes(EICAR)

    report = check(clamd, limits, stick)[-1]

    assert (5, 5, 1) == (report.files, report.scanned, report.harmful_files)
    assert report.harmful[0].file.isprintable() or "\ufffd" in report.harmful[0].file


def checked_after(clamd, limits, tops, act, **more):
    """Check these folders; act once they were counted."""
    clamd.start(limits)
    saying = scan_worker.check(job(clamd, limits, **more), [os.fsencode(top) for top in tops])
    counted = next(saying)
    act()
    return [counted, *saying]


def test_a_stick_with_more_on_it_than_was_counted_is_not_checked(clamd, limits, stick):
    (stick / "essay.txt").write_text("The sea.")

    with pytest.raises(WalkFailed) as caught:
        checked_after(clamd, limits, [stick], lambda: (stick / "more").touch())

    assert "changed" == caught.value.reason


def test_a_file_that_grows_after_it_was_counted_fills_no_disk(clamd, limits, stick, tmp_path):
    (stick / "essay.txt").write_text("The sea.")
    target = tmp_path / "copy"
    target.mkdir()

    with pytest.raises(WalkFailed) as caught:
        checked_after(
            clamd, limits, [stick], lambda: os.truncate(stick / "essay.txt", 10**12),
            copy_to=str(target), copy_room_bytes=99, uid=os.getuid(), gid=os.getgid(),
        )  # fmt: skip

    assert ("changed", []) == (caught.value.reason, list(target.iterdir()))


def test_r30_a_virus_that_was_found_is_told_also_when_the_check_does_not_end(clamd, limits, stick, tmp_path):
    (stick / "setup.com").write_bytes(EICAR)
    other = tmp_path / "other"
    other.mkdir()

    report = checked_after(clamd, limits, [stick, other], lambda: (other / "more").touch())[-1]

    assert (1, "setup.com", 1) == (report.harmful_files, report.harmful[0].file, report.skipped)


def test_r30_a_find_is_told_while_the_next_file_is_still_read(clamd, stick, tmp_path, monkeypatch):
    limits = ScanSettings(longest_seconds=60)
    (stick / "setup.com").write_bytes(EICAR)
    other = tmp_path / "other"
    other.mkdir()
    (other / "film").write_bytes(b"stands still")
    read = scan_worker._read_through

    def stand_still(file, most_bytes):
        if most_bytes == len(EICAR):
            return (yield from read(file, most_bytes))
        while True:
            yield

    monkeypatch.setattr(scan_worker, "_read_through", stand_still)
    clamd.start(limits)
    saying = scan_worker.check(job(clamd, limits), [os.fsencode(stick), os.fsencode(other)])
    told = next((each for each in saying if isinstance(each, Harmful | Report)), None)
    saying.close()

    assert isinstance(told, Harmful)
    assert "setup.com" == told.found.file


def test_however_much_is_found_the_first_find_alone_is_told_ahead(clamd, limits, stick):
    for number in range(9):
        (stick / f"{number}.com").write_bytes(EICAR)

    said = check(clamd, limits, stick)

    assert [said[-1].harmful[0]] == [each.found for each in said if isinstance(each, Harmful)]
    assert 9 == said[-1].harmful_files


def test_a_check_longer_than_the_policy_allows_is_ended(clamd, stick):
    (stick / "essay.txt").write_text("The sea.")

    with pytest.raises(WalkFailed) as caught:
        check(clamd, ScanSettings(longest_seconds=0), stick)

    assert "not-scanned" == caught.value.reason


def test_progress_is_told_while_one_large_file_is_read(clamd, limits, stick, monkeypatch):
    monkeypatch.setattr(scan_worker, "_SAY_EVERY_SECONDS", 1e-9)
    (stick / "film").write_bytes(bytes(5 * 1024 * 1024))

    said = check(clamd, limits, stick)

    assert 5 <= len([each for each in said if isinstance(each, Progress) and not each.files])


def test_a_copy_ends_soon_behind_the_length_that_was_told(stick, tmp_path):
    (stick / "film").write_bytes(bytes(3 * 1024 * 1024))
    target = tmp_path / "copy"
    target.mkdir()
    told = ScanJob(
        volumes=(), limits=ScanSettings(), folder="", copy_to=str(target), uid=os.getuid(), gid=os.getgid()
    )
    with (stick / "film").open("rb") as film:
        pauses = len(list(Copier(told).copy(film.fileno(), b"film", most_bytes=10)))

    assert (1, 1024 * 1024) == (pauses, (target / "film").stat().st_size)


def test_a_folder_with_more_folders_than_are_looked_through_is_left_at_once(stick, monkeypatch):
    monkeypatch.setattr(scan_walk, "MOST_FOLDERS", 3)
    for number in range(9):
        (stick / f"{number}").mkdir()
    looked = []
    monkeypatch.setattr(
        scan_walk.os, "lstat", lambda path, lstat=os.lstat: looked.append(path) or lstat(path)
    )

    with pytest.raises(WalkFailed) as caught:
        list(scan_walk.walk(os.fsencode(stick)))

    assert ("too-large", [os.fsencode(stick)]) == (caught.value.reason, looked)


def test_links_lead_nowhere(clamd, limits, stick, tmp_path):
    (tmp_path / "outside").write_bytes(EICAR)
    (stick / "link").symlink_to(tmp_path / "outside")
    (stick / "up").symlink_to("..")
    os.mkfifo(stick / "pipe")

    assert 0 == check(clamd, limits, stick)[-1].files


def test_a_scanner_that_dies_has_checked_nothing(clamd, limits, stick):
    (stick / "a").write_text("x")
    clamd.start(limits)
    clamd.stop()

    report = list(scan_worker.check(job(clamd, limits), [os.fsencode(stick)]))[-1]

    assert (1, 0, 1) == (report.files, report.scanned, report.skipped)


def test_copies_are_what_was_checked(clamd, limits, stick, tmp_path):
    (stick / "a" / "b").mkdir(parents=True)
    (stick / "a" / "b" / "essay").write_text("The sea.")
    target = tmp_path / "copy"
    target.mkdir()

    report = check(
        clamd, limits, stick, copy_to=str(target), copy_room_bytes=99, uid=os.getuid(), gid=os.getgid()
    )[-1]

    assert (1, 1) == (report.files, report.scanned)
    assert "The sea." == (target / "a" / "b" / "essay").read_text()


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (b"fd[10]: OK\0", "clean"),
        (b"fd[10]: Eicar FOUND\0", "harmful"),
        (b"fd[10]: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0", "not-scanned"),
        (b"fd[10]: Heuristics.Encrypted.Zip FOUND\0", "not-scanned"),
        (b"fd[10]: Can't read file ERROR\0", "not-scanned"),
        (b"", "not-scanned"),
        (b"OK", "not-scanned"),
    ],
)
def test_only_a_plain_ok_is_clean(line, verdict):
    assert verdict == scanner.read_answer(line).verdict


@pytest.mark.parametrize(("content", "expected"), [(b"words", (2, 0, 0)), (EICAR, (1, 1, 0))])
def test_clamscan_does_it_where_there_is_no_clamd(signatures, limits, stick, content, expected):
    if scanner.program("clamscan") is None:
        pytest.skip("no clamscan here; run: apt install clamav")
    (stick / "one").write_bytes(content)
    (stick / "empty").touch()
    told = ScanJob(volumes=(), limits=limits, folder="", signatures=str(signatures))

    *said, report = scan_worker.check(told, [os.fsencode(stick)])

    assert isinstance(report, Report)
    found = [Harmful(found=Found(file="", signature="clamscan"))] if report.harmful_files else []
    assert found == said[1:]
    assert expected == (report.scanned, report.harmful_files, report.skipped)
