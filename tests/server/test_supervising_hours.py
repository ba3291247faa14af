"""A check-in and the timetable: what a later window asks for ends one that was begun before."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from policies.tree import Layer
from policies.windows import Window
from server import accounts, policy_store, supervising
from server.policy_store import Author
from server.supervising import Adult

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ROOM = "Lab 2"


@pytest.fixture
def adult(here):
    with here.db.write() as connection:
        number = accounts.add_staff(
            connection, name="l.demir", display_name="Ms Demir", roles=frozenset({"teacher"}), rooms=(ROOM,),
            password=None, now=NOW,
        )  # fmt: skip
    return Adult(number, "Ms Demir")


def from_ten(here, **hours):
    """Let these hours hold for half an hour, from half an hour after NOW."""
    begins = NOW.astimezone() + timedelta(minutes=30)
    window = Window(starts=f"{begins:%H:%M}", ends=f"{begins + timedelta(minutes=30):%H:%M}")
    change = {f"hours.{name}": value for name, value in hours.items()}
    with here.db.write() as connection:
        tree = policy_store.current_tree(connection).tree
        layers = (Layer(scope="school", when=window, change=change),)
        policy_store.add_revision(
            connection, msgspec.structs.replace(tree, layers=layers), by=Author(None, "test", frozenset()),
            now=NOW, reason="hours", kind="published",
        )  # fmt: skip


def minutes_of(here, adult, minutes, at=NOW):
    """Check in and return for how many minutes it holds."""
    with here.db.write() as connection:
        until = supervising.check_in(connection, adult, ROOM, minutes=minutes, now=at).until
    return (until - at) / timedelta(minutes=1)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ({"supervision": "direct", "direct_confirm_minutes": 45}, 45),
        ({"supervision": "direct", "direct_confirm_minutes": 20}, 30),
        ({"session": "club", "longest_check_in_minutes": 40}, 40),
        ({"session": "club"}, 90),
        ({"session": "closed", "longest_check_in_minutes": 15}, 90),
    ],
)
def test_r20_a_check_in_from_before_holds_no_longer_than_a_later_window_lets_it(here, adult, hours, expected):
    from_ten(here, **hours)

    assert expected == minutes_of(here, adult, 90)


def test_a_check_in_that_ends_before_the_window_begins_is_as_long_as_was_chosen(here, adult):
    from_ten(here, supervision="direct", direct_confirm_minutes=5)

    assert 25 == minutes_of(here, adult, 25)
