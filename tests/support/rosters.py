"""Invented lists as schools' programs export them: OneRoster 1.1 and 1.2, and plain CSV."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date

from server.roster.archives import Opened
from server.spreadsheets import write_csv

TODAY = date(2026, 11, 26)
GIVEN = ("Ayşe", "Çağla", "Işık", "İpek", "Ömer", "Şule", "Ümit", "May", "Tom", "Zoë", "Ann-Marie", "Ay Nur")
FAMILY = ("Yıldız", "Öztürk", "Şahin", "Çelik", "Hollis", "O'Brien", "Lamb", "Kaya", "Doğan", "Ashby")
ORGS = [("sourcedId", "name", "type"), ("org1", "Elmwood School", "school")]
SESSIONS = [
    ("sourcedId", "title", "type", "startDate", "endDate"),
    ("t1", "Autumn 2026", "term", "2026-09-01", "2026-12-20"),
    ("t0", "Summer 2026", "term", "2026-04-01", "2026-07-20"),
]
CLASSES = [
    ("sourcedId", "title", "classCode", "classType", "location", "schoolSourcedId", "termSourcedIds"),
    ("c4a", "4A", "4A", "homeroom", "Room 12", "org1", "t1"),
    ("c5b", "5B", "5B", "homeroom", "", "org1", "t1"),
    ("cold", "3A", "3A", "homeroom", "Room 3", "org1", "t0"),
    ("cart", "Art", "ART", "scheduled", "Studio", "org1", "t1"),
]
Rows = Sequence[Sequence[str]]


def user(number: int, grade: str = "04", role: str = "student", **other: str) -> dict[str, str]:
    """Return one line of users.csv."""
    given, family = GIVEN[number % len(GIVEN)], FAMILY[number // len(GIVEN) % len(FAMILY)]
    made = {
        "sourcedId": f"u{number}",
        "status": "",
        "enabledUser": "true",
        "orgSourcedIds": "org1",
        "role": role,
        "username": f"user{number}",
        "givenName": given,
        "familyName": family,
        "middleName": "",
        "identifier": f"{1000 + number}",
        "email": f"user{number}@school.example",
        "grades": grade,
        "password": "never-read",
    }
    return {**made, **other}


def table(lines: Sequence[dict[str, str]]) -> Rows:
    """Return lines under their heads."""
    heads = list(lines[0])
    return [heads, *[[line.get(head, "") for head in heads] for line in lines]]


def one_roster(
    users: Sequence[dict[str, str]],
    seats: Sequence[tuple[str, str]] = (),
    *,
    version: str = "1.1",
    mode: str = "bulk",
    classes: Rows = CLASSES,
    **more: Rows,
) -> dict[str, bytes]:
    """Return the files of an export. `seats` are (user, class); more files by name without ending."""
    lines = [dict(each) for each in users]
    tables: dict[str, Rows] = {
        "manifest": [
            ("propertyName", "value"),
            ("manifest.version", "1.0"),
            ("oneroster.version", version),
            ("file.users", mode),
        ],
        "orgs": ORGS,
        "academicSessions": SESSIONS,
        "classes": classes,
        "enrollments": [
            ("sourcedId", "classSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate"),
            *[(f"e{n}", where, who, "student", "false", "", "") for n, (who, where) in enumerate(seats)],
        ],
    }
    if version == "1.2":
        tables["roles"] = [
            ("sourcedId", "userSourcedId", "roleType", "role", "orgSourcedId", "endDate"),
            *[
                (f"r{n}", line["sourcedId"], "primary", line["role"], "org1", "")
                for n, line in enumerate(lines)
            ],
        ]
        for line in lines:
            del line["role"], line["orgSourcedIds"]
    tables["users"] = table(lines)
    return {f"{name}.csv": write_csv(rows).encode() for name, rows in {**tables, **more}.items()}


def opened(files: dict[str, bytes]) -> Opened:
    """Return files as they are after unpacking."""
    return Opened({name.lower(): data for name, data in files.items()})


def zipped(files: dict[str, bytes]) -> bytes:
    """Return files as one zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return out.getvalue()


def plain(rows: Rows) -> Opened:
    """Return one CSV as it is after opening."""
    made = Opened({"list.csv": write_csv(rows).encode()})
    made.single = True
    return made


def school_of(people: int) -> dict[str, bytes]:
    """Return a OneRoster 1.2 export of so many people in classes of 25, with ten lessons a week each."""
    users = [
        user(n, f"{n // 25 % 12 + 1:02}", familyName=f"{FAMILY[n % 10]}{_letters(n)}") for n in range(people)
    ]
    homes = [
        (f"h{n}", f"{n % 12 + 1}{chr(65 + n // 12 % 26)}{n // 312 or ''}") for n in range(people // 25 + 1)
    ]
    classes = [
        CLASSES[0],
        *[(key, title, title, "homeroom", f"Room {key[1:]}", "org1", "t1") for key, title in homes],
        *[(f"l{n}", f"Lesson {n}", f"L{n}", "scheduled", "", "org1", "t1") for n in range(40)],
    ]
    seats = [(f"u{n}", f"h{n // 25}") for n in range(people)]
    seats += [(f"u{n}", f"l{(n + each) % 40}") for n in range(people) for each in range(4)]
    return one_roster(users, seats, version="1.2", classes=classes)


def _letters(number: int) -> str:
    return "".join(chr(97 + int(digit)) for digit in str(number))
