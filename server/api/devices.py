"""/api/v1: who one is, laptops, their groups, self-tests and enrolment codes."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import delete, get, post, put
from litestar.params import Parameter
from msgspec import Meta

from server import codes, coverage, device_list, groups, self_tests, state
from server.api.door import RESPONSES, Asked, bearer_of, opens, staff_of
from server.device_list import Listed
from server.settings import laptop_address
from server.tables import from_ms
from server.web import device_view

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Device = Annotated[str, Meta(min_length=16, max_length=16, pattern="^[0-9a-f]+$")]


class Me(msgspec.Struct, frozen=True):
    """Whom the token stands for."""

    name: str
    display_name: str
    offices: list[str]
    rooms: list[str]
    read_only: bool


class Laptop(msgspec.Struct, frozen=True):
    """One laptop as the list shows it."""

    id: str
    hostname: str
    room: str
    groups: list[str]
    states: list[str]
    """enrolled, silent, never-seen, wrong-policy, clone and so on; see the page Devices."""
    connected: bool
    os: str
    agent_version: str
    maker: str
    model: str
    serial: str
    disk_encryption: str
    scanner: str
    policy_assigned: int | None
    policy_applied: int | None
    policy_rejected: int | None
    last_seen_at: datetime | None
    tests_failed: int


class LaptopPage(msgspec.Struct, frozen=True):
    """One page of the list."""

    laptops: list[Laptop]
    total: int
    page: int
    last: int


class Groups(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The groups a laptop is to be in, exactly."""

    groups: Annotated[list[Name], Meta(max_length=groups.MOST_GROUPS)]


class GroupCount(msgspec.Struct, frozen=True):
    """A group and how many laptops are in it."""

    name: str
    laptops: int


class AskTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to ask: one laptop, a room, or (naming neither) all."""

    device: Device | None = None
    room: Name | None = None


class TestAsked(msgspec.Struct, frozen=True):
    """The order that was given."""

    order: str


class Tested(msgspec.Struct, frozen=True):
    """The last self-test of one laptop."""

    device: str
    hostname: str
    room: str
    at: datetime | None
    """When the server heard it; null: it never tested itself."""
    failed: list[str]
    problems: dict[str, str]


class NewCodes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Codes to make, one for each room."""

    rooms: Annotated[list[Name], Meta(min_length=1, max_length=codes.MOST_ROOMS)]
    uses: Annotated[int, Meta(ge=1, le=codes.MAX_USES)] = 1
    hours: Annotated[int, Meta(ge=1, le=codes.MAX_HOURS)] = 24


class MadeCode(msgspec.Struct, frozen=True):
    """A new code; its text is said this once."""

    id: int
    code: str
    room: str
    uses: int
    expires_at: datetime
    command: str


class Code(msgspec.Struct, frozen=True):
    """A code without its secret."""

    id: int
    room: str
    uses: int
    used: int
    created_by: str
    expires_at: datetime
    open: bool


@get("/me", guards=[opens()], responses=RESPONSES, sync_to_thread=True)
def me(request: Asked) -> Me:
    """Say whom the token stands for and what it may do."""
    staff = staff_of(request)
    return Me(
        staff.name, staff.display_name, sorted(staff.roles), list(staff.rooms), bearer_of(request).read_only
    )


@get("/devices", guards=[opens("devices")], responses=RESPONSES, sync_to_thread=True)
def list_devices(
    request: Asked,
    q: Annotated[str, Parameter(max_length=80)] = "",
    room: Annotated[str, Parameter(max_length=80)] = "",
    site: Annotated[str, Parameter(max_length=80)] = "",
    group: Annotated[str, Parameter(max_length=80)] = "",
    status: Annotated[str, Parameter(max_length=40)] = "",
    sort: Annotated[str, Parameter(max_length=20)] = "room",
    page: Annotated[int, Parameter(ge=1, le=10_000)] = 1,
) -> LaptopPage:
    """List laptops, narrowed as on the page Devices, a hundred at a time."""
    here, now = state.of(request), state.utc_now()
    wanted = device_list.Wanted(q=q, room=room, site=site, group=group, state=status, sort=sort, page=page)
    with here.db.read() as db:
        found = device_list.find(db, wanted, device_view.rule_of(db, now), now, here.is_connected)
        belongs = groups.groups_of(db, [listed.facts.id for listed in found.rows])
    rows = [_laptop(listed, belongs.get(listed.facts.id, ())) for listed in found.rows]
    return LaptopPage(rows, found.total, found.page, found.last)


@get("/devices/{device:str}", guards=[opens("devices")], responses=RESPONSES, sync_to_thread=True)
def show_device(request: Asked, device: str) -> Laptop:
    """Show one laptop."""
    here, now = state.of(request), state.utc_now()
    with here.db.read() as db:
        facts = device_list.facts_of(db, device, here.is_connected, now)
        rule = device_view.rule_of(db, now)
        belongs = groups.groups_of(db, [device]).get(device, ())
    states = coverage.decide_coverage(facts, rule)
    return _laptop(Listed(facts, states, here.is_connected(device)), belongs)


@put(
    "/devices/{device:str}/groups",
    guards=[opens("devices", writes=True)],
    responses=RESPONSES,
    sync_to_thread=True,
)
def set_groups(request: Asked, device: str, data: Groups) -> Groups:
    """Put a laptop into exactly these groups."""
    here, now = state.of(request), state.utc_now()
    with here.db.write() as db:
        device_list.facts_of(db, device, here.is_connected, now)
        groups.set_groups(db, device, data.groups, now)
        return Groups(list(groups.groups_of(db, [device]).get(device, ())))


@get("/groups", guards=[opens("devices")], responses=RESPONSES, sync_to_thread=True)
def list_groups(request: Asked) -> list[GroupCount]:
    """List the groups."""
    with state.of(request).db.read() as db:
        return [GroupCount(group.name, group.laptops) for group in groups.list_groups(db)]


@get("/self-tests", guards=[opens("devices")], responses=RESPONSES, sync_to_thread=True)
def list_tests(request: Asked, room: Annotated[str, Parameter(max_length=80)] = "") -> list[Tested]:
    """Show the last self-test of every active laptop, failing ones first."""
    with state.of(request).db.read() as db:
        return [
            Tested(each.device, each.hostname, each.room, each.at, each.failed, each.problems)
            for each in self_tests.list_newest(db, room=room)
        ]


@post("/self-tests", guards=[opens("devices", writes=True)], responses=RESPONSES, sync_to_thread=True)
def ask_test(request: Asked, data: AskTest) -> TestAsked:
    """Ask one laptop, a room, or all to test themselves now."""
    with state.of(request).db.write() as db:
        order = self_tests.order(
            db,
            device=data.device or "",
            room=data.room or "",
            by=staff_of(request).display_name,
            now=state.utc_now(),
        )
    return TestAsked(order)


@get("/codes", guards=[opens("devices")], responses=RESPONSES, sync_to_thread=True)
def list_codes(request: Asked) -> list[Code]:
    """List enrolment codes without their secrets."""
    with state.of(request).db.read() as db:
        return [
            Code(c.id, c.room, c.max_uses, c.used, c.created_by, c.expires_at, c.open)
            for c in codes.list_codes(db, state.utc_now())
        ]


@post("/codes", guards=[opens("devices", writes=True)], responses=RESPONSES, sync_to_thread=True)
def new_codes(request: Asked, data: NewCodes) -> list[MadeCode]:
    """Make a code for each room; their texts are said this once."""
    here = state.of(request)
    address = laptop_address(here.config, request.headers.get("host", ""))
    with here.db.write() as db:
        made = codes.new_codes(
            db,
            here.ca_der,
            rooms=data.rooms,
            by=staff_of(request).display_name,
            now=state.utc_now(),
            uses=data.uses,
            hours=data.hours,
        )
    return [
        MadeCode(c.id, c.text, c.room, c.uses, c.expires_at, f"gatepost-agent enrol {address} {c.text}")
        for c in made
    ]


@delete("/codes/{code:int}", guards=[opens("devices", writes=True)], responses=RESPONSES, sync_to_thread=True)
def revoke_code(request: Asked, code: int) -> None:
    """Take a code back; one that is gone already is no error."""
    with state.of(request).db.write() as db:
        codes.revoke_code(db, code)


def _laptop(listed: Listed, belongs: tuple[str, ...]) -> Laptop:
    facts = listed.facts
    return Laptop(
        id=facts.id,
        hostname=facts.hostname,
        room=facts.room,
        groups=list(belongs),
        states=list(listed.states),
        connected=listed.connected,
        os=facts.os,
        agent_version=facts.agent_version,
        maker=facts.maker,
        model=facts.model,
        serial=facts.serial,
        disk_encryption=facts.disk,
        scanner=facts.scanner,
        policy_assigned=facts.assigned,
        policy_applied=facts.applied,
        policy_rejected=facts.rejected,
        last_seen_at=None if facts.seen_ms is None else from_ms(facts.seen_ms),
        tests_failed=facts.tests_failed,
    )


ROUTES = [
    me,
    list_devices,
    show_device,
    set_groups,
    list_groups,
    list_tests,
    ask_test,
    list_codes,
    new_codes,
    revoke_code,
]
