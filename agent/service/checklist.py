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


AGENT = '"C:\\Program Files\\Gatepost\\gatepost-agent.exe"'
"""It is on no PATH; said in full everywhere."""

BEFORE = (
    "A server with a room *Trial*, and for that room: lock after 1 minute, 2 minutes to answer the agreement, sticks "
    "only after approval (`lock.idle_after_seconds=60`, `agreement.answer_within_seconds=120`, "
    "`usb.mode=approve_then_scan`).",
    "Reports (*Something's wrong*) switched on. That setting is the whole school's, no room's; where it is off, leave "
    "its step out or take a server made for the trial.",
    "Who signs in at the server: a technician (*Devices*, *Agreements*, *Media*), a teacher who has the room *Trial* "
    "(*Lab*), the safeguarding lead with their key (*Reports*).",
    "One laptop with Windows 10 or 11 (Pro, Education or Enterprise) and its BitLocker recovery key, a second screen "
    "or projector, a mouse, a phone.",
    "On the laptop a pupil's account without rights whose name has Turkish letters, such as `ışıl.İnce`, and a member "
    "of staff's. Both in the list of people on the server, under these names.",
    "You are Windows' built-in *Administrator* (`net user Administrator * /active:yes`, afterwards `/active:no`): the gate does not ask that "
    "account. Any other administrator is asked like everybody: one who is not in the list of people gets no desktop, "
    "and whoever is signed in during the installation is signed out half a minute later.",
    "Every command: in a *Command Prompt* opened with *Run as administrator*. In PowerShell `sc` and `%ERRORLEVEL%` "
    "are something else.",
    "A folder `C:\\trial` with the package, and a code for one laptop. With time: a second package with a higher version "
    "(how: [windows.md](windows.md#upgrade-and-remove)).",
    "Three sticks: an empty one, one with the EICAR test file (made on the server or on Linux), one with "
    "BitLocker To Go.",
)

BROKEN = Step(
    'Sign the pupil out. As administrator: `ren "C:\\Program Files\\Gatepost\\gatepost-agent.exe" away.exe`. Stay signed '
    "in, and by *Switch user* sign in as the pupil. Afterwards: "
    '`ren "C:\\Program Files\\Gatepost\\away.exe" gatepost-agent.exe`.',
    "The desktop opens: a broken installation locks nobody out. About half a minute later the pupil is signed out by "
    "the service, which still runs: that is right.",
)
UPGRADE = Step(
    "With the pupil signed in, install the second package: "
    "`start /wait msiexec /i C:\\trial\\SECOND.msi /qn`, without properties; `echo %ERRORLEVEL%`.",
    "0; still enrolled, nobody was signed out; *Devices* shows the new version.",
)

PARTS = (
    Part(
        "Install",
        3,
        (
            Step(
                "`start /wait msiexec /i C:\\trial\\FIRST.msi /qn /l*v C:\\trial\\gp.log SERVERURL=… ENROLLCODE=…`, then "
                "`echo %ERRORLEVEL%`. Without `start /wait` the prompt does not wait, and the number means nothing.",
                "0. Within a minute the laptop stands on the server's page *Devices*, in *Trial*.",
                ("service", "enrolment", "server", "policy"),
            ),
            Step(
                f"The form: `{AGENT} doctor --form C:\\trial\\form.html`.",
                "This list as a page to tick, with what the laptop says of itself filled in. Copy it to another "
                "computer or print it: the page keeps nothing by itself, and this laptop restarts.",
            ),
            Step(
                '`type C:\\trial\\gp.log | find /c "SERVERURL"`, the same with the code in place of SERVERURL, then '
                "`reg query HKLM\\SOFTWARE\\Gatepost\\Enrol`.",
                "More than 0 (so the log can be read); 0 for the code; no such key.",
                ("enrolment-code",),
            ),
            Step(
                "`sc qc gatepost-agent` and `sc qfailure gatepost-agent`.",
                "LocalSystem, automatic, the path in quotation marks; three restarts.",
                ("service-settings",),
            ),
        ),
    ),
    Part(
        "Gate",
        6,
        (
            Step(
                "Sign in as the pupil. Press Alt+Tab, the Windows key, Win+D, Ctrl+Esc, Alt+F4, F12, the right mouse button.",
                "The school's page, before any desktop or taskbar; nothing leads past it or opens a menu.",
                ("session-start", "web-window"),
            ),
            Step(
                "Ctrl+Alt+Del, *Task Manager*, *Run new task*, `explorer`. Do not answer the page.",
                "Write down what happens. The login must not last: when the time to answer is over (2 minutes here, 15 as "
                "delivered), it is signed out.",
                ("login-end",),
            ),
            Step(
                "Sign in again, press *Sign out* on the page (the youngest pupils' says *Stop*).",
                "Signed out. *Agreements* on the server shows it.",
            ),
            Step(
                "Sign in again, read to the end, press *I accept* (the youngest: *Yes, I will*).",
                "The desktop; the acceptance stands in *Agreements* under the right name, every letter of it.",
            ),
            Step(
                "In the pupil's own Command Prompt: `type C:\\ProgramData\\Gatepost\\keys\\enrolment.json` and "
                "`echo x > C:\\ProgramData\\Gatepost\\x`.",
                "Access is denied, both times.",
            ),
            Step(
                "End `gatepost-session.exe` in Task Manager, as the pupil.",
                "Refused; or the screen locks, the tray icon is back within half a minute, and *Devices* has a record of it.",
                ("logins",),
            ),
            BROKEN,
        ),
    ),
    Part(
        "Lock and lesson",
        3,
        (
            Step(
                "Sign in as the pupil and leave the laptop alone for a minute.",
                "A warning, then Windows' own lock; *Lab* shows it as locked, and as open after unlocking.",
                ("lock",),
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
        4,
        (
            Step(
                "As the pupil plug in the empty stick and press *Ask to open it*; then a mouse, then the phone.",
                "The stick and the phone are in no Explorer; the mouse works; the pupil is told, and *Media* has the "
                "request.",
                ("usb",),
            ),
            Step(
                "Approve it in *Media*.",
                "The check's progress, then a drive letter.",
            ),
            Step(
                "Plug in the stick with the EICAR file, ask, approve it.",
                "No letter; *found* in *Media*; in Device Manager it is disabled. Write down whether "
                "`\\\\?\\Volume{…}` could be read in between.",
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
        "More, half an hour and before the package goes; the first five belong to every rollout",
        0,
        (
            Step(
                "Play a video in full screen for two minutes.",
                "It is not locked while it plays.",
            ),
            Step(
                "Restart with the EICAR stick plugged in.",
                "It stays shut, also on the way.",
            ),
            Step(
                "As the member of staff: plug in the BitLocker stick, ask, have it approved, give its password.",
                "Checked, then open. Without the password: shut.",
            ),
            Step(
                "Switch Defender's real-time protection off, plug the first stick in again. Then switch Defender on again.",
                "No letter, and the reason is said.",
            ),
            UPGRADE,
            Step(
                "Turn on Narrator before the gate.",
                "It reads the page, its buttons and their names.",
            ),
            Step(
                "Rename the folder of `msedgewebview2.exe`, sign in as the pupil, name it back.",
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
                f"`{AGENT} status` shows no problem of the journal, and the gate stands before the desktop.",
                ("journal",),
            ),
            Step(
                "Event Viewer, *Application*, source *Gatepost*.",
                "Texts one can read, without a name of anybody.",
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
                "`start /wait msiexec /x C:\\trial\\FIRST.msi /qn` (after an upgrade the second package: only the one that "
                "is installed now can be named), `echo %ERRORLEVEL%`, restart, sign in as the pupil.",
                '0 (1605: that package is not the one). The desktop at once; `reg query "HKLM\\SOFTWARE\\Microsoft\\Windows '
                'NT\\CurrentVersion\\Winlogon" /v Userinit` names userinit.exe alone; the stick opens; of our files only '
                "C:\\ProgramData\\Gatepost is left.",
            ),
        ),
    ),
)
"""A part without minutes is not among the twenty: another time, or a colleague."""


def minutes() -> int:
    """Return how long the timed parts take: what we reckon, nobody has tried it."""
    return sum(part.minutes for part in PARTS)


def title_of(part: Part) -> str:
    """Return a part's name with its time."""
    return f"{part.name} ({part.minutes} min)" if part.minutes else part.name


def numbered() -> list[tuple[str, Part, Step]]:
    """Return every step with its number, e.g. `2.3`."""
    return [
        (f"{chapter}.{number}", part, step)
        for chapter, part in enumerate(PARTS, 1)
        for number, step in enumerate(part.steps, 1)
    ]


def number_of(wanted: Step) -> str:
    """Return a step's number."""
    return next(number for number, _part, step in numbered() if step is wanted)


def rescue() -> tuple[str, ...]:
    """Return what stands at the end: when to stop, and the way back to a desktop."""
    return (
        f"A step that fails is no reason to stop, except the first and {number_of(BROKEN)}. If somebody gets no desktop "
        "and you are not signed in any more: **safe mode does not help**. Windows starts our program there too, but no "
        "service of ours; after 20 seconds (two minutes after the start at the earliest) it signs everybody out, administrators too.",
        "Hold Shift at *Restart* (the sign-in screen has it), then *Troubleshoot*, *Advanced options*, *Command Prompt* (BitLocker asks for its "
        "recovery key; Windows may lie on D: there): "
        '`ren "C:\\Program Files\\Gatepost\\gatepost-agent.exe" away.exe`, restart. Now nothing asks and no service '
        "runs: the desktop opens. If it does not, put `Userinit` back in the registry from there: "
        "[windows.md](windows.md#if-nobody-gets-a-desktop).",
    )


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
        f"{minutes()} minutes for one technician at one laptop, once what is needed is ready: the parts with a time. One part",
        "without a time comes before the last. The times are reckoned: nothing of this has been tried on Windows by us, our",
        "tests ran on fakes and under Wine ([which ones](windows.md)). Until somebody has filled this in, treat the",
        "Windows agent as unverified. What you see that is not written here is what we want to know.",
        "",
        "**Before you begin**",
        "",
        *(f"- {each}" for each in BEFORE),
        "",
    ]
    for chapter, part in enumerate(PARTS, 1):
        lines += [f"## {chapter}. {title_of(part)}", "", "| | do | see |", "|---|---|---|"]
        lines += [
            f"| {chapter}.{number} | {_cell(step.do)} | {_cell(step.see)} |"
            for number, step in enumerate(part.steps, 1)
        ]
        lines.append("")
    lines += ["**If something fails**", ""]
    for each in rescue():
        lines += [each, ""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def names() -> Sequence[str]:
    """Return every line of doctor that some step asks for."""
    return sorted({name for _number, _part, step in numbered() for name in step.told_by})
