"""A class hears the agreement together: who is here, what each child tapped, who witnessed it (R4).

What happens in a sitting is a row of `class_events`, only ever added. Nothing counts before an adult has
said that they witnessed it; then each answer becomes an acceptance, and `answers`, which every gate and the
register read, repeats it under the laptop `class`. A child who was absent is in none of it and is asked at
the gate, as ever.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, insert, select

from policies.agreements import AgreementText, text_hash, text_in
from policies.settings import Language
from server import agreements, lab_actions
from server.agreements import CLASS_DEVICE
from server.class_lists import Child, children_of
from server.class_standing import ANSWERS, Event, Sitting, Standing, decide_standing, is_open
from server.individual.common import By, Refused, tell_laptops
from server.lab_tables import class_acceptances, class_events, class_sittings
from server.tables import answers

TIER: Literal["early"] = "early"
"""Older pupils read for themselves, at the gate."""
MOST_EVENTS = 2000
"""A class of sixty taps some hundred times; whoever holds the link can fill no more than this."""


def text_for(connection: Connection, version: int, language: Language) -> AgreementText | None:
    """Return what the youngest are asked in this version and language, if the school asks them."""
    agreement = agreements.agreement_of(connection, TIER, version)
    return None if agreement is None else text_in(agreement, language)


def current_text(connection: Connection, language: Language) -> tuple[int, AgreementText] | None:
    """Return the version and text they would be asked now."""
    version = agreements.current_versions(connection).get(TIER, 0)
    text = text_for(connection, version, language)
    return None if text is None else (version, text)


def begin(
    connection: Connection, *, lab: str, room: str, year: str, language: Language, by: By, now: datetime
) -> int:
    """Begin a sitting with the text as it is asked now. Raises Refused."""
    current = current_text(connection, language)
    if current is None:
        raise Refused("text", "the school has no agreement for the youngest")
    if not children_of(connection, room, year, now):
        raise Refused("class", "nobody of this class is asked in class")
    version, text = current
    made = connection.execute(
        insert(class_sittings).values(
            at=now,
            staff=by.staff,
            by_name=by.name[:120],
            lab=lab,
            room=room,
            year=year,
            tier=TIER,
            language=text.language,
            version=version,
            text_hash=text_hash(text),
        )
    )
    assert made.inserted_primary_key is not None
    number: int = made.inserted_primary_key[0]
    return number


def find(connection: Connection, number: int) -> Sitting | None:
    """Return a sitting."""
    row = connection.execute(select(class_sittings).where(class_sittings.c.id == number)).first()
    return None if row is None else _sitting(row)


def recent(connection: Connection, lab: str, limit: int = 20) -> list[tuple[Sitting, Standing]]:
    """Return the last sittings in this room, newest first."""
    query = select(class_sittings).where(class_sittings.c.lab == lab)
    rows = connection.execute(query.order_by(class_sittings.c.id.desc()).limit(limit))
    return [(_sitting(row), standing_of(connection, row.id)) for row in rows]


def standing_of(connection: Connection, number: int) -> Standing:
    """Return what a sitting's history comes to."""
    query = select(class_events).where(class_events.c.sitting == number).order_by(class_events.c.id)
    return decide_standing(
        Event(row.at, row.what, row.person, row.picture, row.by_name) for row in connection.execute(query)
    )


def say_here(connection: Connection, number: int, here: Sequence[str], *, by: By, now: datetime) -> None:
    """Tick who is here; whoever is ticked no more takes their answer along. Raises Refused."""
    sitting, standing = _must_be_open(connection, number, now)
    known = {child.person for child in children_of(connection, sitting.room, sitting.year, now)}
    wanted = known & set(here)
    if not wanted:
        raise Refused("nobody", "nobody is ticked")
    for person in sorted(wanted - standing.here):
        add(connection, number, "here", now, person=person, by=by)
    for person in sorted(standing.here - wanted):
        add(connection, number, "away", now, person=person, by=by)


def answer(connection: Connection, number: int, picture: str, given: str, now: datetime) -> None:
    """Write a child's own tap down, or that it was somebody else's. Raises Refused."""
    sitting, standing = _must_be_open(connection, number, now)
    child = child_with(children_of(connection, sitting.room, sitting.year, now), standing, picture)
    if child is None:
        raise Refused("child", "nobody who is here has this picture")
    before = standing.answers.get(child.person)
    said = before.what if before else ""
    is_news = bool(said) if given == "undone" else given in ANSWERS and given != said
    if not is_news:
        return
    if _count_events(connection, number) >= MOST_EVENTS:
        raise Refused("over", "very many taps: somebody plays with it")
    add(connection, number, given, now, person=child.person, picture=picture)


def undo(connection: Connection, number: int, person: str, *, by: By, now: datetime) -> None:
    """Take one answer away before it is witnessed: the adult saw the wrong child tap. Raises Refused."""
    _, standing = _must_be_open(connection, number, now)
    if person not in standing.answers:
        raise Refused("child", "they have not answered")
    add(connection, number, "undone", now, person=person, by=by)


def drop(connection: Connection, number: int, *, by: By, now: datetime) -> None:
    """End a sitting without anything that counts. Raises Refused."""
    _must_be_open(connection, number, now)
    add(connection, number, "dropped", now, by=by)


def witness(connection: Connection, number: int, *, by: By, now: datetime) -> int:
    """
    Make every yes and no count, under the name of the adult who saw it; return how many said yes.

    Only who began it can say so. A text that changed meanwhile was not the one they heard. Raises Refused.
    """
    sitting, standing = _must_be_open(connection, number, now)
    if by.staff != sitting.staff:
        raise Refused("witness", f"{sitting.by_name} was there and has to say so")
    if standing.handed:
        raise Refused("handed", "a tap may come after what they read: first the tablet has to be back")
    current = current_text(connection, sitting.language)
    if current is None or (current[0], text_hash(current[1])) != (sitting.version, sitting.text_hash):
        raise Refused("text", "the agreement changed since it was read to them: begin again")
    children = {each.person: each for each in children_of(connection, sitting.room, sitting.year, now)}
    final = [
        (children[person], event)
        for person, event in standing.answers.items()
        if person in children and event.what in ("accepted", "declined")
    ]
    if not final:
        raise Refused("nobody", "nobody has answered")
    for child, event in final:
        _make_count(connection, sitting, child, event, by, now)
    add(connection, number, "witnessed", now, by=by)
    _note_action(connection, sitting, "class-witnessed", by, now)
    return sum(event.what == "accepted" for _, event in final)


def _make_count(
    connection: Connection, sitting: Sitting, child: Child, event: Event, by: By, now: datetime
) -> None:
    said: dict[str, Any] = {
        "at": event.at,
        "person": child.person,
        "tier": sitting.tier,
        "language": sitting.language,
        "version": sitting.version,
        "text_hash": sitting.text_hash,
        "answer": event.what,
    }
    made = connection.execute(
        insert(class_acceptances).values(
            **said,
            sitting=sitting.id,
            picture=event.picture,
            lab=sitting.lab,
            witnessed_at=now,
            witnessed_by=by.name[:120],
            staff=by.staff,
        )
    )
    assert made.inserted_primary_key is not None
    connection.execute(
        insert(answers).values(
            **said,
            device=CLASS_DEVICE,
            stream=CLASS_DEVICE,
            seq=made.inserted_primary_key[0],
            received_at=now,
            login="",
            os_user=child.os_user,
            reading_seconds=0,
        )
    )
    tell_laptops(connection, child.person, now)


def withdraw(connection: Connection, number: int, person: str, *, by: By, now: datetime) -> None:
    """
    Take one witnessed answer back: a mistake was seen later, and the child is asked at the gate.

    What was witnessed stays in `class_acceptances`; only `answers` says that it counts no more. Raises
    Refused.
    """
    standing = standing_of(connection, number)
    if standing.ended != "witnessed" or person not in standing.answers or person in standing.withdrawn:
        raise Refused("child", "there is no answer of theirs that could be taken back")
    key = select(class_acceptances.c.id).where(
        class_acceptances.c.sitting == number, class_acceptances.c.person == person
    )
    connection.execute(
        answers.update()
        .where(
            answers.c.device == CLASS_DEVICE,
            answers.c.stream == CLASS_DEVICE,
            answers.c.seq == key.scalar_subquery(),
        )
        .values(answer="withdrawn")
    )
    add(connection, number, "withdrawn", now, person=person, by=by)
    _note_action(connection, _must_find(connection, number), "class-withdrawn", by, now)
    tell_laptops(connection, person, now)


def witnessed_of(connection: Connection, person: str, since: datetime) -> list[tuple[datetime, str, str]]:
    """Return when, by whom and which answers of this person were witnessed or taken back, newest first."""
    given = select(class_acceptances).where(
        class_acceptances.c.person == person, class_acceptances.c.witnessed_at >= since
    )
    found = [(row.witnessed_at, row.witnessed_by, row.answer) for row in connection.execute(given)]
    back = select(class_events).where(
        class_events.c.person == person, class_events.c.what == "withdrawn", class_events.c.at >= since
    )
    found += [(row.at, row.by_name, row.what) for row in connection.execute(back)]
    return sorted(found, reverse=True)


def child_with(children: Iterable[Child], standing: Standing, picture: str) -> Child | None:
    """Return whoever is here and knows this picture as theirs."""
    return next(
        (each for each in children if each.person in standing.here and each.picture.code == picture), None
    )


def add(
    connection: Connection,
    number: int,
    what: str,
    now: datetime,
    *,
    person: str = "",
    picture: str = "",
    by: By | None = None,
    token_hash: bytes | None = None,
) -> None:
    """Add one line to a sitting's history."""
    connection.execute(
        insert(class_events).values(
            at=now,
            sitting=number,
            what=what,
            person=person,
            picture=picture,
            by_name=by.name[:120] if by else "",
            staff=by.staff if by else None,
            token_hash=token_hash,
        )
    )


def _count_events(connection: Connection, number: int) -> int:
    query = select(func.count()).select_from(class_events).where(class_events.c.sitting == number)
    return connection.execute(query).scalar_one()


def _note_action(connection: Connection, sitting: Sitting, what: str, by: By, now: datetime) -> None:
    lab_actions.write(
        connection,
        at=now,
        staff=by.staff,
        by=by.name,
        room=sitting.lab,
        what=what,
        words=sitting.year or sitting.room,
    )


def _must_find(connection: Connection, number: int) -> Sitting:
    sitting = find(connection, number)
    if sitting is None:
        raise Refused("over", "there is no such class")
    return sitting


def _must_be_open(connection: Connection, number: int, now: datetime) -> tuple[Sitting, Standing]:
    sitting = _must_find(connection, number)
    standing = standing_of(connection, number)
    if not is_open(sitting, standing, now):
        raise Refused("over", "this is over: begin again")
    return sitting, standing


def _sitting(row: Row[Any]) -> Sitting:
    return Sitting(**{name: getattr(row, name) for name in Sitting._fields})
