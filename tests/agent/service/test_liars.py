"""Sessions that lie, and programs that keep the locker out: the service goes on and no screen stays open."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.link import messages as m
from agent.service import facts
from agent.service.gatekeeping import MOST_UNBELIEVED
from policies import records
from policies.settings import LockSettings, Settings
from tests.support.lab_laptop import LabLaptop

QUICK = Settings(lock=LockSettings(idle_after_seconds=60, countdown_seconds=20))
texts = st.text(max_size=200)
numbers = st.integers(-(2**63), 2**63)
words = st.one_of(
    st.builds(m.Alive, idle_seconds=st.floats(-1e9, 1e9), inhibited=st.booleans()),
    st.builds(m.GateShown, kind=st.sampled_from(("web", "plain"))),
    st.builds(
        m.GateAnswered,
        answer=st.sampled_from(("accepted", "declined")),
        version=numbers,
        text_hash=texts,
        language=st.sampled_from(("en", "tr")),
        pages_shown=numbers,
    ),
    st.builds(m.GateBroken, web_view=texts, plain_window=texts),
    st.builds(m.Focused, app=texts, program=texts),
    st.builds(m.Covered, locker_pid=numbers, covered=st.booleans(), problem=texts),
    st.just(m.CountdownAnswered()),
    st.builds(m.Asked, what=st.sampled_from(("help", "lock", "rules", "record", "panel"))),
    st.builds(m.AttentionSeen, order=texts, covered=st.booleans(), problem=texts),
    st.builds(m.MessageShown, order=texts),
    st.builds(m.MessageDone, order=texts, answer=st.sampled_from(("ok", "not-yet", "help", "closed"))),
    st.builds(m.AppWanted, app=texts, program=texts, what=st.sampled_from(("ask", "withdraw")), words=texts),
    st.just(m.InhibitedSleep()),
    st.just(m.Connected()),
)


def test_an_idle_time_beyond_belief_is_misuse_and_stops_nobody(make_laptop):
    laptop = make_laptop(settings=QUICK)
    _shell, session = laptop.log_in()
    session.channel._sock.send(b'{"up":"alive","idle_seconds":1e300}\n')
    laptop.settle()

    assert laptop.records(records.LinkMisused)
    assert session.process.status is not None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(said=st.lists(words, max_size=12), at_gate=st.booleans())
def test_whatever_a_session_says_the_service_goes_on_and_the_gate_stays_shut(said, at_gate, tmp_path_factory):
    laptop = LabLaptop(tmp_path_factory.mktemp("liar"), settings=QUICK)
    try:
        if at_gate:
            _shell, hook = laptop.hello()
            session = laptop.connect()
        else:
            _shell, session = laptop.log_in()
            hook = None
        for word in said:
            if session.process.status is None:
                session.say(word)
                laptop.settle()
        laptop.forward(3)

        assert hook is None or hook.opens is not True
    finally:
        laptop.close()


def test_a_screen_whose_locker_is_kept_out_is_closed_after_a_minute(make_laptop):
    laptop = make_laptop(settings=QUICK)
    shell, _session = laptop.log_in()
    laptop.cover = laptop.typing = False
    laptop.forward(61)
    for _ in range(200):
        for locker in laptop.device.lockers:
            locker.end(1)
        laptop.settle()
        laptop.forward(0.5)
    (ended,) = laptop.records(records.LoginEnded)

    assert "locker-killed" == ended.reason
    assert not laptop.device.is_alive(shell)
    assert laptop.records(records.LockFailed)


@pytest.mark.parametrize("display", [":0\n", ":5." + "1" * 3000, ":", ":a", "host:0", ":٣"])
def test_a_display_that_is_none_is_no_message(display):
    said = msgspec.json.encode(m.HookHello(display=display, xauthority="/x"))
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(said, type=m.HookHello)


def test_an_account_handed_on_to_another_child_is_asked_anew(laptop):
    shell, _session = laptop.log_in()
    laptop.device.exit(shell)
    laptop.settle()
    laptop.server.people["may"] = {**laptop.server.people["may"], "person": "p-new", "display_name": "Ada"}
    laptop.server.accepted.clear()
    _shell, hook = laptop.hello()
    session = laptop.connect()

    assert hook.opens is None
    assert laptop.gate_page(session)


def test_a_locked_screen_that_is_uncovered_again_gets_a_new_locker(laptop):
    _shell, session = laptop.log_in()
    session.say(m.Asked(what="lock"))
    laptop.forward(3)
    laptop.cover = False
    laptop.forward(11)
    first, second = laptop.device.lockers
    laptop.cover = True
    laptop.forward(3)

    assert first.status is not None
    assert second.status is None
    assert ["asked", "locker-killed"] == [each.reason for each in laptop.records(records.ScreenLocked)]


def test_one_uncovered_moment_leaves_the_locker_alone(laptop):
    _shell, session = laptop.log_in()
    session.say(m.Asked(what="lock"))
    laptop.forward(3)
    laptop.cover = False
    laptop.forward(5)
    laptop.cover = True
    laptop.forward(30)

    assert 1 == len(laptop.device.lockers)


def test_a_flood_on_the_public_socket_does_not_flood_the_log(laptop, caplog):
    for _ in range(500):
        laptop.service.loop.put(facts.Misused(1001, "too many messages"))
    laptop.settle()

    assert 1 == sum("misused" in each.message for each in caplog.records)
    laptop.forward(61)
    (misused,) = laptop.records(records.LinkMisused)
    assert 500 == misused.count


def test_a_stranger_on_a_sessions_link_is_recorded_beside_a_flood(laptop):
    _shell, _session = laptop.log_in()
    laptop.service.loop.put(facts.Misused(1001, "too many messages"))
    laptop.device.on_stranger(1001, "another process than the session opened its link")
    laptop.device.on_stranger(1001, "another process than the session opened its link")
    laptop.settle()
    laptop.forward(61)

    assert {(facts.GARBAGE, 1), (facts.STRANGER, 2)} == {
        (misused.problem, misused.count) for misused in laptop.records(records.LinkMisused)
    }


def test_a_program_that_asks_for_help_without_end_is_one_call(laptop):
    _shell, session = laptop.log_in()
    for _ in range(50):
        session.say(m.Asked(what="help"))
    laptop.settle()
    laptop.forward(11)
    session.say(m.Asked(what="help"))

    assert 2 == len(laptop.records(records.HelpAsked))


def test_a_shell_that_goes_on_without_its_hook_does_not_keep_its_desktop(laptop):
    shell, hook = laptop.hello()
    laptop.connect()
    laptop.service.loop.put(facts.PublicGone(hook))
    laptop.settle()
    laptop.forward(3)
    still = laptop.device.is_alive(shell)
    laptop.forward(4)

    assert (True, False) == (still, laptop.device.is_alive(shell))
    assert ["gate-failed"] == [each.reason for each in laptop.records(records.LoginEnded)]


def test_a_hook_that_was_cut_off_and_asks_again_goes_on(laptop):
    shell, hook = laptop.hello()
    session = laptop.connect()
    laptop.service.loop.put(facts.PublicGone(hook))
    _shell, again = laptop.hello(parent=shell)
    laptop.forward(10)
    laptop.answer(session)

    assert again.opens is True


def test_a_program_that_answers_wrongly_without_end_fills_no_journal(laptop):
    _shell, hook = laptop.hello()
    session = laptop.connect()
    page = laptop.gate_page(session)
    wrong = m.GateAnswered(
        answer="accepted", version=page.agreement.version, text_hash="0" * 64, language="en", pages_shown=1
    )
    for _ in range(3 * MOST_UNBELIEVED):
        session.say(wrong)
        laptop.settle()
    laptop.forward(61)

    assert MOST_UNBELIEVED == len(laptop.records(records.LinkMisused))
    assert hook.opens is False
