"""A school in which every address of the server has something behind it, of one's own and of others."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from policies import schools, sealing
from policies.recording import Stream
from policies.records import HelpAsked, ProblemReported
from policies.settings import ReportSettings
from server import accounts, case_quarantine, loans, media_answers, officers, publishing, self_tests
from server.accounts import Staff
from server.case_tables import case_tasks
from server.media_answers import Adult, Yes
from server.media_tables import media_approvals, media_detections
from server.tables import records
from tests.support import case_school, media_school, school
from tests.support.case_school import CaseSchool

EXTRA = {
    "d.amos": ("Dina Amos", frozenset({"safeguarding"})),
    "g.frost": ("Gale Frost", frozenset({"governor"})),
    "s.lane": ("Sue Lane", frozenset({"specialist"})),
}
OWN, OTHER = school.LAPTOPS["L-001"], school.LAPTOPS["L-011"]
CASES = {"safeguarding": "a" * 32, "head": "b" * 32, "alternate": "c" * 32}
"""A report that is sealed to each office and to no other."""
SECOND = {column: case.upper().translate(str.maketrans("ABC", "def")) for column, case in CASES.items()}
"""Another one, to link with."""
TASKS = {case: case[:16] for case in CASES.values()}


def make(folder: Path, *, hosts: tuple[str, ...] = ()) -> CaseSchool:
    """Return the invented school of the page tests, with officers, sealed reports and broken things."""
    house, now = school.make_house(folder, hosts=hosts), datetime.now(UTC)
    profile = schools.load_profile("primary-england")
    with house.db.write() as connection:
        for name, (shown, roles) in EXTRA.items():
            accounts.add_staff(
                connection, name=name, display_name=shown, roles=roles, password=school.PASSWORD, now=now
            )
    made = CaseSchool(
        house,
        {},
        sealing.new_signing_key(),
        sealing.new_opening_key(),
        case_school._enrol(house, now, "L-777", school.ROOM),
        now,
    )
    for name in case_school.PLACES:
        made.put_key(name)
    made.publish_list()
    on = msgspec.structs.replace(profile.settings, usb=school.USB, report=ReportSettings(enabled=True))
    with house.db.write() as connection:
        publishing.publish(
            connection, school=profile.school, settings=on, tiers=profile.tiers, profile="primary-england",
            by="test", now=now,
        )  # fmt: skip
    for cases in (CASES, SECOND):
        made.send(report=cases["safeguarding"])
        made.send(report=cases["head"], subject="staff")
        made.send(report=cases["alternate"], subject="head")
    broken = ProblemReported(at=now, login="1" * 32, os_user="ada", person="p1", kind="broken", words="Keys")
    made.bring(broken, stream=Stream.VITAL)
    with house.db.write() as connection:
        for device in (OWN, OTHER):
            _call_for_help(connection, device, now)
    _answer_sticks(made, now)
    _ask_to_isolate(made, now)
    _lend_and_sign(made, now)
    return made


def keep_for_evidence(made: CaseSchool) -> None:
    """Let the lead secure the laptop that the first report came from."""
    case = CASES["safeguarding"]
    with made.house.db.write() as connection:
        reader = officers.reader_of(connection, accounts.find_staff(connection, "r.carver"))
        assert reader is not None
        case_quarantine.set_quarantine(
            connection, reader, case, on=True, envelope=made.note("r.carver", case), now=datetime.now(UTC)
        )


def _call_for_help(connection: Connection, device: str, now: datetime) -> None:
    asked = HelpAsked(at=now, login=school.login_id(1), os_user="ada", person="p1", place="panel")
    connection.execute(
        records.insert().values(
            device=device, stream="vital", seq=1, type="help-asked", at=now, received_at=now,
            login=asked.login, os_user="ada", person="p1", body=msgspec.json.encode(asked).decode(),
        )
    )  # fmt: skip


def _lend_and_sign(made: CaseSchool, now: datetime) -> None:
    """Ask for one loan, and sign a period of self-tests: both become number 1."""
    form = loans.Form("Hazel", "Birch 13", "BR13-40217", "Ben Hollis's parents", now.date().isoformat())
    with made.house.db.write() as connection:
        loans.ask(connection, OWN, form, loans.Adult("Tom Ashby"), now)
        figures = self_tests.figures_of(connection, now.date(), now.date())
        self_tests.sign(connection, figures, staff=None, by="Neil Okafor", note="", now=now)


def _answer_sticks(made: CaseSchool, now: datetime) -> None:
    yes = Yes(until=now + timedelta(hours=1))
    with made.house.db.write() as connection:
        for name, laptop, request in (
            ("t.ashby", "L-009", media_school.VERA),
            ("t.ashby", "L-010", media_school.WILL),
            ("l.demir", "L-001", media_school.ADA),
        ):
            one = accounts.find_staff(connection, name)
            media_answers.approve(
                connection, school.USB, school.LAPTOPS[laptop], request, _adult(one), yes, now
            )


def _adult(one: Staff) -> Adult:
    return Adult(one.display_name, one.roles, frozenset(one.rooms), one.id)


def _ask_to_isolate(made: CaseSchool, now: datetime) -> None:
    with made.house.db.write() as connection:
        for case, task in TASKS.items():
            connection.execute(
                case_tasks.insert().values(
                    id=task, case=case, kind="isolate", made_at=now, made_by="Ruth Carver", due=now,
                    place="Lab 2, printer shelf",
                )
            )  # fmt: skip


def examples(path: str, whose: str, column: str, here: CaseSchool) -> list[str]:
    """Return addresses of this kind that are this office's own, or are not; none if all are alike."""
    own = whose == "own"
    names = re.findall(r"{(\w+)}", path)
    if not names:
        return [path] if own else []
    with here.house.db.read() as connection:
        fixed = {
            "code": "1",
            "file_path": "tokens.css",
            "body_hash": "0" * 64,
            "task": TASKS[CASES["safeguarding"]],
            "stream": "vital",
            "seq": "1",
            "script_version": "0" * 16,
            "name": "cases_page.js",
            "login": school.login_id(1),
            "number": "1",
            "step": "personal-use",
            "session": "0" * 16,
            "token": "999",
            "entry": "1",
            "tier": "junior",
            "picture": "green-cat",
            "act": "leave",
            "grant": "1",
            "order": "0" * 16,
        }
        harm = connection.execute(select(media_detections.c.seq)).scalar_one()
        answered = {row.request: row.id for row in connection.execute(select(media_approvals))}
    if path.startswith("/lab/"):
        fixed |= {"room": "Lab 2" if own else "Lab 1", "device": OWN if own else OTHER}
    elif path.startswith("/staff/"):
        # The head may change anybody but themself; a technician teachers and technicians.
        others = "n.okafor" if column == "head" else "r.carver"
        fixed["name"] = "j.reed" if own else others
    elif path.startswith("/media/request/"):
        fixed |= {"device": OWN if own else OTHER}
        fixed |= {"number": media_school.ADA if own else media_school.ZOE}
    elif path.startswith("/media/found/"):
        fixed |= {"device": school.LAPTOPS["L-003"] if own else OTHER, "number": str(harm)}
    elif path.endswith("/revoke"):
        fixed["approval"] = answered[media_school.ADA if own else media_school.WILL]
    elif path.endswith("/head"):
        fixed["approval"] = answered[media_school.VERA]
    elif "{case}" in path:
        mine = CASES.get(column, CASES["safeguarding"])
        fixed["case"] = mine if own else next(case for case in CASES.values() if case != mine)
        fixed["task"] = TASKS[fixed["case"]]
    elif path.startswith("/people/{person}"):
        fixed |= {"person": "p1" if own else "p9", "number": "1", "device": OWN}
    elif path.startswith("/problems/{device}"):
        fixed["device"] = here.laptop.device
    else:
        fixed["device"] = OWN if own else OTHER
    varies = {"room", "device", "number", "approval", "case", "person"}
    varies |= {"name"} if "staff" in path else set()
    if not own and (not varies & set(names) or path.endswith("/head") or "/problems/" in path):
        return []
    return [path.format(**fixed)]


def body(path: str, column: str) -> dict[str, Any]:
    """Return a body that this address of the officers' API takes: the door answers, not the form."""
    sealed = msgspec.to_builtins(b"{}")
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    return {
        "notes": {"envelope": sealed},
        "tasks": {"kind": "other", "due": soon},
        "done": {"outcome": "done"},
        "hold": {"on": False},
        "quarantine": {"on": False},
        "imagery": {"letters": 40, "envelope": sealed},
        "link": {"case": SECOND.get(column, "0" * 32)},
        "tag": {"harm": "contact"},
        "custody": {"what": "phone", "did": "taken"},
        "reply": {"sealed": "00", "signature": "00" * 64, "envelope": sealed},
        "grants": {
            "grants": [
                {
                    "hh": "0" * 64, "key": "0" * 32, "wrap": "0" * 160, "by": "0" * 32, "at": soon,
                    "signature": "0" * 128,
                }
            ]
        },
    }.get(path.rsplit("/", 1)[-1], {})  # fmt: skip
