"""What every setting is called, in words a school uses: one catalogue for the page and the command line.

A test walks the `Settings` tree and fails if a setting has no entry here. English stands in this file; the
pages say it in the reader's language.
"""

from server.wording.entries import Entry
from server.wording.entries import mark as _
from server.wording.lab import APPS, HOURS, LAB

PARTS: dict[str, str] = {
    "lock": _("Screen lock"),
    "hours": _("Hours and supervision"),
    "usb": _("Memory sticks"),
    "agreement": _("Agreement"),
    "login": _("Who may log in"),
    "usage": _("App usage"),
    "apps": _("Which apps may be used"),
    "lab": _("What a teacher may do in a room"),
    "report": _("“Something’s wrong”"),
    "self_test": _("Self-test"),
    "connection": _("Connection to this server"),
}
"""The branches of the settings, in the order of the page."""
SCAN = _("Limits of a stick’s check")
"""Folded away on the page: most schools never change them."""

MODES = {
    "off": _("as on any laptop"),
    "forbid": _("never"),
    "staff_encrypted_approved": _("staff only, encrypted, approved by the technician"),
    "approve_then_scan": _("ask, then check"),
    "copy": _("ask, then a checked copy"),
}
TIER_WORDS = {
    "early": _("Early"),
    "junior": _("Junior"),
    "teen": _("Teen"),
    "adult": _("Adult"),
    "visitor": _("Visitor"),
}

_LOCK = {
    "lock.idle_after_seconds": Entry(
        _("Lock after"),
        _("lock after %(value)s"),
        "seconds",
        _("Time without keyboard or mouse."),
    ),
    "lock.countdown_seconds": Entry(
        _("Countdown before the lock"),
        _("a countdown of %(value)s before the lock"),
        "seconds",
        _("Shown at the end of that time, so that nobody is surprised. 0 shows none."),
    ),
    "lock.inhibit_cap_seconds": Entry(
        _("A playing film keeps the screen open for up to"),
        _("a film keeps the screen open for up to %(value)s"),
        "seconds",
        _("Counted from the last key or mouse. 0: films do not count."),
    ),
    "lock.sign_out_after_seconds": Entry(
        _("Sign a locked screen out after"),
        _("a locked screen is signed out: %(value)s"),
        "after",
        _("Unsaved work is lost then. Empty: never."),
    ),
    "lock.if_session_lost": Entry(
        _("If somebody ends Gatepost’s own program"),
        _("if Gatepost’s own program is ended: %(value)s"),
        "one",
        _("The program in the login that senses idle time."),
        {"lock": _("the screen locks"), "end": _("the login ends")},
    ),
}
_USB = {
    "usb.mode": Entry(
        _("Memory sticks"),
        _("memory sticks: %(value)s"),
        "one",
        _("What happens when a stick is plugged in."),
        MODES,
    ),
    "usb.later": Entry(
        _("Another rule from a day on"),
        _("memory sticks later: %(value)s"),
        "later",
        _("Laptops change by themselves on that day, also offline."),
        MODES,
    ),
    "usb.approvers": Entry(
        _("Who may say yes to a stick"),
        _("who may say yes to a stick: %(value)s"),
        "several",
        _("A teacher only for their own rooms, for reading, until the end of the day."),
        {"technician": _("technician"), "teacher": _("teacher")},
    ),
    "usb.longest_approval_days": Entry(
        _("Longest yes"),
        _("a yes to a stick holds at most %(value)s"),
        "days",
        _("No approval is given for longer."),
    ),
    "usb.read_only_first": Entry(
        _("A yes opens a stick"),
        _("a yes opens a stick %(value)s"),
        "switch",
        _("The technician can choose otherwise each time."),
        {"true": _("for reading"), "false": _("for reading and writing")},
    ),
    "usb.pupil_data_needs_head": Entry(
        _("When pupil data is to leave the school"),
        _("pupil data on a stick needs %(value)s"),
        "switch",
        _("In either case only on an encrypted stick."),
        {"true": _("the head’s yes too"), "false": _("one yes")},
    ),
    "usb.phones_and_cameras": Entry(
        _("Phones and cameras"),
        _("phones and cameras: %(value)s"),
        "one",
        _("They stay shut either way; this is what their owners read."),
        {"forbid": _("never"), "listed": _("their card in a reader")},
    ),
    "usb.scan.most_files": Entry(
        _("Check: most files"),
        _("a check reads at most %(value)s files"),
        "count",
        _("A stick with more stays shut."),
    ),
    "usb.scan.most_bytes": Entry(
        _("Check: most data"),
        _("a check reads at most %(value)s"),
        "bytes",
        _("A stick with more stays shut."),
    ),
    "usb.scan.most_file_bytes": Entry(
        _("Check: largest file"),
        _("a check reads files of up to %(value)s"),
        "bytes",
        _("A stick with a larger file stays shut."),
    ),
    "usb.scan.deepest_archive": Entry(
        _("Check: archives within archives"),
        _("a check looks into archives %(value)s deep"),
        "count",
        _("A deeper one is not believed and the stick stays shut."),
    ),
    "usb.scan.longest_seconds": Entry(
        _("Check: longest time"),
        _("a check takes at most %(value)s"),
        "seconds",
        _("What was not checked by then stays shut."),
    ),
    "usb.scan.signatures_max_age_hours": Entry(
        _("Check: oldest virus signatures"),
        _("virus signatures count for %(value)s"),
        "hours",
        _("With older ones nothing counts as checked."),
    ),
}
_PEOPLE = {
    "agreement.languages": Entry(
        _("Languages of the agreement"),
        _("the agreement is offered in %(value)s"),
        "several",
        _("The first is the school’s own. Each needs your words about consequences."),
        {"en": "English", "tr": "Türkçe"},
    ),
    "agreement.answer_within_seconds": Entry(
        _("Time to answer the agreement"),
        _("the agreement is to be answered within %(value)s"),
        "seconds",
        _("Without an answer by then, the login ends."),
    ),
    "agreement.read_at_least_seconds": Entry(
        _("Shortest reading that counts"),
        _("a reading of at least %(value)s counts"),
        "seconds",
        _("Nobody reads every page in less."),
    ),
    "agreement.school_year_starts": Entry(
        _("School year starts"),
        _("the school year starts on %(value)s"),
        "month-day",
        _("Month and day, such as 09-01. Everybody is asked again after it."),
    ),
    "agreement.staff_countersigned": Entry(
        _("What a member of staff accepts"),
        _("what staff accept %(value)s"),
        "switch",
        _("Nobody is asked twice."),
        {"true": _("is countersigned by the head"), "false": _("needs no countersignature")},
    ),
    "agreement.if_gate_fails": Entry(
        _("If the agreement cannot be shown"),
        _("if the agreement cannot be shown: %(value)s"),
        "one",
        _("A broken update must not close a school, unless the school wants it so."),
        {"end": _("the login ends"), "open": _("the login opens, and you are told")},
    ),
    "login.unknown_login": Entry(
        _("An account that is on no list"),
        _("an account on no list gets %(value)s"),
        "one",
        _("Help and signing out are always there."),
        {"refuse": _("help and sign-out only"), "visitor": _("the visitor’s agreement")},
    ),
    "login.offline_days": Entry(
        _("Logging in without the server"),
        _("who is known to a laptop logs in without the server for %(value)s"),
        "days",
        _("Only people who logged in on that laptop before."),
    ),
    "login.induction": Entry(
        _("A pupil without an induction"),
        _("a pupil without an induction date %(value)s"),
        "one",
        _("Help and signing out are always there."),
        {"off": _("logs in as everybody"), "required": _("is not let in alone")},
    ),
    "usage.record_apps": Entry(
        _("Which apps are used"),
        _("which apps are used %(value)s"),
        "switch",
        _("Names and times, never titles or addresses. The agreement says which it is."),
        {"true": _("is recorded"), "false": _("is not recorded")},
    ),
    "usage.active_within_seconds": Entry(
        _("Counts as in use for"),
        _("an app counts as in use for %(value)s after the last key"),
        "seconds",
        _("After the last key or mouse."),
    ),
    "usage.send_after_records": Entry(
        _("Send usage after so many records"),
        _("usage is sent after %(value)s records"),
        "count",
        _("Whichever comes first, this or the time below."),
    ),
    "usage.send_after_seconds": Entry(
        _("Send usage at least every"),
        _("usage is sent at least every %(value)s"),
        "seconds",
    ),
}
_HELP = {
    "report.enabled": Entry(
        _("Sealed reports"),
        _("sealed reports are %(value)s"),
        "switch",
        _("Needs two officers with keys and a recovery sheet: page Reporting."),
        {"true": _("taken"), "false": _("not taken, pupils call for help")},
    ),
    "report.shortcut": Entry(
        _("Keys that hide the screen"),
        _("the keys that hide the screen are %(value)s"),
        "text",
        _("Such as Ctrl+Alt+H."),
    ),
    "report.answer_within_hours": Entry(
        _("A pupil is told to expect an answer within"),
        _("a pupil is told to expect an answer within %(value)s"),
        "hours",
        _("On school days. Choose what your school can keep."),
    ),
    "report.danger_minutes": Entry(
        _("“Someone may be in danger” goes further after"),
        _("“someone may be in danger” goes further after %(value)s"),
        "minutes",
        _("Unopened so long, it goes to the deputies; as long again, to the head."),
    ),
    "report.soon_minutes": Entry(
        _("Any other report goes further after"),
        _("any other report goes further after %(value)s"),
        "minutes",
    ),
    "report.helplines": Entry(
        _("Help outside school"),
        _("help outside school: %(value)s"),
        "helplines",
        _("Real numbers, each of them rung. Nothing is dialled by itself."),
        TIER_WORDS,
    ),
    "report.helplines_checked": Entry(
        _("Somebody last rang them on"),
        _("the helplines were last rung on %(value)s"),
        "day",
    ),
    "report.ceop": Entry(
        _("The CEOP way to report"),
        _("the CEOP way to report is %(value)s"),
        "switch",
        "",
        {"true": _("shown"), "false": _("not shown")},
    ),
    "report.agencies": Entry(
        _("Whom the school asks or refers to"),
        _("whom the school asks or refers to: %(value)s"),
        "lines",
        _("One in a line. A checklist for officers; nothing is ever sent by itself."),
    ),
    "report.tell_about_looks": Entry(
        _("When an adult responsible for safety looks at a pupil’s record"),
        _("when an adult responsible for safety looks, the pupil %(value)s"),
        "switch",
        "",
        {"true": _("is told"), "false": _("is not told")},
    ),
    "report.mask_below": Entry(
        _("Governors see no count under"),
        _("governors see no count under %(value)s"),
        "count",
        _("A small number can point at a child."),
    ),
    "self_test.every_days": Entry(
        _("Laptops test themselves every"),
        _("laptops test themselves every %(value)s"),
        "days",
        _("Gate, lock, stick check, report and sending. 0: only when asked."),
    ),
    "self_test.at": Entry(
        _("Time of the self-test"),
        _("the self-test is at %(value)s"),
        "clock",
        _("Only while nobody is logged in. A laptop that was off tests after its next start."),
    ),
    "connection.server": Entry(
        _("Address of this server"),
        _("laptops find the server at %(value)s"),
        "text",
        _("Such as https://gatepost.school.example:8443. Empty: as at enrolment."),
    ),
    "connection.ca_pem": Entry(
        _("Authority of the server’s certificate"),
        _("the server’s certificate comes from %(value)s"),
        "long-text",
        _("In PEM. Empty: as at enrolment."),
    ),
    "connection.grace_minutes": Entry(
        _("Back by itself after"),
        _("a laptop that does not reach the server goes back after %(value)s"),
        "minutes",
        _("Only these three settings are taken back. Pulling the cable weakens nothing else."),
    ),
}
SETTINGS: dict[str, Entry] = {**_LOCK, **HOURS, **_USB, **_PEOPLE, **APPS, **LAB, **_HELP}
"""Of every setting of `policies.settings.Settings`, by its name in the files."""
