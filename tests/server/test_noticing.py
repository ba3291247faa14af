"""Noticing what others wrote, and looking no more once the server ends."""

import threading

from server.changes import PEOPLE, bump
from server.housekeeping import Noticing
from server.state import ServerState


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
            may_end.wait(10)
            assert not closed.is_set()
            return ask.execute(question)

        def close(self) -> None:
            closed.set()
            ask.close()

    noticing._watcher = Slow()
    looking = threading.Thread(target=noticing.look)
    closing = threading.Thread(target=noticing.close)
    looking.start()
    begun.wait(10)
    closing.start()
    may_end.set()
    looking.join(10)
    closing.join(10)

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
