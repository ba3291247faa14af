"""/api/v1/people/imports: the school's list from a file: compared first, applied when somebody says so."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import delete, get, post
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import Parameter

from server import listing, state
from server.api.door import RESPONSES, Asked, conflict, opens, staff_of
from server.errors import Invalid
from server.roster import archives, imports, rules
from server.roster.drafts import Problem
from server.roster.imports import CannotBeList, OldComparison, SecondYes
from server.roster.store import By

MOST_BYTES = 32 * 1024 * 1024


class Trouble(msgspec.Struct, frozen=True):
    """A line of the file that was left out, or a remark on it."""

    code: str
    line: int


class Comparison(msgspec.Struct, frozen=True):
    """What an import would do, or did."""

    number: int
    state: str
    counts: dict[str, int]
    """joins, returns, changes, leaves and so on."""
    people_now: int
    many_leave: bool
    """Very many would leave: applying it needs `many_leave` too."""
    left_out: list[Trouble]
    joins: list[str]
    leaves: list[str]
    changes: dict[str, list[str]]
    """Person to the fields that change."""


class Apply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The yes."""

    many_leave: bool = False
    """The second yes: very many leave, and that is right."""


class Applied(msgspec.Struct, frozen=True):
    """It was done."""

    number: int
    counts: dict[str, int]


@dataclass
class _TakesAFile(Operation):
    """Describes a body that is the file itself."""

    def __post_init__(self) -> None:
        whole = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))
        self.request_body = RequestBody(
            {"application/octet-stream": whole}, description="A CSV, or a OneRoster zip.", required=True
        )


@post(
    "/people/imports",
    operation_class=_TakesAFile,
    guards=[opens("people-lists", writes=True)],
    responses=RESPONSES,
    sync_to_thread=True,
    request_max_body_size=MOST_BYTES,
)
def compare(
    request: Asked,
    body: bytes,
    file_name: Annotated[str, Parameter(max_length=200)] = "list.csv",
    part: bool = False,
) -> Comparison:
    """
    Read a CSV or a OneRoster zip (the request's body as it is) and say what it would change; nothing yet.

    `part`: the file is not the whole school, so nobody leaves by being missing.
    """
    here, now, by = state.of(request), state.utc_now(), by_of(request)
    with here.db.read() as db:
        tree: dict[str, Any] = msgspec.to_builtins(rules.read_rules(db))
    if part:
        tree["whole"] = False
    chosen = rules.make_rules(tree)
    opened = archives.open_bytes(body, file_name)
    try:
        reading = imports.read_files(opened, chosen, now.date())
    except CannotBeList as problem:
        raise Invalid(str(problem)) from problem
    with here.db.write() as db:
        number = imports.put(
            db, reading, chosen, by=by, now=now, file_name=file_name, file_hash=imports.hash_of(opened)
        )
        return _comparison(imports.plan(db, number, listing.school_of(db, now.date())))


@get("/people/imports/{number:int}", guards=[opens("people-lists")], responses=RESPONSES, sync_to_thread=True)
def show_comparison(request: Asked, number: int) -> Comparison:
    """Compare a waiting import with the list as it stands now."""
    with state.of(request).db.read() as db:
        return _comparison(imports.plan(db, number, listing.school_of(db, state.utc_now().date())))


@post(
    "/people/imports/{number:int}/apply",
    guards=[opens("people-lists", writes=True)],
    responses=RESPONSES,
    sync_to_thread=True,
    status_code=200,
)
def apply_import(request: Asked, number: int, data: Apply) -> Applied:
    """Make the list what the import says: everybody, or on any refusal nobody."""
    now = state.utc_now()
    with state.of(request).db.write() as db:
        school = listing.school_of(db, now.date())
        try:
            done = imports.apply(db, number, school, by=by_of(request), now=now, second=data.many_leave)
        except OldComparison as problem:
            conflict("outdated", str(problem))
        except SecondYes as problem:
            conflict("many-leave", str(problem))
    return Applied(number, done.counts())


@delete(
    "/people/imports/{number:int}",
    guards=[opens("people-lists", writes=True)],
    responses=RESPONSES,
    sync_to_thread=True,
)
def drop_import(request: Asked, number: int) -> None:
    """Drop a waiting import; what it read is forgotten."""
    with state.of(request).db.write() as db:
        imports.drop(db, number, by=by_of(request), now=state.utc_now())


def by_of(request: Asked) -> By:
    """Return the token's owner as the list's history names them."""
    staff = staff_of(request)
    return By(staff.display_name, staff.id)


def _comparison(plan: imports.Plan) -> Comparison:
    diff = plan.diff
    return Comparison(
        number=plan.waiting.id,
        state=plan.waiting.state,
        counts=diff.counts(),
        people_now=plan.here,
        many_leave=plan.second,
        left_out=[_trouble(each) for each in plan.finished.problems],
        joins=[each.person for each in diff.joins],
        leaves=[each.person for each in diff.leaves],
        changes={change.after.person: list(change.fields) for change in diff.changes},
    )


def _trouble(problem: Problem) -> Trouble:
    return Trouble(problem.code, problem.line)


ROUTES = [compare, show_comparison, apply_import, drop_import]
