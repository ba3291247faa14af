"""What one technician tries on one Windows laptop before a rollout: the steps, as data.

`docs/windows-checklist.md` is written from here, and so is the form that `gatepost-agent doctor --form` fills
in: nobody ticks a box that the other page does not explain. None of this has run on Windows before (see
docs/windows.md); that is what the list is for.
"""
# ruff: noqa: E501 - sentences for people

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Step(NamedTuple):
    """One thing to try."""

    do: str
    see: str
    """What must be seen. Anything else is to be written down."""
    told_by: tuple[str, ...] = ()
    """Lines of `gatepost-agent doctor` that already say something about it."""


class Part(NamedTuple):
    """Some steps that belong together."""

    name: str
    minutes: int
    steps: tuple[Step, ...]


BEFORE = (
    "A server with a room *Trial* and this policy for it: lock after 1 minute, sticks only after approval, reports on.",
    "One laptop with Windows 10 or 11 (Pro, Education or Enterprise), a second screen or projector, a phone.",
    "Two accounts on it: an administrator, and a pupil without rights whose name has Turkish letters, such as "
    "`ışıl.İnce`.",
    "Three sticks: an empty one, one with the EICAR test file (made on the server or on Linux), one with "
    "BitLocker To Go.",
    "The package, a code for one laptop, and a second package with a higher version.",
)

PARTS = (
    Part(
        "Install",
        3,
        (
            Step(
                "As administrator: `msiexec /i gatepost-agent-….msi /qn /l*v gp.log SERVERURL=… ENROLLCODE=…`, then "
                "`echo %ERRORLEVEL%`.",
                "0. Within a minute the laptop stands on the server's page *Devices*, in *Trial*.",
                ("service", "enrolment", "server", "policy"),
            ),
            Step(
                '`findstr /c:"THE CODE" gp.log` and `reg query HKLM\\SOFTWARE\\Gatepost\\Enrol`.',
                "Neither finds anything: the code is in no log, and gone from the registry.",
                ("enrolment-code",),
            ),
            Step(
                "`sc qc gatepost-agent` and `sc qfailure gatepost-agent`.",
                "LocalSystem, automatic, the path in quotation marks; three restarts.",
                ("service-settings",),
            ),
            Step(
                "As the pupil: `type C:\\ProgramData\\Gatepost\\keys\\enrolment.json` and "
                "`echo x > C:\\ProgramData\\Gatepost\\x`.",
                "Access is denied, both times.",
            ),
        ),
    ),
    Part(
        "Gate",
        4,
        (
            Step(
                "Sign in as the pupil. Press Alt+Tab, the Windows key, Win+D, Ctrl+Esc, Alt+F4, F12, the right mouse button.",
                "The school's page, before any desktop or taskbar; nothing leads past it or opens a menu.",
                ("session-start", "web-window"),
            ),
            Step(
                "Ctrl+Alt+Del, *Task Manager*, *Run new task*, `explorer`.",
                "Write down what happens. The login must not last: without an acceptance it is signed out.",
                ("login-end",),
            ),
            Step(
                "Sign in again, choose *I do not accept*.",
                "Signed out. *Agreements* on the server shows it.",
            ),
            Step(
                "Sign in again, accept.",
                "The desktop; the acceptance stands in *Agreements* under the right name, every letter of it.",
            ),
            Step(
                "End `gatepost-session.exe` in Task Manager, as the pupil.",
                "Refused; or the tray icon is back within half a minute, and *Devices* has a record of it.",
                ("logins",),
            ),
            Step(
                "As administrator rename `gatepost-agent.exe`, sign in as the pupil, name it back.",
                "The desktop opens: a broken installation locks nobody out.",
            ),
        ),
    ),
    Part(
        "Lock and lesson",
        4,
        (
            Step(
                "Leave the laptop alone for a minute.",
                "A warning, then Windows' own lock; *Lab* shows it as locked, and as open after unlocking.",
                ("lock",),
            ),
            Step(
                "Play a video in full screen for two minutes.",
                "It is not locked while it plays.",
            ),
            Step(
                "In *Lab*: *Eyes to the front*, end it, then *Lock*, then *Unlock*.",
                "Confirmed within seconds, and both screens are covered. *Unlock* says that it failed, and the screen "
                "stays locked: only its user's own sign-in opens Windows' lock.",
                ("unlock",),
            ),
            Step(
                "Close the lid, wait ten seconds, open it. Write down whether `powercfg /a` names *S0* (modern standby).",
                "Locked; the password is asked for.",
                ("suspend-lock",),
            ),
        ),
    ),
    Part(
        "Memory sticks",
        5,
        (
            Step(
                "As the pupil plug in the empty stick, then a mouse, then the phone.",
                "The stick and the phone are in no Explorer; the mouse works; the pupil is told, and *Media* has the "
                "request.",
                ("usb",),
            ),
            Step(
                "Approve it in *Media*.",
                "The check's progress, then a drive letter.",
            ),
            Step(
                "Plug in the stick with the EICAR file, approve it.",
                "No letter; *found* in *Media*; in Device Manager it is disabled. Write down whether "
                "`\\\\?\\Volume{…}` could be read in between.",
            ),
            Step(
                "Switch Defender's real-time protection off, plug the first stick in again.",
                "No letter, and the reason is said.",
            ),
            Step(
                "Plug in the BitLocker stick as staff, give its password.",
                "Checked, then open. Without the password: shut.",
            ),
            Step(
                "Restart with a stick plugged in.",
                "It stays shut, also on the way.",
            ),
        ),
    ),
    Part(
        "Help",
        1,
        (
            Step(
                "*Something's wrong* from the tray, send a sentence.",
                "The receipt; the safeguarding lead reads it. Hiding the screen by its keys works.",
                ("reports",),
            ),
        ),
    ),
    Part(
        "Breaking and leaving",
        3,
        (
            Step(
                "As administrator: `taskkill /f /im gatepost-agent.exe`.",
                "The service runs again within some seconds (`sc query gatepost-agent`), the sessions too; no record is missing.",
                ("journal",),
            ),
            Step(
                "Install the second package: `msiexec /i … /qn`, without properties.",
                "0; still enrolled, nobody was signed out; *Devices* shows the new version.",
            ),
            Step(
                "`msiexec /x gatepost-agent-….msi /qn`, restart, sign in as the pupil.",
                'The desktop at once; `reg query "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon" /v '
                "Userinit` names userinit.exe alone; the stick opens; of our files only C:\\ProgramData\\Gatepost is "
                "left.",
            ),
        ),
    ),
)


MORE = Part(
    "If there is time",
    0,
    (
        Step(
            "Turn on Narrator before the gate.",
            "It reads the page, its buttons and their names.",
        ),
        Step(
            "Rename the folder of `msedgewebview2.exe`, sign in as the pupil.",
            "The plain window comes instead, with the same words.",
            ("web-window",),
        ),
        Step(
            "Two pupils, by *Switch user*.",
            "Each has a gate, a session and a tray icon of their own.",
        ),
        Step(
            "*Eyes to the front* while typing in Word; open the Start menu.",
            "No letter arrives in Word; the seat says that a window lies above the cover.",
        ),
        Step(
            "Ctrl+Alt+H, then Tab and Enter.",
            "The screen is hidden, then shown again.",
        ),
        Step(
            "Restart `explorer.exe`; set the zoom to 150 %.",
            "The tray icon is back and opens the panel with one click; small windows stand by the taskbar.",
        ),
        Step(
            "Put a game in full screen on the app list.",
            "It is put away, and the pupil is told why.",
        ),
        Step(
            "As the pupil `setx ProgramData C:\\Users\\Public`, sign out and in.",
            "The gate still stands: nothing of ours asks the pupil's variables.",
        ),
        Step(
            "Pull the power (and the battery) while somebody works; start again.",
            "`gatepost-agent status` shows no problem of the journal, and the gate stands before the desktop.",
            ("journal",),
        ),
        Step(
            "Event Viewer, *Application*, source *Gatepost*.",
            "Texts one can read, without a name of anybody.",
        ),
    ),
)
"""Not counted: another day, or a colleague."""


def minutes() -> int:
    """Return how long all of it takes."""
    return sum(part.minutes for part in PARTS)


def title_of(part: Part) -> str:
    """Return a part's name with its time."""
    return f"{part.name} ({part.minutes} min)" if part.minutes else part.name


def numbered() -> list[tuple[str, Part, Step]]:
    """Return every step with its number, e.g. `2.3`."""
    return [
        (f"{chapter}.{number}", part, step)
        for chapter, part in enumerate((*PARTS, MORE), 1)
        for number, step in enumerate(part.steps, 1)
    ]


def decide_told(step: Step, states: Mapping[str, str]) -> list[str]:
    """Return what doctor's lines say about a step: `usb: works`, or `usb: not said`. Pure."""
    return [f"{name}: {states.get(name, 'not said')}" for name in step.told_by]


def markdown() -> str:
    """Return docs/windows-checklist.md."""
    lines = [
        "# One Windows laptop, before a rollout",
        "",
        "<!-- Written from agent/service/checklist.py: change it there. -->",
        "",
        f"{minutes()} minutes for one technician at one laptop. Nothing of this has been tried on Windows by us: our",
        "tests ran on fakes and under Wine ([which ones](windows.md)). Until somebody has filled this in, treat the",
        "Windows agent as unverified.",
        "",
        "    gatepost-agent doctor --form C:\\trial.html       (as administrator)",
        "",
        "writes the same list as a page to tick, with what the laptop says of itself filled in. Open it in a browser,",
        "tick, write, print it or save it as PDF. What you see that is not written here is what we want to know.",
        "",
        "**Before you begin**",
        "",
        *(f"- {each}" for each in BEFORE),
        "",
    ]
    for chapter, part in enumerate((*PARTS, MORE), 1):
        lines += [f"## {chapter}. {title_of(part)}", "", "| | do | see |", "|---|---|---|"]
        lines += [
            f"| {chapter}.{number} | {_cell(step.do)} | {_cell(step.see)} |"
            for number, step in enumerate(part.steps, 1)
        ]
        lines.append("")
    lines += [
        "A step that fails is no reason to stop, except the first and the one about the broken installation: if 2.6",
        "keeps the pupil out, start Windows in safe mode and set `Userinit` back as the last step says.",
        "",
    ]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def names() -> Sequence[str]:
    """Return every line of doctor that some step asks for."""
    return sorted({name for _number, _part, step in numbered() for name in step.told_by})
