"""A stick stays in while people come and go: a yes is for who asks, not for who was there when it came."""

import msgspec
import pytest

from server import media
from tests.support import media_school
from tests.support.media_story import ASK, TEACHER, USB, Story

MAY, SELIN, NOBODY = ("may", "p1"), ("ms-arat", "s1"), ("", None)


@pytest.fixture
def story(here, enrolled):
    return Story(here, enrolled)


def ask_later(story, came_with, asks, **changes):
    """A stick comes while one person is there, or nobody; another asks for it."""
    plug = media_school.plugged(story.now, 1, *came_with, **({"mode": story.usb.mode} | changes))
    os_user, person = asks
    asked = media_school.asked(plug, ASK, "My slides")
    story.tell(plug, msgspec.structs.replace(asked, login="e" * 32, os_user=os_user, person=person))


@pytest.mark.parametrize("came_with", [NOBODY, SELIN])
def test_a_stick_that_was_in_before_is_asked_for_by_who_asks(story, came_with):
    ask_later(story, came_with, MAY)

    plug = story.request().plug
    assert ("may", "p1", "May", "junior") == (plug.os_user, plug.person, plug.display_name, plug.tier)


@pytest.mark.parametrize("came_with", [NOBODY, SELIN])
def test_a_yes_is_for_who_asks_and_for_nobody_who_was_there_before_or_comes_later(story, came_with):
    ask_later(story, came_with, MAY)
    story.yes(TEACHER)

    (order,) = story.told()
    assert ("p1", None) == (order.terms.person, order.terms.plug)


def test_a_pupil_gets_nothing_that_is_for_staff_because_staff_had_plugged_it_in(story):
    story.publish(msgspec.structs.replace(USB, mode="staff_encrypted_approved"))
    ask_later(story, SELIN, MAY, encryption="luks")

    assert "not-staff" == story.refusal()


@pytest.mark.parametrize(("came_with", "target"), [(NOBODY, "block"), (MAY, "block"), (SELIN, "ask")])
def test_staff_may_ask_for_a_stick_that_was_in_when_they_came(story, came_with, target):
    story.publish(msgspec.structs.replace(USB, mode="staff_encrypted_approved"))
    ask_later(story, came_with, SELIN, encryption="luks", target=target)

    assert "s1" == story.yes().terms.person


def test_the_history_says_who_was_there_when_it_came(story):
    ask_later(story, SELIN, MAY)

    with story.here.db.read() as c:
        assert ["ms-arat"] == [each.os_user for each in media.list_plugs(c)]
