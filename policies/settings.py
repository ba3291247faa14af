"""The settings a school may choose, as one closed tree.

A settings file with an unknown field, a wrong type or a number outside its range is refused whole:
half a policy is worse than yesterday's. Durations are in seconds. Numbers without a school's own
choice are ours, because none of the five policies we studied names one (REQUIREMENTS, conflict 2).
"""

import re
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from policies.lab_settings import AppsSettings, HoursSettings, LabSettings
from policies.settings_base import LANGUAGES as LANGUAGES
from policies.settings_base import TIERS as TIERS
from policies.settings_base import Language as Language
from policies.settings_base import Line as Line
from policies.settings_base import Name as Name
from policies.settings_base import Part as Part
from policies.settings_base import Tier as Tier

_CERTIFICATES = re.compile(
    r"\s*(-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+"
)


class SettingsRefused(Exception):
    """These settings are not taken, not even in part. The text names the field and what is wrong."""


class AgreementSettings(Part, frozen=True, kw_only=True):
    """When the agreement is asked for, and what happens when it cannot be."""

    languages: Annotated[tuple[Language, ...], Meta(min_length=1, max_length=2)] = ("en", "tr")
    """Offered at the gate; the first is the school's own."""
    answer_within_seconds: Annotated[int, Meta(ge=60, le=3600)] = 900
    """No answer by then counts as declined by time, and the login ends."""
    read_at_least_seconds: Annotated[int, Meta(ge=0, le=120)] = 3
    """A shorter reading is not believed: no person reads every page in less."""
    school_year_starts: Annotated[str, Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")] = "09-01"
    """Month and day; an acceptance given before this year's date has lapsed (R9)."""
    staff_countersigned: bool = False
    """An adult's acceptance is pending until the head countersigns it (R8). It asks nobody twice."""
    if_gate_fails: Literal["end", "open"] = "end"
    """`open` lets the login through with an alerted record: a broken update need not close a school."""

    def __post_init__(self) -> None:
        """Refuse a language that is named twice."""
        if len(set(self.languages)) != len(self.languages):
            raise ValueError("languages names one language twice")


class LockSettings(Part, frozen=True, kw_only=True):
    """When an unattended screen locks (R17)."""

    idle_after_seconds: Annotated[int, Meta(ge=30, le=3600)] = 300
    countdown_seconds: Annotated[int, Meta(ge=0, le=120)] = 30
    """Shown before the lock, inside `idle_after_seconds`."""
    inhibit_cap_seconds: Annotated[int, Meta(ge=0, le=14400)] = 3600
    """A film may hold the lock off this long, counted from the last input."""
    sign_out_after_seconds: Annotated[int, Meta(ge=300, le=86400)] | None = None
    """Locked this long ends the login; `None` never does."""
    if_session_lost: Literal["lock", "end"] = "lock"
    """What follows when the login's own agent process is killed or falls silent."""

    def __post_init__(self) -> None:
        """Refuse a countdown that would begin before the idle time does."""
        if self.countdown_seconds > self.idle_after_seconds:
            raise ValueError("countdown_seconds is longer than idle_after_seconds")


class UsageSettings(Part, frozen=True, kw_only=True):
    """Which apps are recorded: names and times, never titles (R36)."""

    record_apps: bool = True
    active_within_seconds: Annotated[int, Meta(ge=10, le=600)] = 60
    """Time counts as active while the last input is at most this old."""
    send_after_records: Annotated[int, Meta(ge=1, le=100)] = 100
    send_after_seconds: Annotated[int, Meta(ge=5, le=3600)] = 300


class LoginSettings(Part, frozen=True, kw_only=True):
    """Who may use a laptop."""

    unknown_login: Literal["refuse", "visitor"] = "refuse"
    """An account no one listed: help and sign-out only, or the visitor's agreement (R7, R2)."""
    offline_days: Annotated[int, Meta(ge=0, le=120)] = 30
    """How long a person known here may log in while the server cannot be reached."""
    induction: Literal["off", "required"] = "off"
    """required: a pupil without an induction date is not let in alone (R11); help and sign-out stay."""


UsbMode = Literal["off", "forbid", "staff_encrypted_approved", "approve_then_scan", "copy"]
"""off: sticks are none of Gatepost's business. forbid: shut, no asking, technicians too (R26).
staff_encrypted_approved: staff only, encrypted only, by the technician (R27). approve_then_scan: shut until
an adult said yes and the check found nothing (R25). copy: the same, but the checked files are copied and
the stick itself stays shut."""
Approver = Literal["technician", "teacher"]


class ModeFrom(Part, frozen=True, kw_only=True):
    """Another mode from a day on."""

    from_day: date
    mode: UsbMode


class ScanSettings(Part, frozen=True, kw_only=True):
    """Limits of one check. What is beyond a limit was not checked, and what was not checked stays shut."""

    most_files: Annotated[int, Meta(ge=1, le=1_000_000)] = 100_000
    most_bytes: Annotated[int, Meta(ge=1_000_000, le=4_000_000_000_000)] = 64_000_000_000
    most_file_bytes: Annotated[int, Meta(ge=1_000_000, le=4_000_000_000)] = 2_000_000_000
    """clamd itself takes no file of 2 GiB or more (facts/usb-vm.md); a larger number only helps others."""
    deepest_archive: Annotated[int, Meta(ge=1, le=32)] = 16
    longest_seconds: Annotated[int, Meta(ge=10, le=14400)] = 1800
    signatures_max_age_hours: Annotated[int, Meta(ge=1, le=2160)] = 168
    """Older signatures check nothing (R31); a week is ours."""


class UsbSettings(Part, frozen=True, kw_only=True):
    """Memory sticks, phones, cameras and cards (R25 to R31)."""

    mode: UsbMode = "off"
    later: Annotated[tuple[ModeFrom, ...], Meta(max_length=6)] = ()
    """Modes that begin on a day to come, in the order of their days."""
    approvers: Annotated[tuple[Approver, ...], Meta(min_length=1, max_length=2)] = ("technician",)
    """Who may say yes; a teacher only for their own rooms."""
    longest_approval_days: Annotated[int, Meta(ge=1, le=400)] = 120
    """No approval is given for longer, a standing one included."""
    read_only_first: bool = True
    """A yes opens for reading unless the technician chooses writing. False: the technician's choice begins
    with writing. Teachers give reading only."""
    pupil_data_needs_head: bool = True
    """Pupil data leaves the school only if the head says yes too, and only encrypted (R28)."""
    phones_and_cameras: Literal["forbid", "listed"] = "forbid"
    """Either way they stay shut on laptops of this version: they offer no disk, and what cannot be mounted
    cannot be checked. listed: their owners read that a card in a reader can be (R29)."""
    scan: ScanSettings = ScanSettings()

    def __post_init__(self) -> None:
        """Refuse days out of order and an approver named twice."""
        days = [change.from_day for change in self.later]
        if days != sorted(set(days)):
            raise ValueError("later has to name each day once, in the order of the calendar")
        if len(set(self.approvers)) != len(self.approvers):
            raise ValueError("approvers names one office twice")

    @property
    def ever_gates(self) -> bool:
        """Say whether sticks are shut under this policy, now or from a day to come."""
        return self.mode != "off" or any(change.mode != "off" for change in self.later)


class Helpline(Part, frozen=True, kw_only=True):
    """Help outside school, in the school's own choice and words (R88)."""

    name: Name
    how: Line
    """A number or an address, as a person reads it."""
    tiers: Annotated[tuple[Tier, ...], Meta(min_length=1, max_length=5)] = TIERS
    emergency: bool = False
    """Shown first, under *I am in danger now*."""


class ReportSettings(Part, frozen=True, kw_only=True):
    """The *Something's wrong* button (R42 to R51, R87, R88)."""

    enabled: bool = False
    """Only where the policy carries a list of at least two officers and a recovery sheet."""
    shortcut: Annotated[
        str, Meta(pattern=r"^(Ctrl|Alt|Shift|Super)(\+(Ctrl|Alt|Shift|Super))*\+([A-Z]|F[1-9]|F1[0-2])$")
    ] = "Ctrl+Alt+H"
    """Hides the screen at once."""
    answer_within_hours: Annotated[int, Meta(ge=1, le=168)] = 24
    """What a pupil is told to expect, on school days."""
    danger_minutes: Annotated[int, Meta(ge=5, le=1440)] = 30
    """So long unopened, "someone may be in danger" goes to the deputies; as long again, to the head."""
    soon_minutes: Annotated[int, Meta(ge=15, le=10080)] = 240
    """The same for every other report."""
    helplines: Annotated[tuple[Helpline, ...], Meta(max_length=12)] = ()
    helplines_checked: date | None = None
    """When somebody last rang them (R88); older than a school year is said on the officers' page."""
    ceop: bool = False
    """Show the CEOP way to report, where the school uses it (R87)."""
    agencies: Annotated[tuple[Name, ...], Meta(max_length=20)] = ()
    """The school's own checklist of whom to ask or refer to (R58). Nothing is ever sent by itself."""
    tell_about_looks: bool = True
    """Tell a pupil that an adult responsible for safety looked at their record."""
    mask_below: Annotated[int, Meta(ge=2, le=20)] = 5
    """Counts under this are not shown to governors (R65)."""


class ConnectionSettings(Part, frozen=True, kw_only=True):
    """
    Where the server is: the only settings a laptop takes back by itself.

    A laptop that cannot reach its server within `grace_minutes` after these changed goes back to the last
    that worked, and weakens nothing else.
    """

    server: Annotated[str, Meta(max_length=300, pattern=r"^(https://[^/?#\s]+)?$")] = ""
    """Empty: as at enrolment."""
    ca_pem: Annotated[str, Meta(max_length=16_384)] = ""
    """The authority the server's certificate comes from; empty: as at enrolment."""
    grace_minutes: Annotated[int, Meta(ge=1, le=1440)] = 30

    def __post_init__(self) -> None:
        """Refuse what no laptop could read as a certificate."""
        if self.ca_pem and not _CERTIFICATES.fullmatch(self.ca_pem):
            raise ValueError("ca_pem has to hold certificates as text: -----BEGIN CERTIFICATE----- and so on")


class SelfTestSettings(Part, frozen=True, kw_only=True):
    """When a laptop tries by itself that gate, lock, stick check, report and sending work (R83)."""

    every_days: Annotated[int, Meta(ge=0, le=90)] = 7
    """0: only when asked."""
    at: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "07:30"
    """Local time; a laptop that was off then tests after its next start, while nobody is logged in."""


class Contact(Part, frozen=True, kw_only=True):
    """Whom a pupil can turn to, in the school's own words (R70, R88)."""

    name: Name
    role: Line = ""
    how: Line = ""
    """A phone number, a place, or when to come. Never filled in by us."""


class School(Part, frozen=True, kw_only=True):
    """What every text may say about this school."""

    name: Name
    contacts: Annotated[tuple[Contact, ...], Meta(min_length=1, max_length=12)]
    consequences: dict[Language, Annotated[str, Meta(min_length=20, max_length=1200)]]
    """What happens when the rules are broken, one text per language; no agreement without it (R13)."""


class Settings(Part, frozen=True, kw_only=True):
    """All of it: what a technician may set and a laptop obeys."""

    agreement: AgreementSettings = AgreementSettings()
    lock: LockSettings = LockSettings()
    usage: UsageSettings = UsageSettings()
    login: LoginSettings = LoginSettings()
    usb: UsbSettings = UsbSettings()
    report: ReportSettings = ReportSettings()
    connection: ConnectionSettings = ConnectionSettings()
    self_test: SelfTestSettings = SelfTestSettings()
    hours: HoursSettings = HoursSettings()
    apps: AppsSettings = AppsSettings()
    lab: LabSettings = LabSettings()


def refusal_sentence(problem: msgspec.ValidationError) -> str:
    """Return what msgspec found as one sentence that begins with the field, as written in the file."""
    what, _, path = str(problem).partition(" - at ")
    field = path.strip("`").removeprefix("$").removeprefix(".")
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", what, re.DOTALL)
    if unknown:
        place = f"{field}.{unknown[1]}" if field else unknown[1]
        return f"{place}: there is no such setting. Look for a misspelt word, or take it out."
    missing = re.fullmatch(r"Object missing required field `(.*)`", what)
    if missing:
        place = f"{field}.{missing[1]}" if field else missing[1]
        return f"{place}: this is missing and must be given."
    return f"{field}: {what}." if field else f"{what}."
