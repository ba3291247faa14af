"""Status: at once when something changes, seldom when a program floods, and never while nobody watches."""

from datetime import timedelta

from agent.link import messages as m
from policies import orders
from policies.settings import Settings, UsageSettings
from tests.support.model_server import DEVICE

USAGE = Settings(usage=UsageSettings(record_apps=True))


def watch(laptop, minutes=10, order="w1"):
    until = laptop.clock.at + timedelta(minutes=minutes)
    laptop.order(orders.Watch(device=DEVICE, order=order, by="Ms Demir", until=until))


def focus(laptop, session, app):
    session.say(m.Focused(app=app, program="p"))
    laptop.settle()


def wait(laptop, seconds):
    """Let so little time pass that no session says anything by itself."""
    laptop.clock.forward(seconds)
    laptop.settle()


def test_another_app_in_front_is_told_within_a_tenth_of_a_second(make_laptop) -> None:
    laptop = make_laptop(settings=USAGE)
    _shell, session = laptop.log_in()
    watch(laptop)
    laptop.forward(10)
    before = len(laptop.server.statuses)
    focus(laptop, session, "Writer")
    wait(laptop, 0.11)

    assert ["Writer"] == [each.logins[0].app for each in laptop.server.statuses[before:]]


def test_what_changes_in_the_same_moment_is_told_together(make_laptop) -> None:
    laptop = make_laptop(settings=USAGE)
    _shell, session = laptop.log_in()
    watch(laptop)
    laptop.forward(10)
    before = len(laptop.server.statuses)
    for app in ("Calc", "Files", "Writer"):
        focus(laptop, session, app)
    wait(laptop, 0.11)

    assert ["Writer"] == [each.logins[0].app for each in laptop.server.statuses[before:]]


def test_a_program_that_changes_all_the_time_is_told_of_once_a_second_and_truly_at_the_end(make_laptop):
    laptop = make_laptop(settings=USAGE)
    _shell, session = laptop.log_in()
    watch(laptop)
    laptop.forward(20)
    before = len(laptop.server.statuses)
    for number in range(100):
        focus(laptop, session, f"app-{number}")
        wait(laptop, 0.1)
    sent = len(laptop.server.statuses) - before
    laptop.forward(3)

    assert 10 <= sent <= 16
    assert "app-99" == laptop.server.statuses[-1].logins[0].app


def test_nothing_leaves_while_nobody_watches_and_nothing_after_they_have_gone(make_laptop) -> None:
    laptop = make_laptop(settings=USAGE)
    _shell, session = laptop.log_in()
    focus(laptop, session, "Writer")
    laptop.forward(30)
    unwatched = len(laptop.server.statuses)
    watch(laptop, minutes=1)
    laptop.forward(70)
    watched = len(laptop.server.statuses)
    focus(laptop, session, "Calc")
    laptop.forward(30)

    assert 0 == unwatched
    assert 0 < watched == len(laptop.server.statuses)


def test_a_renewed_watch_tells_nothing_anew(make_laptop) -> None:
    laptop = make_laptop(settings=USAGE)
    laptop.log_in()
    watch(laptop)
    laptop.forward(5)
    before = len(laptop.server.statuses)
    watch(laptop, minutes=20)
    laptop.forward(5)

    assert 0 < before == len(laptop.server.statuses)


def test_a_status_that_did_not_arrive_is_told_again(make_laptop) -> None:
    laptop = make_laptop(settings=USAGE)
    _shell, session = laptop.log_in()
    watch(laptop)
    laptop.forward(5)
    send, failures = laptop.server.send_status, [1, 1]

    def failing(status):
        if failures:
            failures.pop()
            from agent.errors import ServerRefused

            raise ServerRefused("too often", error="too-often", status=429)
        send(status)

    laptop.server.send_status = failing
    focus(laptop, session, "Writer")
    laptop.forward(5)

    assert "Writer" == laptop.server.statuses[-1].logins[0].app


def test_a_locked_screen_says_since_when_it_is_locked(laptop) -> None:
    _shell, session = laptop.log_in()
    laptop.forward(100)
    watch(laptop)
    session.say(m.Asked(what="lock"))
    laptop.settle()
    laptop.forward(3)
    last = laptop.server.statuses[-1].logins[0]

    assert "locked" == last.state
    assert last.since_seconds < 5
