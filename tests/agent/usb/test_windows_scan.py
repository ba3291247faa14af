"""A check on Windows from mount to end: real files, and a Defender that says what a test has it say."""

import errno
import itertools
import os
import stat

import msgspec
import pytest

from agent.backends import windows_scan, windows_walk
from agent.backends.scan_count import FileSeen
from agent.backends.scan_job import Counted, Failed, Harmful, Mounted, Progress, Report, ScanJob
from agent.backends.win32_problem import ACCESS_DENIED
from agent.backends.windows_defender import LogEntry, Ran
from agent.backends.windows_scan import Tools, run
from agent.backends.windows_walk import decide_kind
from agent.errors import DeviceFailed
from agent.service.stick_rules import decide_report
from policies.settings import ScanSettings
from tests.support.win32.fake_usb_world import GONE, WindowsMachine, make_volume

FILES = {"a.txt": b"one", "folder/İıŞş.txt": b"two two", "empty": b""}
SAID = "Scan starting...\nScan finished.\n"
HARMFUL = "Scan starting...\nScan finished.\nThreat : Virus:DOS/EICAR_Test_File\n    file : {}\\a.txt\n"


class FakeDefender:
    """Says what it is told to say."""

    def __init__(self):
        self.ran = Ran(0, SAID)
        self.log = []
        self.asked = []
        self.missing = False
        self.on_run = lambda: None

    def program(self):
        if self.missing:
            raise DeviceFailed("the program of Windows Defender is not there")
        return "MpCmdRun.exe"

    def run(self, arguments, within_seconds):
        self.asked.append((arguments[5], within_seconds))
        self.on_run()
        return self.ran

    def log_since(self, begun):
        return self.log


@pytest.fixture
def defender():
    return FakeDefender()


@pytest.fixture
def machine(tmp_path):
    machine = WindowsMachine()
    machine.volume = machine.plug().volumes[0]
    make_volume(machine, machine.volume, tmp_path / "stick", FILES)
    return machine


@pytest.fixture
def job(machine, tmp_path):
    return ScanJob(
        volumes=(Mounted(node=machine.volume, sequence=7, filesystem="exfat"),),
        limits=ScanSettings(),
        folder=str(tmp_path / "scan"),
    )


@pytest.fixture
def check(machine, defender, job, tmp_path):
    def check(now=None, streams=windows_walk.no_streams, **changes):
        now = now or itertools.count().__next__
        tools = Tools(machine, defender, now, streams=streams)
        said = list(run(msgspec.structs.replace(job, **changes), tools))

        assert not (tmp_path / "scan").exists(), "it leaves its folder"
        assert [] == [point for point in machine.mounted if len(point) > 3], "it leaves something mounted"
        return said

    return check


def test_a_clean_stick_is_counted_read_and_looked_at_once(check, defender, tmp_path):
    said = check()

    assert Counted(files=3, size_bytes=10) == said[0]
    assert isinstance(said[-2], Progress)
    assert (3, 5) == (said[-2].files, said[-2].size_bytes), "the second half is Defender's"
    assert (3, 10, 3, 10, 0) == (
        said[-1].files, said[-1].size_bytes, said[-1].scanned, said[-1].scanned_bytes, said[-1].skipped,
    )  # fmt: skip
    assert decide_report(said[-1]) is None
    assert [str(tmp_path / "scan" / "0")] == [path for path, _ in defender.asked]


@pytest.mark.parametrize(
    "ran",
    [Ran(0, ""), Ran(0, "Done."), Ran(2, SAID), Ran(None, ""), Ran(1, SAID), Ran(0, SAID + "x was skipped")],
)
def test_r25_without_proof_of_a_check_a_stick_is_not_released(check, defender, ran):
    defender.ran = ran
    said = check()

    assert "not-scanned" == decide_report(said[-1])


def test_the_log_proves_a_check_where_words_are_turkish(check, defender, tmp_path):
    defender.ran = Ran(0, "Tarama başladı…")
    where = f"folder:_{tmp_path}/scan/0"
    defender.log = [
        LogEntry(1000, {"Scan ID": "{1}", "Scan Resources": where}),
        LogEntry(1001, {"Scan ID": "{1}"}),
    ]

    assert decide_report(check()[-1]) is None


def test_r25_what_is_found_is_told_with_its_file_s_name(check, defender):
    defender.ran = Ran(2, HARMFUL.format("C:\\x"))
    report = check()[-1]

    assert "harmful" == decide_report(report)
    assert ("a.txt", "Virus:DOS/EICAR_Test_File") == (report.harmful[0].file, report.harmful[0].signature)


def failing(monkeypatch, code, only="a.txt"):
    def fail(path):
        if path.endswith(only):
            problem = OSError(errno.EIO, "no")
            problem.winerror = code
            raise problem
        return len(FILES[os.path.relpath(path, path[: path.index("scan") + 6])])

    monkeypatch.setattr(windows_scan, "_read_through", fail)


def test_a_file_that_the_guard_keeps_from_us_is_harmful(check, monkeypatch):
    failing(monkeypatch, 225)
    report = check()[-1]

    assert "harmful" == decide_report(report)
    assert "a.txt" == report.harmful[0].file


def test_a_file_that_cannot_be_read_was_not_checked(check, monkeypatch):
    failing(monkeypatch, 5)

    assert "not-scanned" == decide_report(check()[-1])


def test_a_stick_pulled_out_in_the_middle_is_unreadable(check, monkeypatch):
    failing(monkeypatch, GONE)

    assert "unreadable" == check()[-1].reason


def test_a_stick_that_is_gone_before_it_is_mounted_is_unreadable(check, machine):
    machine.problems["mount"] = GONE

    assert [Failed] == [type(each) for each in check()]


def test_without_defender_there_is_no_scanner(check, defender):
    defender.missing = True

    assert "no-scanner" == check()[-1].reason


def test_r30_a_virus_that_was_found_is_told_also_when_there_is_no_scanner_for_the_rest(
    check, defender, monkeypatch
):
    failing(monkeypatch, 225)
    defender.missing = True
    report = check()[-1]

    assert ("harmful", 1) == (decide_report(report), report.skipped)


def test_r30_what_the_guard_finds_is_told_before_the_next_file_is_read(check, monkeypatch):
    failing(monkeypatch, 225)

    assert [Counted, Harmful, Progress, Report] == [type(each) for each in check(now=lambda: 0)]


def test_r30_what_defender_finds_is_told_before_the_next_volume_is_looked_at(check, defender):
    defender.ran = Ran(2, HARMFUL.format("C:\\x"))
    said = check(now=lambda: 0)

    assert [Counted, Progress, Harmful, Report] == [type(each) for each in said]
    assert said[-1].harmful[0] == said[-2].found


def test_a_stick_with_more_on_it_than_was_counted_is_not_checked(check, monkeypatch):
    walked = windows_scan.walk
    more = iter([(), (FileSeen(b"more", 0),)])
    monkeypatch.setattr(windows_scan, "walk", lambda *place: itertools.chain(walked(*place), next(more)))
    monkeypatch.setattr(windows_scan, "_take", lambda *_args: None)

    assert "changed" == check()[-1].reason


def test_a_file_that_grows_while_it_is_read_was_not_checked(check, monkeypatch):
    monkeypatch.setattr(windows_scan, "_read_through", lambda _path: 10**6)

    assert "not-scanned" == decide_report(check()[-1])


def test_one_file_that_grew_is_not_made_up_for_by_another_that_shrank(check, monkeypatch):
    sizes = {"a.txt": 4, "İıŞş.txt": 6, "empty": 0}
    monkeypatch.setattr(windows_scan, "_read_through", lambda path: sizes[path.rpartition("/")[2]])

    assert "not-scanned" == decide_report(check()[-1])


def test_a_check_beyond_its_time_ends(check):
    assert "not-scanned" == check(now=iter(range(0, 10**9, 10**5)).__next__)[-1].reason


def test_beyond_the_limits_nothing_is_read_and_nobody_asked(check, defender):
    assert "too-large" == check(limits=ScanSettings(most_files=2))[-1].reason
    assert [] == defender.asked


def test_an_empty_stick_is_clean_without_anybody_looking(check, machine, defender, tmp_path):
    make_volume(machine, machine.volume, tmp_path / "stick", {})
    (tmp_path / "stick").mkdir()

    assert decide_report(check()[-1]) is None


def test_nothing_but_a_volume_is_mounted(check, machine):
    said = check(volumes=(Mounted(node="C:\\", sequence=1, filesystem="ntfs"),))

    assert "unreadable" == said[-1].reason


def test_copies_are_what_is_checked(check, defender, tmp_path):
    target = tmp_path / "staged"
    target.mkdir()
    report = check(copy_to=str(target), copy_room_bytes=10**9)[-1]

    assert decide_report(report) is None
    assert [str(target)] == [path for path, _ in defender.asked]
    assert FILES == {str(p.relative_to(target)): p.read_bytes() for p in target.rglob("*") if p.is_file()}


def test_copies_without_room_are_not_begun(check, tmp_path):
    target = tmp_path / "staged"
    target.mkdir()

    assert "no-room" == check(copy_to=str(target), copy_room_bytes=9)[-1].reason
    assert [] == list(target.iterdir())


def test_a_copy_never_writes_over_what_is_there(check, tmp_path):
    target = tmp_path / "staged"
    target.mkdir()
    (target / "a.txt").write_bytes(b"mine")

    assert "not-scanned" == decide_report(check(copy_to=str(target), copy_room_bytes=10**9)[-1])
    assert b"mine" == (target / "a.txt").read_bytes()


def test_a_mount_that_does_not_go_never_loses_what_is_on_the_stick(machine, defender, job, tmp_path):
    machine.problems["unmount"] = ACCESS_DENIED
    list(run(job, Tools(machine, defender)))

    assert FILES.keys() == {
        str(p.relative_to(tmp_path / "stick")) for p in (tmp_path / "stick").rglob("*") if p.is_file()
    }


# ---- the walk ----


@pytest.mark.parametrize(
    ("mode", "attributes", "tag", "kind"),
    [
        (stat.S_IFDIR, 0x10, 0, "folder"),
        (stat.S_IFREG, 0x20, 0, "file"),
        (stat.S_IFLNK, 0x400, 0xA000000C, "link"),
        (stat.S_IFDIR, 0x410, 0xA0000003, "link"),  # a junction, perhaps onto C:
        (stat.S_IFREG, 0x420, 0x80000013, "odd"),  # deduplicated
        (stat.S_IFREG, 0x420, 0x9000001A, "odd"),  # in a cloud
        (stat.S_IFIFO, 0, 0, "odd"),
    ],
)
def test_nothing_leads_the_walk_off_the_stick(mode, attributes, tag, kind):
    assert kind == decide_kind(mode, attributes, tag)


def test_links_are_not_followed(check, tmp_path):
    (tmp_path / "outside").write_bytes(b"secret")
    (tmp_path / "stick" / "link").symlink_to(tmp_path / "outside")

    assert Counted(files=3, size_bytes=10) == check()[0]


def beside(path):
    """A stream of its own beside one file: on this system it is a file with such a name."""
    return [(":hidden.exe:$DATA", 4)] if path.endswith("a.txt") else []


@pytest.fixture
def on_ntfs(machine, tmp_path):
    (tmp_path / "stick" / "a.txt:hidden.exe:$DATA").write_bytes(b"evil")
    real = os.scandir

    class Entries:
        """What Windows lists: files, and no streams."""

        def __init__(self, folder):
            self.inner = real(folder)

        def __enter__(self):
            return (each for each in self.inner if ":" not in each.name)

        def __exit__(self, *_problem):
            self.inner.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows_walk.os, "scandir", Entries)
        yield (Mounted(node=machine.volume, sequence=7, filesystem="ntfs"),)


def test_what_lies_beside_a_file_s_content_is_counted_and_read(check, on_ntfs):
    said = check(streams=beside, volumes=on_ntfs)

    assert Counted(files=4, size_bytes=14) == said[0]
    assert (4, 14) == (said[-1].scanned, said[-1].scanned_bytes)


def test_what_lies_beside_and_cannot_be_read_was_not_checked(check, on_ntfs, tmp_path):
    (tmp_path / "stick" / "a.txt:hidden.exe:$DATA").unlink()

    assert "not-scanned" == decide_report(check(streams=beside, volumes=on_ntfs)[-1])


def test_copies_leave_behind_what_lies_beside(check, on_ntfs, tmp_path):
    target = tmp_path / "staged"
    target.mkdir()
    report = check(streams=beside, volumes=on_ntfs, copy_to=str(target), copy_room_bytes=10**9)[-1]

    assert decide_report(report) is None
    assert FILES.keys() == {str(p.relative_to(target)) for p in target.rglob("*") if p.is_file()}


def test_nobody_asks_a_file_system_that_knows_no_streams(check):
    def asked(path):
        raise AssertionError(path)

    assert decide_report(check(streams=asked)[-1]) is None


@pytest.mark.parametrize("other", ["A.TXT", "a.Txt"])
def test_two_names_that_are_one_to_windows_cannot_be_checked(check, tmp_path, other):
    """Whoever deletes the one that was read has the other in its place."""
    (tmp_path / "stick" / other).write_bytes(b"two")

    assert "unreadable" == check()[-1].reason


def test_turkish_letters_that_are_two_to_windows_are_two(check, tmp_path):
    for name in ("ı.txt", "i.txt", "İ.txt"):
        (tmp_path / "stick" / name).write_bytes(b"x")

    assert decide_report(check()[-1]) is None


def test_too_deep_a_stick_is_not_walked(check, tmp_path):
    (tmp_path / "stick" / "/".join(["d"] * (windows_walk.DEEPEST + 1))).mkdir(parents=True)

    assert "too-large" == check()[-1].reason
