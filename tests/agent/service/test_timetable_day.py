"""Settings by tier and time, as a running laptop obeys them."""

import os
import time
from datetime import timedelta

import msgspec
import pytest

from agent.link import messages as m
from agent.service import facts
from agent.service.holding import LOOK_AT_LEAST_SECONDS, decide_look, settings_of
from policies import records
from policies.orders import Arrangement
from policies.settings import LockSettings, Settings, UsageSettings
from policies.variants import Variant, Window
from tests.support.lab_laptop import MAY, SAM

QUICK = Settings(lock=LockSettings(idle_after_seconds=120, countdown_seconds=0))


@pytest.fixture(autouse=True)
def istanbul():
    """The laptop stands in Istanbul: 08:30 UTC, where its clock begins, is 11:30 there."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Istanbul"
    time.tzset()
    yield
    del os.environ["TZ"]
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


def publish(laptop, *variants, settings=QUICK):
    assignment, body = laptop.server.policy(settings, variants=variants)
    laptop.service.loop.put(facts.PolicyFetched(assignment, body))
    laptop.settle()


def idle(seconds, tiers=(), starts="00:00", ends="24:00"):
    when = None if (starts, ends) == ("00:00", "24:00") else Window(starts=starts, ends=ends)
    return Variant(tiers=tiers, when=when, change={"lock.idle_after_seconds": seconds})


def leave(laptop, seconds):
    laptop.typing = False
    laptop.forward(seconds)


def locks(laptop):
    return len(laptop.device.lockers)


def test_each_login_is_locked_by_its_own_tier(make_laptop):
    laptop = make_laptop()
    laptop.server.people["sam"]["tier"] = "junior"
    publish(laptop, idle(40, ("junior",)))
    laptop.log_in(MAY)
    laptop.log_in(SAM)
    leave(laptop, 60)

    assert ["sam"] == [each.os_user for each in laptop.service.ground.logins.values() if each.lock.wanted]
    laptop.forward(70)
    assert 2 == locks(laptop)


def test_a_running_login_is_locked_by_the_hours_of_this_laptop_s_wall(make_laptop):
    """The lesson ends at 11:40 in Istanbul; the laptop's clock is at 11:30 when somebody logs in."""
    laptop = make_laptop()
    publish(laptop, idle(1800, starts="09:00", ends="11:40"))
    laptop.log_in()
    leave(laptop, 400)
    assert 0 == locks(laptop)

    laptop.forward(210)
    assert 1 == locks(laptop)


def test_a_session_is_told_at_the_edge_and_no_moment_is_counted_that_is_not_to_be(make_laptop):
    laptop = make_laptop()
    nothing = Variant(when=Window(starts="11:32"), change={"usage.record_apps": False})
    always = Settings(usage=UsageSettings(send_after_seconds=3600))
    publish(laptop, nothing, settings=always)
    _shell, session = laptop.log_in()
    session.say(m.Focused(app="Editor", program="ed"))
    laptop.settle()
    laptop.forward(60)
    assert [True] == [each.sense_apps for each in laptop.heard(session, m.Work)]
    assert [] == laptop.records(records.AppUsed)

    laptop.forward(60)
    assert [True, False] == [each.sense_apps for each in laptop.heard(session, m.Work)]
    (used,) = laptop.records(records.AppUsed)
    assert 55 <= used.focused_seconds <= 121
    session.say(m.Focused(app="Game", program="g"))
    laptop.settle()
    laptop.forward(120)
    assert ["Editor"] == [each.app for each in laptop.records(records.AppUsed)]


def test_recording_begins_again_with_the_lesson(make_laptop):
    laptop = make_laptop()
    lesson = Variant(when=Window(starts="11:32"), change={"usage.record_apps": True})
    off = Settings(usage=UsageSettings(record_apps=False, send_after_seconds=5))
    publish(laptop, lesson, settings=off)
    _shell, session = laptop.log_in()
    laptop.forward(130)

    assert [False, True] == [each.sense_apps for each in laptop.heard(session, m.Work)]
    session.say(m.Focused(app="Editor", program="ed"))
    laptop.settle()
    laptop.forward(30)
    assert "Editor" in {each.app for each in laptop.records(records.AppUsed)}


def test_a_screen_locked_before_the_edge_is_signed_out_by_what_holds_after_it(make_laptop):
    laptop = make_laptop()
    evening = Variant(when=Window(starts="11:40"), change={"lock.sign_out_after_seconds": 300})
    publish(laptop, evening)
    laptop.log_in()
    leave(laptop, 125)
    assert 1 == locks(laptop)
    laptop.forward(420)
    assert 1 == len(laptop.service.ground.logins)

    laptop.forward(60)
    assert ["locked-too-long"] == [each.reason for each in laptop.records(records.LoginEnded)]


def test_a_wall_clock_that_jumps_into_the_lesson_is_obeyed(make_laptop):
    laptop = make_laptop()
    publish(laptop, idle(40, starts="14:00"))
    laptop.log_in()
    leave(laptop, 60)
    assert 0 == locks(laptop)

    laptop.clock.at += timedelta(hours=3)
    laptop.forward(6)
    assert 1 == locks(laptop)


def test_a_gate_waits_as_long_as_its_tier_may_read(make_laptop):
    laptop = make_laptop()
    quick = Variant(tiers=("teen",), change={"agreement.answer_within_seconds": 60})
    publish(laptop, quick)
    laptop.hello()
    laptop.connect()
    laptop.forward(65)

    assert ["timed-out"] == [each.answer for each in laptop.records(records.AgreementAnswered)]


def test_a_reading_is_judged_by_its_tier(make_laptop):
    laptop = make_laptop()
    publish(laptop, Variant(tiers=("teen",), change={"agreement.read_at_least_seconds": 60}))
    _shell, hook = laptop.hello()
    session = laptop.connect()
    laptop.answer(session, after=30)

    assert hook.opens is None
    laptop.forward(60)
    laptop.answer(session, after=70)
    assert hook.opens


# ---- pure ----


def test_one_s_own_needs_stand_over_tier_and_time(make_laptop):
    laptop = make_laptop()
    publish(laptop, idle(40))
    policy, local = laptop.service.ground.policy, laptop.service.ground.local_now()
    needs = Arrangement(idle_after_seconds=900)

    assert 40 == settings_of(policy, "teen", None, local).lock.idle_after_seconds
    assert 900 == settings_of(policy, "teen", needs, local).lock.idle_after_seconds
    assert Settings() == settings_of(None, "teen", None, local)


def test_the_next_look_is_at_the_edge_and_never_far_off(make_laptop):
    laptop = make_laptop()
    local = laptop.service.ground.local_now().replace(hour=11, minute=39, second=30, microsecond=0)
    publish(laptop, idle(40, starts="11:40"))
    policy = laptop.service.ground.policy

    assert 30.0 == decide_look(policy, local)
    assert LOOK_AT_LEAST_SECONDS == decide_look(policy, local - timedelta(hours=3))
    assert LOOK_AT_LEAST_SECONDS == decide_look(None, local)


def test_r84_a_number_beside_a_contact_is_the_laptop_s_own(make_laptop):
    laptop = make_laptop()
    assert laptop.service.ground.contacts
    policy = laptop.service.ground.policy
    contact = policy.body.school.contacts[0]
    told = msgspec.structs.replace(contact, how="Your screen locks after {lock_minutes} minutes.")
    school = msgspec.structs.replace(policy.body.school, contacts=(told,))
    body = msgspec.structs.replace(policy.body, school=school)
    laptop.service.ground.server.policies.current = msgspec.structs.replace(policy, body=body)

    assert "Your screen locks after 5 minutes." == laptop.service.ground.contacts[0].how
