"""Setting one person right by hand: with a reason, written down, and nothing of the past rewritten (R76)."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, get_args

import msgspec
from sqlalchemy import Connection, insert, or_, select

from policies.settings import Language, Tier
from server.errors import Invalid, NotFound
from server.people_tables import attributions
from server.roster import account_names, store, values
from server.roster.comparing import Change, Diff, fields_between
from server.roster.entries import Entry, Known, kind_of
from server.roster.store import By
from server.tables import logins, people

LEAST_REASON = 5
MOST_REASON = 400
FIELDS = (
    "display_name",
    "given_name",
    "family_name",
    "tier",
    "language",
    "room",
    "year",
    "job_title",
    "accounts",
)


class CorrectionRefused(Invalid):
    """This cannot be so. `field` is what to change; nothing was written."""

    def __init__(self, field: str, kind: str, words: str) -> None:
        super().__init__(words)
        self.field = field
        self.kind = kind
        """reason, empty, sign, long, choice, account, taken or nothing; pages have the words."""


class Attribution(NamedTuple):
    """A login that somebody else did than the laptop said."""

    id: int
    at: datetime
    by: str
    device: str
    login: str
    was_person: str
    is_person: str
    reason: str


def must_find(connection: Connection, person: str) -> Known:
    """Return a person, here or gone; raise NotFound."""
    known = store.find_known(connection, person)
    if known is None:
        raise NotFound(f"there is nobody with the id {person!r}")
    return known


def clean_reason(text: str) -> str:
    """Return a reason as it is kept; raise CorrectionRefused."""
    found = " ".join(text.split())
    if not LEAST_REASON <= len(found) <= MOST_REASON or not found.isprintable():
        raise CorrectionRefused(
            "reason", "reason", f"write a reason of {LEAST_REASON} to {MOST_REASON} letters"
        )
    return found


def decide_correction(before: Entry, given: Mapping[str, str]) -> Entry:
    """Return the person as they are to be; raise CorrectionRefused. Fields that are not given stay. Pure."""
    new: dict[str, object] = {}
    for field, text in given.items():
        if field not in FIELDS:
            continue
        value = values.clean(text)
        if field == "accounts":
            new[field] = _accounts(value)
            continue
        fault = values.fault_of(field, value)
        if fault:
            kind = "long" if fault == "too-long" else "sign"
            raise CorrectionRefused(field, kind, f"{field}: {value[:80]!r} cannot be ({fault})")
        if field == "display_name" and not value:
            raise CorrectionRefused(field, "empty", "a person needs a name")
        allowed = {"tier": get_args(Tier), "language": get_args(Language)}.get(field)
        if allowed and value not in allowed:
            raise CorrectionRefused(field, "choice", f"{field}: one of {', '.join(allowed)}")
        new[field] = value
    after = msgspec.structs.replace(before, **new)
    if "tier" in new and kind_of(after.tier) != kind_of(before.tier):
        after = msgspec.structs.replace(after, kind=kind_of(after.tier))
    return after


def _accounts(text: str) -> tuple[str, ...]:
    names = tuple(sorted({name.strip() for name in text.split(",") if name.strip()}))
    for name in names:
        if not account_names.is_account(name):
            raise CorrectionRefused("accounts", "account", f"{name[:80]!r} cannot be a user name")
    if len(names) > 8:
        raise CorrectionRefused("accounts", "long", "one person has at most 8 user names")
    return names


def correct(
    connection: Connection, person: str, given: Mapping[str, str], *, reason: str, by: By, now: datetime
) -> tuple[str, ...]:
    """Set a person right and return which fields changed. Raises NotFound, CorrectionRefused."""
    why = clean_reason(reason)
    known = must_find(connection, person)
    after = decide_correction(known.entry, given)
    fields = fields_between(known.entry, after)
    if not fields:
        raise CorrectionRefused("", "nothing", "nothing is otherwise than it was")
    if "accounts" in fields:
        _must_be_free(connection, person, after.accounts)
    diff = Diff(changes=(Change(known.entry, after, fields),))
    store.apply_diff(connection, diff, by=by, now=now, source="hand", reason=why, what="corrected")
    return fields


def _must_be_free(connection: Connection, person: str, accounts: tuple[str, ...]) -> None:
    for row in connection.execute(
        select(people.c.os_user, people.c.display_name).where(
            people.c.left_at.is_(None), people.c.person != person
        )
    ):
        if row.os_user.casefold() in {name.casefold() for name in accounts}:
            raise CorrectionRefused("accounts", "taken", f"{row.os_user} is {row.display_name}'s")


def add(
    connection: Connection, person: str, given: Mapping[str, str], *, reason: str, by: By, now: datetime
) -> None:
    """Put somebody on the list by hand. Raises CorrectionRefused."""
    why = clean_reason(reason)
    who = values.clean(person)
    if not who or values.fault_of("person", who):
        raise CorrectionRefused("person", "empty", "a person needs an id of the school's")
    if store.find_known(connection, who) is not None:
        raise CorrectionRefused("person", "taken", f"{who} is on the list, or was")
    bare = Entry(person=who, display_name=who, tier="junior")
    after = decide_correction(bare, {"display_name": "", **given})
    _must_be_free(connection, who, after.accounts)
    store.apply_diff(connection, Diff(joins=(after,)), by=by, now=now, source="hand", reason=why)


def end(connection: Connection, person: str, *, reason: str, by: By, now: datetime) -> None:
    """Let somebody leave between two imports. Raises NotFound, CorrectionRefused."""
    why = clean_reason(reason)
    known = must_find(connection, person)
    if known.left_at is not None:
        raise CorrectionRefused("", "nothing", "this person has left already")
    store.apply_diff(connection, Diff(leaves=(known.entry,)), by=by, now=now, source="hand", reason=why)


def bring_back(
    connection: Connection, person: str, accounts: str, *, reason: str, by: By, now: datetime
) -> None:
    """Let somebody in again who had left. Raises NotFound, CorrectionRefused."""
    why = clean_reason(reason)
    known = must_find(connection, person)
    if known.left_at is None:
        raise CorrectionRefused("", "nothing", "this person is here")
    after = decide_correction(known.entry, {"accounts": accounts})
    _must_be_free(connection, person, after.accounts)
    change = Change(known.entry, after, fields_between(known.entry, after))
    store.apply_diff(connection, Diff(returns=(change,)), by=by, now=now, source="hand", reason=why)


def note_other_person(
    connection: Connection,
    device: str,
    login: str,
    is_person: str,
    *,
    reason: str,
    by: By,
    now: datetime,
) -> None:
    """
    Note that a login was another person's than the laptop said. Raises NotFound, CorrectionRefused.

    The records stay as they came and were sealed: what a laptop said is evidence, also where it was wrong.
    """
    why = clean_reason(reason)
    row = connection.execute(
        select(logins.c.person).where(logins.c.device == device, logins.c.login == login)
    ).first()
    if row is None:
        raise NotFound("the server knows no such login")
    if is_person:
        must_find(connection, is_person)
    if (row.person or "") == is_person:
        raise CorrectionRefused("is_person", "nothing", "this login is that person's already")
    connection.execute(
        insert(attributions).values(
            at=now,
            by_name=by.name[:120],
            staff=by.staff,
            device=device,
            login=login,
            was_person=row.person or "",
            is_person=is_person,
            reason=why,
        )
    )


def attributions_of(connection: Connection, person: str) -> list[Attribution]:
    """Return the notes that take a login from this person or give them one, newest first."""
    query = select(attributions).where(
        or_(attributions.c.was_person == person, attributions.c.is_person == person)
    )
    return [
        Attribution(
            row.id, row.at, row.by_name, row.device, row.login, row.was_person, row.is_person, row.reason
        )
        for row in connection.execute(query.order_by(attributions.c.id.desc()).limit(200))
    ]
