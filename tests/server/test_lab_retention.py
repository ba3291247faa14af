"""What teachers did in their rooms is kept for its time, and then goes by itself."""

from datetime import timedelta

from sqlalchemy import func, select

from server import housekeeping, lab_actions, lab_retention
from server.lab_tables import lab_actions as actions
from server.lab_tables import lab_orders
from server.state import utc_now


def note(here, ages):
    with here.db.write() as connection:
        for age in ages:
            at = utc_now() - timedelta(days=age)
            lab_actions.write(connection, at=at, staff=1, by="Ms Demir", room="Lab 2", what="lock")


def count(here, table):
    with here.db.read() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_actions_stay_for_a_school_year_and_a_month(here):
    note(here, [0, 300, 390, 397, 800])
    with here.db.write() as connection:
        lab_retention.forget(connection, utc_now())

    assert 3 == count(here, actions)


def test_housekeeping_forgets_and_an_empty_house_is_no_trouble(here):
    housekeeping.forget_lessons(here)
    note(here, [500])
    housekeeping.forget_lessons(here)

    assert (0, 0) == (count(here, actions), count(here, lab_orders))


def test_orders_go_before_the_line_that_says_they_were_given(here):
    assert lab_retention.ORDERS_KEPT < lab_retention.KEPT
    assert timedelta(days=366) <= lab_retention.KEPT
