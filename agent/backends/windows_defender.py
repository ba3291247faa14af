"""Windows Defender: does it watch, how old is what it knows, and did it really look? Pure.

Its exit code 0 proves nothing: it is what a scan that looked at nothing gives too. A check counts only with
a proof of beginning and end, from Windows' own event log or else from its words, and without a word of
anything left out. Code 2 stands for a find and for a fault alike, so a find needs the name of what was found.
"""

import re
import xml.etree.ElementTree as Xml
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from agent.backends.scan_job import Found
from agent.backends.signatures import Signatures
from agent.backends.windows_nodes import Value
from policies.records import short

NAMESPACE = r"root\Microsoft\Windows\Defender"
SECURITY_CENTER = r"root\SecurityCenter2"
LOG_CHANNEL = "Microsoft-Windows-Windows Defender/Operational"
NAME = "defender"
INSTALL_KEY = r"SOFTWARE\Microsoft\Windows Defender"
PROGRAM = "MpCmdRun.exe"

_STARTED, _FINISHED, _STOPPED, _FAILED = 1000, 1001, 1002, 1005
_FOUND = (1006, 1007, 1116, 1117)
_CLEAN_CODE = 0
_BEGIN_WORDS, _END_WORDS = "scan starting", "scan finished"
_LEFT_OUT_WORDS = ("was skipped", "were skipped", "failed with hr", "access is denied")
_THREAT = re.compile(r"\b([A-Za-z]+:[A-Za-z0-9_]+/[^\s]+)")
"""Names of threats are alike in every language: `Virus:DOS/EICAR_Test_File`."""
_THREAT_FILE = re.compile(r"^\s*(?:file|containerfile)\s*:\s*(?P<path>\S.*)$", re.IGNORECASE | re.MULTILINE)
_CIM_TIME = re.compile(r"^(\d{14})\.(\d{6})([+-])(\d{3})$")
_MOST_NAMED = 5
_VERSION = re.compile(r"^\d+(?:\.\d+)*(?:-\d+)?$")
_EVENT = "{http://schemas.microsoft.com/win/2004/08/events/event}"
_NORMAL = "normal"


# ---- does it watch ----


class Status(NamedTuple):
    """What Defender says of itself (MSFT_MpComputerStatus)."""

    enabled: bool
    watches: bool
    """Real-time protection is on: every file that is opened is looked at."""
    mode: str
    updated_at: datetime | None


def read_status(rows: Sequence[Mapping[str, Value]]) -> Status | None:
    """Return the status, or None where Defender does not answer."""
    if not rows:
        return None
    row = rows[0]
    enabled = row.get("AMServiceEnabled") is True and row.get("AntivirusEnabled") is True
    watches = row.get("RealTimeProtectionEnabled") is True
    return Status(
        enabled,
        watches,
        str(row.get("AMRunningMode") or ""),
        read_time(row.get("AntivirusSignatureLastUpdated")),
    )


def read_time(value: Value) -> datetime | None:
    """Return a time as WMI writes it (`20261126104500.000000+060`, the offset in minutes), or None."""
    found = _CIM_TIME.match(value) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        local = datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return local - timedelta(minutes=int(found[3] + found[4]))
    except (ValueError, OverflowError):
        return None


class Guard(NamedTuple):
    """Whether Defender can check a stick now."""

    signatures: Signatures | None
    """None: it cannot, and `why` says it for a technician."""
    why: str = ""


def decide_guard(status: Status | None, others: Sequence[str]) -> Guard:
    """
    Return whether Defender can check; `others` are the names of other virus scanners that are installed.

    Beside another scanner Defender steps back (*passive*): it may still answer, and does not watch.
    """
    name = f" ({others[0]})" if others else ""
    if status is None:
        return Guard(None, f"Windows Defender does not answer{name}")
    if status.mode and status.mode.casefold() != _NORMAL:
        return Guard(None, f"another virus scanner{name} is in charge: Defender is in the mode {status.mode}")
    if not status.enabled:
        return Guard(None, f"Windows Defender is off{name}: no stick can be checked")
    if not status.watches:
        return Guard(None, "real-time protection of Windows Defender is off")
    return Guard(Signatures(0, status.updated_at))


def read_others(rows: Sequence[Mapping[str, Value]]) -> list[str]:
    """Return the names of the virus scanners that Windows knows, but for its own."""
    names = [str(row.get("displayName") or "") for row in rows]
    return [short(name) for name in names if name and "defender" not in name.casefold()]


# ---- where it is ----


def decide_program(installed: object, platforms: Iterable[str], data: str, files: str) -> str:
    r"""
    Return the folder of Defender's newest program.

    `installed` is what the registry says, `platforms` the names below `data`\Microsoft\Windows
    Defender\Platform, `files` the folder of programs that Windows came with.
    """
    roots = (rf"{data}\Microsoft\Windows Defender".casefold(), rf"{files}\Windows Defender".casefold())
    if isinstance(installed, str) and ".." not in installed:
        folder = installed.rstrip("\\")
        if any(folder.casefold() == root or folder.casefold().startswith(root + "\\") for root in roots):
            return folder
    known = [name for name in platforms if _VERSION.match(name)]
    if known:
        newest = max(known, key=lambda name: [int(part) for part in re.split(r"[.-]", name)])
        return rf"{data}\Microsoft\Windows Defender\Platform\{newest}"
    return rf"{files}\Windows Defender"


def command(program: str, path: str) -> list[str]:
    """Return how one folder is checked: with archives, without exceptions, and nothing is removed from it."""
    return [program, "-Scan", "-ScanType", "3", "-File", path, "-DisableRemediation"]


# ---- did it look ----


class LogEntry(NamedTuple):
    """One entry of Defender's log."""

    number: int
    data: Mapping[str, str]


def read_entry(text: str) -> LogEntry | None:
    """Return an entry from the XML of Windows' event log, or None if it is none."""
    try:
        event = Xml.fromstring(text)  # noqa: S314 - from Windows itself, not from a stick
    except Xml.ParseError:
        return None
    number = event.findtext(f"{_EVENT}System/{_EVENT}EventID") or ""
    if not number.isdigit():
        return None
    data = {
        each.get("Name", ""): each.text or "" for each in event.iterfind(f"{_EVENT}EventData/{_EVENT}Data")
    }
    return LogEntry(int(number), data)


class Ran(NamedTuple):
    """How the program ended."""

    code: int | None
    """None: it was ended by us, since it took too long."""
    output: str


class Verdict(NamedTuple):
    """What one run means for all files together."""

    kind: Literal["clean", "harmful", "not-scanned"]
    found: tuple[Found, ...] = ()
    why: str = ""


def decide_verdict(ran: Ran, entries: Sequence[LogEntry], path: str) -> Verdict:
    """Return what a run over `path` means; whatever is not plainly clean is not clean."""
    found = _found(ran, entries, path)
    if found:
        return Verdict("harmful", found)
    if ran.code is None:
        return Verdict("not-scanned", (), "it took longer than the policy allows")
    if ran.code != _CLEAN_CODE:
        return Verdict("not-scanned", (), f"Defender ended with {ran.code}")
    words = ran.output.casefold()
    if any(each in words for each in _LEFT_OUT_WORDS):
        return Verdict("not-scanned", (), "Defender left something out")
    broken = _scans(entries, path, (_STOPPED, _FAILED))
    if broken:
        return Verdict("not-scanned", (), "Defender did not come to the end")
    logged = _scans(entries, path, (_FINISHED,))
    said = 0 <= words.find(_BEGIN_WORDS) < words.find(_END_WORDS)
    if not logged and not said:
        return Verdict("not-scanned", (), "nothing proves that Defender looked at anything")
    return Verdict("clean")


def _found(ran: Ran, entries: Sequence[LogEntry], path: str) -> tuple[Found, ...]:
    """Return what was found below this path: by the program's own words, and by the log."""
    found: dict[tuple[str, str], Found] = {}
    for block in re.split(r"(?=^.*?\b[A-Za-z]+:[A-Za-z0-9_]+/)", ran.output, flags=re.MULTILINE):
        name = _THREAT.search(block)
        if name is None:
            continue  # with code 0 too: that is also how a find ends of which it says that it is dealt with
        files = [match["path"] for match in _THREAT_FILE.finditer(block)] or [""]
        for file in files:
            each = Found(file=_file_name(file), signature=short(name[1]))
            found[each.file, each.signature] = each
    for entry in entries:
        where = entry.data.get("Path", "")
        if entry.number in _FOUND and path.casefold().rstrip("\\") in where.casefold():
            signature = short(entry.data.get("Threat Name") or "unknown")
            each = Found(file=_file_name(where), signature=signature)
            found[each.file, each.signature] = each
    return tuple(found.values())[:_MOST_NAMED]


def _file_name(path: str) -> str:
    """Return the last part of a path as it may be shown; inside an archive, the archive's own name."""
    outer = path.partition("->")[0].rstrip()
    return short(outer.rpartition("\\")[2])


def _scans(entries: Sequence[LogEntry], path: str, ends: tuple[int, ...]) -> bool:
    """Say whether a scan of this very path ended in one of these ways."""
    own = path.casefold().rstrip("\\")
    begun = {
        entry.data.get("Scan ID", "")
        for entry in entries
        if entry.number == _STARTED and own in entry.data.get("Scan Resources", "").casefold()
    }
    return any(entry.number in ends and entry.data.get("Scan ID", "-") in begun for entry in entries)
