"""What pupils pressed under a teacher's message: one of three buttons, the last press holds."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, select

from server.lab_tables import lab_answers
from server.tables import people

Pressed = Literal["ok", "not-yet", "help"]


class Answer(NamedTuple):
    """One login's answer to one message."""

    device: str
    login: str
    os_user: str
    person: str | None
    shown: str
    """The name an adult knows, or the account's."""
    answer: Pressed
    at: datetime


def answers(connection: Connection, orders: Collection[str]) -> dict[str, list[Answer]]:
    """Return the answers to each of these messages, in the order they came."""
    found: dict[str, list[Answer]] = {order: [] for order in orders}
    query = (
        select(lab_answers, people.c.display_name)
        .outerjoin(
            people,
            (people.c.person == lab_answers.c.person) & (people.c.os_user == lab_answers.c.os_user),
        )
        .where(lab_answers.c.order_id.in_(list(found)))
        .order_by(lab_answers.c.at, lab_answers.c.device, lab_answers.c.login)
    )
    for row in connection.execute(query):
        shown = row.display_name or row.os_user
        found[row.order_id].append(
            Answer(row.device, row.login, row.os_user, row.person, shown, row.answer, row.at)
        )
    return found
