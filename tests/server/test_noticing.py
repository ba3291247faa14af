"""Noticing what others wrote, and looking no more once the server ends."""

import threading
from collections.abc import Callable

from sqlalchemy import Connection, select, update

from server.changes import PEOPLE, POLICY, bump
from server.housekeeping import Noticing
from server.policy_tables import assignments
from server.state import ServerState
from tests.support.laptop import Laptop


def test_a_look_after_the_end_asks_a_closed_database_nothing(here: ServerState):
    noticing = Noticing(here)
    noticing.look()
    noticing.close()

    assert noticing.look() is None


def test_closing_waits_for_a_look_that_is_under_way(here: ServerState):
    noticing = Noticing(here)
    begun, may_end, closed = threading.Event(), threading.Event(), threading.Event()
    ask = noticing._watcher

    class Slow:
        def execute(self, question: str):
            begun.set()
            may_end.wait(60)
            assert not closed.is_set()
            return ask.execute(question)

        def close(self) -> None:
            closed.set()
            ask.close()

    noticing._watcher = Slow()
    looking = threading.Thread(target=noticing.look)
    closing = threading.Thread(target=noticing.close)
    looking.start()
    begun.wait(60)
    closing.start()
    may_end.set()
    looking.join(60)
    closing.join(60)

    assert closed.is_set()


def test_what_another_process_writes_is_noticed_once(here: ServerState):
    noticing, told = Noticing(here), []
    noticing.look()
    here.notice_changes = lambda: told.append(1)  # type: ignore[method-assign]
    noticing.look()
    with here.db.write() as connection:
        bump(connection, PEOPLE)
    noticing.look()
    noticing.look()

    assert [1] == told
    noticing.close()


def test_a_look_that_was_overtaken_does_not_bring_back_what_held_before(
    here: ServerState, enrolled: Callable[..., Laptop]
):
    laptop = enrolled()
    here.notice_changes()
    begun, may_end = threading.Event(), threading.Event()
    refresh = here.in_force.refresh

    def slow(connection: Connection) -> None:
        here.in_force.refresh = refresh  # type: ignore[method-assign]
        begun.set()
        may_end.wait(60)
        refresh(connection)

    here.in_force.refresh = slow  # type: ignore[method-assign]
    with here.db.write() as connection:
        bump(connection, POLICY)
    first, second = (threading.Thread(target=here.notice_changes) for _ in range(2))
    first.start()
    begun.wait(60)
    with here.db.write() as connection:
        connection.execute(update(assignments).values(number=assignments.c.number + 1))
        bump(connection, POLICY)
        number = connection.execute(
            select(assignments.c.number).where(assignments.c.device == laptop.device)
        ).scalar_one()
    second.start()
    second.join(0.5)
    may_end.set()
    first.join(60)
    second.join(60)
    given = here.in_force.newer(laptop.device, 0)

    assert given is not None
    assert number == given[0].number
