"""Orders of a teacher to a room: eyes to the front, lock, unlock, pause, a message, thanks.

Each is written once, with who gave it, inside one transaction with the signed words that tell it. Whatever
holds for a while ends by itself at `until`, on laptops and here. An ended order never comes back. The caller
has asked the door whether this adult may be in this room; whose laptops are meant is checked here.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from policies.lab_settings import LabSettings
from server import changes, lab_actions, room_settings
from server.case_entries import new_id
from server.errors import NotFound
from server.lab_book import (
    Given,
    Giver,
    Kind,
    LabRefused,
    check_words,
    decide_until,
    get,
    holding,
    must_hold,
    next_moment,
    running,
)
from server.lab_tables import lab_answers, lab_ends, lab_orders, lab_targets
from server.lab_telling import tell, tell_all, word_of
from server.media_tables import media_orders, order_outcomes
from server.tables import devices as laptops
from server.tables import logins

AT_ONCE = timedelta(minutes=2)
"""Lock and unlock are for now: a laptop that comes later is not surprised by them."""
MESSAGE_WAITS = timedelta(minutes=10)
THANKS_WAIT = timedelta(hours=1)
MOST_A_MINUTE = 30
"""Of one adult in one room: beyond any hand, below what a script would send."""


def begin_attention(
    connection: Connection,
    giver: Giver,
    room: str,
    *,
    minutes: int,
    words: str = "",
    devices: Collection[str] | None = None,
    now: datetime,
) -> Given:
    """
    Cover the screens of the room, or of these laptops, until the time set.

    The newest holds: an older one, all of whose laptops are meant again, ends with it.
    """
    rules = _rules(connection, room, now)
    until = decide_until(minutes, rules.attention_longest_minutes, now)
    line = check_words(words, needed=False)
    meant = _meant(connection, giver, room, devices, now)
    for older in holding(connection, room, "attention", now):
        if devices is None or (not older.whole_room and set(older.devices) <= set(meant)):
            _end(connection, giver, older, now)
    made = _new(giver, "attention", room, devices, meant, until, now)
    return _give(connection, giver, made._replace(words=line, locks=rules.attention_locks))


def extend_attention(
    connection: Connection, giver: Giver, room: str, order: str, *, minutes: int, now: datetime
) -> Given:
    """Let it hold so long from now, within the cap. Raises LabRefused if it is over, NotFound."""
    found = must_hold(connection, room, order, "attention", now)
    _check_pace(connection, giver, room, now)
    until = decide_until(minutes, _rules(connection, room, now).attention_longest_minutes, now)
    later = found._replace(until=until)
    issued_at = next_moment(connection, room, now)
    _change(connection, order, until=until, issued_at=issued_at)
    tell_all(connection, later, word_of(later, issued_at))
    _note(connection, giver, later, "attention-extended", now)
    return later


def end_attention(connection: Connection, giver: Giver, room: str, order: str, *, now: datetime) -> Given:
    """Uncover; any adult of the room may, whoever began it. Raises LabRefused if it is over, NotFound."""
    return _end(connection, giver, must_hold(connection, room, order, "attention", now), now)


def lock(
    connection: Connection, giver: Giver, room: str, *, devices: Collection[str] | None = None, now: datetime
) -> Given:
    """Lock every login of the room, or of these laptops, now."""
    return _at_once(connection, giver, "lock", room, devices, now)


def unlock(
    connection: Connection, giver: Giver, room: str, *, devices: Collection[str] | None = None, now: datetime
) -> Given:
    """Take back what `lock` or an attention locked; no other lock is opened."""
    return _at_once(connection, giver, "unlock", room, devices, now)


def begin_pause(
    connection: Connection, giver: Giver, room: str, device: str, *, minutes: int, now: datetime
) -> Given:
    """Pause the idle lock of one laptop (R18), capped. The laptop itself refuses it in unsupervised time."""
    until = decide_until(minutes, _rules(connection, room, now).pause_longest_minutes, now)
    meant = _meant(connection, giver, room, [device], now)
    for older in holding(connection, room, "pause", now):
        if older.devices == meant:
            _end(connection, giver, older, now)
    return _give(connection, giver, _new(giver, "pause", room, meant, meant, until, now))


def end_pause(connection: Connection, giver: Giver, room: str, order: str, *, now: datetime) -> Given:
    """Let the idle lock work again. Raises LabRefused if it is over, NotFound."""
    return _end(connection, giver, must_hold(connection, room, order, "pause", now), now)


def send_message(
    connection: Connection,
    giver: Giver,
    room: str,
    *,
    words: str,
    devices: Collection[str] | None = None,
    now: datetime,
) -> Given:
    """Send a sentence to whoever is logged in, answered by one of three buttons."""
    if not _rules(connection, room, now).messages:
        raise LabRefused("messages-off")
    line = check_words(words, needed=True)
    meant = _meant(connection, giver, room, devices, now)
    made = _new(giver, "message", room, devices, meant, now + MESSAGE_WAITS, now)
    return _give(connection, giver, made._replace(words=line))


def thank(
    connection: Connection, giver: Giver, room: str, *, device: str, login: str, words: str, now: datetime
) -> Given:
    """Thank one pupil (R90): shown to them alone, listed without its words, counted nowhere."""
    line = check_words(words, needed=True)
    meant = _meant(connection, giver, room, [device], now)
    known = select(logins.c.login).where(logins.c.device == device, logins.c.login == login)
    if connection.execute(known).first() is None:
        raise LabRefused("not-here")
    made = _new(giver, "thanks", room, meant, meant, now + THANKS_WAIT, now)
    return _give(connection, giver, made._replace(words=line, login=login))


def forget(connection: Connection, before: datetime) -> int:
    """Remove orders given before then, with what laptops said of them; return how many."""
    old = select(lab_orders.c.order_id).where(lab_orders.c.given_at < before)
    for table in (lab_targets, lab_answers, lab_ends, order_outcomes, media_orders):
        connection.execute(delete(table).where(table.c.order_id.in_(old)))
    return connection.execute(delete(lab_orders).where(lab_orders.c.given_at < before)).rowcount


def _at_once(
    connection: Connection,
    giver: Giver,
    kind: Kind,
    room: str,
    devices: Collection[str] | None,
    now: datetime,
) -> Given:
    meant = _meant(connection, giver, room, devices, now)
    return _give(connection, giver, _new(giver, kind, room, devices, meant, now + AT_ONCE, now))


def _rules(connection: Connection, room: str, now: datetime) -> LabSettings:
    return room_settings.lab_of_room(connection, room, now.astimezone())


def _check_pace(connection: Connection, giver: Giver, room: str, now: datetime) -> None:
    since = now - timedelta(minutes=1)
    if lab_actions.count_since(connection, room, giver.staff, since) >= MOST_A_MINUTE:
        raise LabRefused("too-many")


def _meant(
    connection: Connection, giver: Giver, room: str, wanted: Collection[str] | None, now: datetime
) -> tuple[str, ...]:
    """Return the laptops that are meant, all of them in this room. Raises LabRefused, NotFound."""
    _check_pace(connection, giver, room, now)
    query = select(laptops.c.id).where(laptops.c.room == room, laptops.c.state == "active")
    here = list(connection.execute(query.order_by(laptops.c.id)).scalars())
    meant = here if wanted is None else sorted(set(wanted))
    if not meant:
        raise LabRefused("no-laptops")
    if not set(meant) <= set(here):
        raise NotFound("one of these laptops is not in this room")
    return tuple(meant)


def _new(
    giver: Giver,
    kind: Kind,
    room: str,
    wanted: Collection[str] | None,
    meant: tuple[str, ...],
    until: datetime,
    now: datetime,
) -> Given:
    return Given(
        order=new_id(),
        kind=kind,
        room=room,
        whole_room=wanted is None,
        devices=meant,
        login="",
        by=giver.name[:120],
        staff=giver.staff,
        words="",
        locks=False,
        given_at=now,
        until=until,
        ended_at=None,
        ended_by="",
    )


def _give(connection: Connection, giver: Giver, given: Given) -> Given:
    issued_at = next_moment(connection, given.room, given.given_at)
    connection.execute(
        insert(lab_orders).values(
            order_id=given.order,
            kind=given.kind,
            room=given.room,
            whole_room=given.whole_room,
            login=given.login,
            words=given.words,
            locks=given.locks,
            by_name=given.by,
            staff=given.staff,
            given_at=given.given_at,
            issued_at=issued_at,
            until=given.until,
        )
    )
    rows = [{"order_id": given.order, "device": device} for device in given.devices]
    connection.execute(insert(lab_targets), rows)
    tell_all(connection, given, word_of(given, issued_at))
    _note(connection, giver, given, given.kind, given.given_at)
    return given


def _end(connection: Connection, giver: Giver, given: Given, now: datetime) -> Given:
    issued_at = next_moment(connection, given.room, now)
    ended = given._replace(ended_at=now, ended_by=giver.name[:120])
    _change(connection, given.order, ended_at=now, ended_by=ended.ended_by, issued_at=issued_at)
    also = _moved_away(connection, given)
    tell_all(connection, given, word_of(given, issued_at, on=False), also=also)
    _note(connection, giver, given, f"{given.kind}-ended", now)
    return ended


def _moved_away(connection: Connection, given: Given) -> list[str]:
    """Return laptops that may hold an order and left its room since: nobody else would uncover them."""
    heard = select(order_outcomes.c.device).where(order_outcomes.c.order_id == given.order)
    query = select(laptops.c.id).where(
        laptops.c.room != given.room, laptops.c.id.in_(given.devices) | laptops.c.id.in_(heard)
    )
    return list(connection.execute(query).scalars())


def _change(connection: Connection, order: str, **values: object) -> None:
    connection.execute(update(lab_orders).where(lab_orders.c.order_id == order).values(**values))


def _note(connection: Connection, giver: Giver, given: Given, what: str, now: datetime) -> None:
    alone = not given.whole_room and len(given.devices) == 1
    lab_actions.write(
        connection,
        at=now,
        staff=giver.staff,
        by=giver.name,
        room=given.room,
        what=what,
        device=given.devices[0] if alone else "",
        devices=0 if given.whole_room else len(given.devices),
        login=given.login,
        words="" if given.kind == "thanks" else given.words,
        until=given.until,
        order=given.order,
    )
    changes.bump(connection, changes.lab_topic(given.room))


__all__ = [
    "Given",
    "Giver",
    "LabRefused",
    "begin_attention",
    "begin_pause",
    "end_attention",
    "end_pause",
    "extend_attention",
    "forget",
    "get",
    "lock",
    "next_moment",
    "running",
    "send_message",
    "tell",
    "thank",
    "unlock",
]
