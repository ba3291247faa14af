"""A failure belongs to the login that was there, and ends when what it was about is true."""

import pytest

from policies import records
from policies.lab_orders import NOT_OURS
from server.web.lab_read import decide_failed
from tests.support.lab_story import LabStory, login


@pytest.fixture
def story(here, enrolled):
    made = LabStory(here, enrolled, laptops=1)
    made.starts(made.laptops[0], 1)
    made.pass_time(seconds=30)
    return made


def refuse(story, kind="unlock", problem="the screen locker does not end"):
    """The laptop could not do what was ordered, and says how its login is then."""
    given = story.order(kind)
    story.pass_time(seconds=5)
    story.done(story.laptops[0], given, "failed", problem)
    state = "locked" if kind == "unlock" else "active"
    story.say(story.laptops[0], login(1, state=state, since_seconds=60.0))
    return given


def signs_out(story, number=1):
    ended = records.LoginEnded(
        at=story.now, login=f"{number:032x}", os_user=f"pupil{number}", reason="signed-out"
    )
    story.record(story.laptops[0], ended)


def red(story):
    return decide_failed(story.standings(), story.now)


def test_a_failure_is_of_the_login_that_was_there(story):
    given = refuse(story)

    assert ("failed", "problem") == story.state(given)
    assert {story.laptops[0]: frozenset({f"{1:032x}"})} == red(story)


@pytest.mark.parametrize("state", ["active", "idle"])
def test_an_unlock_that_failed_is_no_failure_once_the_screen_is_open(story, state):
    given = refuse(story)
    story.pass_time(seconds=10)
    story.say(story.laptops[0], login(1, state=state))

    assert (("confirmed", ""), {}) == (story.state(given), red(story))


def test_a_screen_that_opened_and_locked_again_later_is_no_failure_of_the_unlock(story):
    given = refuse(story)
    story.pass_time(seconds=40)
    story.say(story.laptops[0], login(1, state="locked", since_seconds=5.0))

    assert (("free", ""), {}) == (story.state(given), red(story))


@pytest.mark.parametrize("kind", ["lock", "unlock"])
@pytest.mark.parametrize("state", ["gate", "active", "locked"])
def test_the_next_pupil_at_a_laptop_is_not_given_the_failure_of_the_one_before(story, kind, state):
    given = refuse(story, kind)
    story.pass_time(seconds=10)
    signs_out(story)
    story.starts(story.laptops[0], 2)
    story.say(story.laptops[0], login(2, state=state, since_seconds=60.0))

    assert {} == red(story)
    assert [] == story.standing(given).failed


def test_nobody_is_left_with_a_failure_when_they_have_signed_out(story):
    given = refuse(story)
    story.pass_time(seconds=10)
    signs_out(story)
    story.say(story.laptops[0])

    assert (("free", ""), {}) == (story.state(given), red(story))


def test_after_a_restart_of_the_server_a_failure_is_still_of_whoever_was_there(story):
    given = refuse(story)
    story.here.live._heard.clear()

    assert ("failed", "problem") == story.state(given)
    signs_out(story)
    assert ("free", "") == story.state(given)


def test_of_two_at_one_laptop_only_the_one_it_failed_for_is_marked(story):
    refuse(story)
    story.pass_time(seconds=10)
    story.starts(story.laptops[0], 2)
    story.say(story.laptops[0], login(1, state="locked", since_seconds=60.0), login(2))

    assert {story.laptops[0]: frozenset({f"{1:032x}"})} == red(story)


def test_a_lock_that_failed_marks_no_seat_after_a_later_unlock(story):
    refuse(story, "lock")
    story.pass_time(seconds=1)
    unlock = story.order("unlock")
    story.done(story.laptops[0], unlock)

    assert {} == red(story)


@pytest.mark.parametrize(("unsupervised", "why"), [(True, "no-adult"), (False, "own-lock")])
def test_an_unlock_of_a_screen_that_no_adult_locked_says_what_opens_it(story, unsupervised, why):
    given = refuse(story, problem=NOT_OURS)
    story.say(story.laptops[0], login(1, state="locked", since_seconds=60.0, unsupervised=unsupervised))

    assert ("failed", why) == story.state(given)


def test_a_locker_that_does_not_end_is_the_laptops_fault_also_where_nobody_supervises(story):
    given = refuse(story)
    story.say(story.laptops[0], login(1, state="locked", since_seconds=60.0, unsupervised=True))

    assert ("failed", "problem") == story.state(given)


def test_a_pause_that_was_refused_is_of_the_laptop_whoever_sits_there(story):
    given = story.order("begin_pause", story.laptops[0], minutes=5)
    story.done(story.laptops[0], given, "refused", "nobody supervises now")
    signs_out(story)
    story.starts(story.laptops[0], 2)
    story.say(story.laptops[0], login(2))

    assert {story.laptops[0]: None} == red(story)
