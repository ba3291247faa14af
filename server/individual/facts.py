"""What a laptop is told of one person beyond their line on the list; and everything held, for that person."""

from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection

from policies.orders import Arrangement, Restriction
from policies.settings import Language, Tier
from server.individual import arranging, inducting, resigning, restricting

Held = Literal["", "meeting", "induction", "left"]


class Facts(NamedTuple):
    """All of it, ready for the grant. No reason is in it."""

    tier: Tier | None = None
    language: Language | None = None
    arrangement: Arrangement | None = None
    restrictions: tuple[Restriction, ...] = ()
    waits_for_meeting: bool = False
    has_induction: bool = False
    accept_after: datetime | None = None


def facts_of(connection: Connection, person: str, now: datetime) -> Facts:
    """Return what holds for this person now."""
    entry = arranging.current_of(connection, person, now.astimezone().date())
    return Facts(
        tier=entry.wish.tier if entry else None,
        language=entry.wish.language if entry else None,
        arrangement=arranging.order_of(entry),
        restrictions=restricting.orders_of(restricting.limits_of(connection, person), now),
        waits_for_meeting=resigning.waiting_of(connection, person) is not None,
        has_induction=inducting.date_of(connection, person) is not None,
        accept_after=resigning.accept_after(connection, person),
    )


def decide_held(facts: Facts, tier: Tier, *, left: bool) -> Held:
    """
    Return what an adult has to record before this person is let in. Pure.

    A missing lesson is said of every pupil; whether it matters is each laptop's policy (login.induction).
    """
    if left:
        return "left"
    if facts.waits_for_meeting:
        return "meeting"
    if tier in inducting.PUPILS and not facts.has_induction:
        return "induction"
    return ""


def export_of(connection: Connection, person: str) -> dict[str, Any]:
    """
    Return everything held here of one person, ready for JSON (R76).

    Reasons are in it: it is the person's own copy, and the head or safeguarding lead who makes it reads them.
    """

    def plain(rows: list[Any]) -> list[dict[str, Any]]:
        return [{name: _plain(value) for name, value in row._asdict().items()} for row in rows]

    return {
        "arrangements": plain(arranging.history(connection, person)),
        "restrictions": plain(restricting.limits_of(connection, person)),
        "meetings": plain(resigning.history(connection, person)),
        "inductions": plain(inducting.history(connection, person)),
    }


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "_asdict"):
        return {name: _plain(each) for name, each in value._asdict().items()}
    if hasattr(value, "__struct_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value
