"""OneRoster CSV, versions 1.1 and 1.2 (1EdTech): the tables a school's information system exports.

Of `users.csv` we read ids, names, role, grade and user name; the columns for passwords, mail and telephone
are not looked at. 1.2 keeps roles in `roles.csv` and adds preferred names. In a bulk file whoever is missing
has left; a delta file tells only what changed, and says who is `tobedeleted`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from server import spreadsheets
from server.roster import values
from server.roster.archives import Opened
from server.roster.drafts import Draft, Problem, Reading
from server.roster.entries import Kind
from server.roster.rules import Rules
from server.roster.values import clean
from server.spreadsheets import TableRefused

MOST_ENROLMENTS = 600_000
ROLES: dict[str, Kind] = {
    "student": "pupil",
    "teacher": "staff",
    "aide": "staff",
    "proctor": "staff",
    "administrator": "staff",
    "counselor": "staff",
    "principal": "staff",
    "siteadministrator": "staff",
    "districtadministrator": "staff",
    "systemadministrator": "staff",
}
"""In lower case; parents, guardians and relatives do not log in on laptops and are left out."""
_FAMILY = frozenset({"parent", "guardian", "relative"})
_NEEDED = {"users.csv": ("sourcedId", "givenName", "familyName")}
Tell = Callable[[str, int], None]


class Class(NamedTuple):
    """A class, as far as it says where somebody sits."""

    title: str
    homeroom: bool
    room: str


class _Files(NamedTuple):
    opened: Opened
    problems: list[Problem]
    tell: Tell

    def rows(self, file: str, most: int = spreadsheets.MOST_ROWS) -> Iterator[tuple[int, dict[str, str]]]:
        """Give a file's lines with cleaned cells; none if it is missing. Raises TableRefused."""
        data = self.opened.get(file)
        if data is None or not data.strip():
            return
        try:
            table = spreadsheets.read_table(data, most_rows=most, tell=lambda rows: self.tell(file, rows))
        except TableRefused as problem:
            raise TableRefused(problem.code, f"{file}: {problem}") from problem
        lacking = [name for name in _NEEDED.get(file, ("sourcedId",)) if name not in table.columns]
        if lacking:
            self.problems.append(Problem("lacks-columns", file, 0, ", ".join(lacking)))
            return
        for number, cells in table.dicts():
            yield number, {name: clean(cell) for name, cell in cells.items()}


def read_oneroster(
    opened: Opened, rules: Rules, today: date, tell: Tell = lambda file, rows: None
) -> Reading:
    """Return the people of a set of OneRoster files. Raises TableRefused for a file that is no table."""
    problems: list[Problem] = []
    files = _Files(opened, problems, tell)
    manifest = _manifest(opened, problems)
    roles = _roles(files, today)
    version = manifest.get("oneroster.version") or ("1.2" if roles is not None else "1.1")
    if version not in ("1.1", "1.2"):
        problems.append(Problem("version", "manifest.csv", 0, version[:40]))
    orgs = _orgs(files)
    wanted_org = _chosen_org(rules.org, orgs, problems)
    stops = [each for each in problems if not each.line]
    if stops:
        return Reading(f"oneroster {version}"[:24], (), tuple(stops))
    classes = _classes(files, rules, today)
    seats = _seats(files, classes, today)
    born = {row.get("sourcedId", ""): row.get("birthDate", "") for _, row in files.rows("demographics.csv")}
    delta = manifest.get("file.users", "bulk").casefold() == "delta"
    drafts: list[Draft] = []
    gone: list[str] = []
    left_out: dict[str, int] = defaultdict(int)
    for number, row in files.rows("users.csv"):
        taken = _user(number, row, roles, rules, wanted_org, seats, born)
        if isinstance(taken, Draft):
            drafts.append(taken)
        elif isinstance(taken, Problem):
            problems.append(taken)
        elif taken == "gone":
            gone.append(row.get(rules.person_from, ""))
        else:
            left_out[taken] += 1
    stops = [each for each in problems if not each.line]
    notes = [Problem(code, "users.csv", 0, str(count)) for code, count in sorted(left_out.items())]
    notes += [Problem("class-without-room", "classes.csv", 0, title) for title in _roomless(seats, drafts)]
    return Reading(
        f"oneroster {version}",
        () if stops else tuple(drafts),
        tuple(stops or problems),
        tuple(notes),
        tuple(person for person in gone if person),
        whole=not delta,
    )


def _manifest(opened: Opened, problems: list[Problem]) -> dict[str, str]:
    data = opened.get("manifest.csv")
    if data is None:
        return {}
    try:
        table = spreadsheets.read_table(data, most_rows=200)
    except TableRefused as problem:
        raise TableRefused(problem.code, f"manifest.csv: {problem}") from problem
    if len(table.columns) < 2:
        problems.append(Problem("lacks-columns", "manifest.csv", 0, "propertyName, value"))
        return {}
    return {clean(line.cells[0]): clean(line.cells[1]) for line in table.rows}


def _over(row: Mapping[str, str], today: date) -> bool:
    """Say whether a line is of the past: ended, or to be deleted."""
    if row.get("status", "").casefold() == "tobedeleted":
        return True
    end = values.read_date(row.get("endDate", ""))
    return end is not None and end < today


def _roles(files: _Files, today: date) -> dict[str, list[tuple[str, str, bool]]] | None:
    """Return each user's (role, org, primary) of 1.2; None where there is no such file."""
    if "roles.csv" not in files.opened:
        return None
    found: dict[str, list[tuple[str, str, bool]]] = defaultdict(list)
    for _, row in files.rows("roles.csv", MOST_ENROLMENTS):
        if not _over(row, today):
            primary = row.get("roleType", "").casefold() == "primary"
            found[row.get("userSourcedId", "")].append(
                (row.get("role", "").casefold(), row.get("orgSourcedId", ""), primary)
            )
    return found


def _orgs(files: _Files) -> dict[str, tuple[str, str]]:
    return {
        row["sourcedId"]: (row.get("name", ""), row.get("type", "").casefold())
        for _, row in files.rows("orgs.csv")
        if row["sourcedId"]
    }


def _chosen_org(wanted: str, orgs: Mapping[str, tuple[str, str]], problems: list[Problem]) -> str:
    """Return the sourcedId of the organisation whose people are wanted; empty for all."""
    if not wanted:
        return ""
    if wanted in orgs:
        return wanted
    named = [key for key, (name, _) in orgs.items() if values.fold(name) == values.fold(wanted)]
    if len(named) != 1:
        problems.append(Problem("no-such-org", "orgs.csv", 0, wanted[:80]))
        return ""
    return named[0]


def _classes(files: _Files, rules: Rules, today: date) -> dict[str, Class]:
    """Return the classes of the running term; of all terms while none runs (in the holidays)."""
    terms = {
        row["sourcedId"]: (
            values.read_date(row.get("startDate", "")),
            values.read_date(row.get("endDate", "")),
        )
        for _, row in files.rows("academicsessions.csv")
    }
    rooms = {values.fold(name): room for name, room in rules.rooms.items()}
    everyone: dict[str, Class] = {}
    running: set[str] = set()
    for _, row in files.rows("classes.csv"):
        if row.get("status", "").casefold() == "tobedeleted":
            continue
        title = row.get("title", "")[:80]
        room = rooms.get(values.fold(title)) or rooms.get(values.fold(row.get("classCode", "")), "")
        homeroom = row.get("classType", "").casefold() == "homeroom"
        everyone[row["sourcedId"]] = Class(title, homeroom, room or row.get("location", "")[:80])
        named = [terms[key] for key in _list(row.get("termSourcedIds", "")) if key in terms]
        if not named or any(_runs(start, end, today) for start, end in named):
            running.add(row["sourcedId"])
    return {key: each for key, each in everyone.items() if key in running} or everyone


def _runs(start: date | None, end: date | None, today: date) -> bool:
    return (start is None or start <= today) and (end is None or today <= end)


def _seats(files: _Files, classes: Mapping[str, Class], today: date) -> dict[str, list[Class]]:
    """Return each user's classes."""
    found: dict[str, list[Class]] = defaultdict(list)
    for _, row in files.rows("enrollments.csv", MOST_ENROLMENTS):
        seat = classes.get(row.get("classSourcedId", ""))
        if seat is not None and not _over(row, today):
            found[row.get("userSourcedId", "")].append(seat)
    return found


def _user(
    number: int,
    row: Mapping[str, str],
    roles: Mapping[str, list[tuple[str, str, bool]]] | None,
    rules: Rules,
    org: str,
    seats: Mapping[str, list[Class]],
    born: Mapping[str, str],
) -> Draft | Problem | str:
    """Return a line's person, what is wrong with it, or why it is left out as a note's code."""
    source = row["sourcedId"]
    person = row.get(rules.person_from, "") or source
    for field in ("sourcedId", "identifier", "username", "givenName", "familyName", "middleName", "grades"):
        fault = values.fault_of(_OURS.get(field, field), row.get(field, ""))
        if fault:
            known = person if not values.fault_of("person", person) else ""
            return Problem(fault, "users.csv", number, row[field][:80], known)
    if not source:
        return Problem("no-id", "users.csv", number, f"{row['givenName']} {row['familyName']}".strip()[:80])
    if not row.get(rules.person_from, ""):
        return Problem("no-id", "users.csv", number, source[:80])
    if row.get("status", "").casefold() == "tobedeleted":
        return "gone"
    if row.get("enabledUser", "").casefold() == "false":
        return "disabled"
    held = roles.get(source, []) if roles is not None else _old_roles(row)
    of_org = [each for each in held if not org or each[1] == org]
    if org and held and not of_org:
        return "other-org"
    kinds = [ROLES[role] for role, _, _ in sorted(of_org, key=lambda each: not each[2]) if role in ROLES]
    if not kinds:
        return "family" if any(role in _FAMILY for role, _, _ in of_org) else "no-role"
    kind: Kind = "staff" if "staff" in kinds else kinds[0]
    given = row.get("preferredGivenName", "") or row["givenName"]
    family = row.get("preferredFamilyName", "") or row["familyName"]
    shown = " ".join(part for part in (given, family) if part)
    if not shown:
        return Problem("no-name", "users.csv", number, "", person)
    if values.shape_of(shown) in ("tier", "date", "mail"):
        return Problem("odd-name", "users.csv", number, shown[:80], person)
    room, class_name = seat_of(seats.get(source, ()))
    return Draft(
        person=person,
        file="users.csv",
        line=number,
        kind=kind,
        given_name=given,
        family_name=family,
        display_name=shown[:200],
        identifier=row.get("identifier", ""),
        username=row.get("username", ""),
        grade=(_list(row.get("grades", "")) or [""])[0],
        born=values.read_date(born.get(source, "")),
        room=room if kind == "pupil" else "",
        class_name=class_name if kind == "pupil" else "",
    )


_OURS = {
    "sourcedId": "person",
    "givenName": "given_name",
    "familyName": "family_name",
    "middleName": "given_name",
}


def _old_roles(row: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """Return the one role of 1.1, in each of the user's organisations."""
    role = row.get("role", "").casefold()
    return [(role, org, True) for org in _list(row.get("orgSourcedIds", "")) or [""]]


def seat_of(seats: Iterable[Class]) -> tuple[str, str]:
    """
    Return the room and the class somebody belongs to.

    Of a homeroom if there is one; else a room only if all classes are in the same one, because a pupil who
    walks from room to room sits in none.
    """
    ordered = sorted(set(seats))
    homes = [each for each in ordered if each.homeroom]
    if homes:
        return next((each.room for each in homes if each.room), ""), homes[0].title
    rooms = {each.room for each in ordered if each.room}
    return (next(iter(rooms)) if len(rooms) == 1 else ""), (ordered[0].title if len(ordered) == 1 else "")


def _roomless(seats: Mapping[str, list[Class]], drafts: list[Draft]) -> list[str]:
    """Return the classes that pupils sit in and nobody gave a room."""
    sitting = {draft.class_name for draft in drafts if draft.class_name and not draft.room}
    return sorted(sitting)


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
