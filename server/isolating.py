"""What a technician is asked to cut off: a place and a day, and no story (R54)."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from server import case_entries
from server.case_entries import Who
from server.case_tables import case_tasks
from server.errors import NotFound


class Isolate(NamedTuple):
    """One task, as much of it as a technician may know."""

    id: str
    place: str
    due: datetime
    done_at: datetime | None
    done_by: str


def list_isolate(connection: Connection, *, limit: int = 100) -> list[Isolate]:
    """Return the tasks, open ones first, the soonest due first."""
    query = (
        select(case_tasks)
        .where(case_tasks.c.kind == "isolate")
        .order_by(case_tasks.c.done_at.is_not(None), case_tasks.c.due, case_tasks.c.id)
        .limit(limit)
    )
    return [
        Isolate(row.id, row.place, row.due, row.done_at, row.done_by) for row in connection.execute(query)
    ]


def settle(connection: Connection, task: str, who: Who, now: datetime) -> None:
    """Say that the place is cut off; a second word changes nothing. Raises NotFound."""
    query = select(case_tasks).where(case_tasks.c.id == task, case_tasks.c.kind == "isolate")
    row = connection.execute(query).first()
    if row is None:
        raise NotFound("there is no such task")
    if row.done_at is not None:
        return
    connection.execute(
        update(case_tasks)
        .where(case_tasks.c.id == task)
        .values(done_at=now, done_staff=who.staff, done_by=who.name, outcome="done")
    )
    case_entries.append(
        connection.exec_driver_sql,
        row.case,
        "task-done",
        at=now,
        by=who,
        plain={"task": task, "kind": "isolate", "outcome": "done"},
    )
