"""An open desktop: locks that are true, usage that is fair."""

from datetime import timedelta

from agent.link import messages as m
from agent.link.channel import Peer
from agent.service import facts
from policies import orders, records
from policies.settings import LockSettings, Settings, UsageSettings
from tests.support.lab_laptop import MAY, SAM, Hook
from tests.support.model_server import DEVICE

QUICK = Settings(lock=LockSettings(idle_after_seconds=60, countdown_seconds=20, inhibit_cap_seconds=600))


def leave(laptop, seconds):
    laptop.typing = False
    laptop.forward(seconds)


def test_a_left_screen_warns_then_locks_and_says_so_once_covered(make_laptop):
    laptop = make_laptop(settings=QUICK)
    _shell, session = laptop.log_in()
    leave(laptop, 45)

    assert 1 == len(laptop.heard(session, m.ShowCountdown))
    assert [] == laptop.device.lockers
    laptop.forward(17)
    (lock,) = laptop.records(records.ScreenLocked)
    assert ("idle", "fakelock") == (lock.reason, lock.locker)
    assert 60 <= lock.idle_seconds <= 61


def test_coming_back_takes_the_countdown_away(make_laptop):
    laptop = make_laptop(settings=QUICK)
    _shell, session = laptop.log_in()
    leave(laptop, 45)
    laptop.typing = True
    laptop.forward(60)

    assert 1 == len(laptop.heard(session, m.HideCountdown))
    assert [] == laptop.device.lockers


def test_a_film_holds_the_lock_off_up_to_the_cap(make_laptop):
    laptop = make_laptop(settings=QUICK)
    laptop.log_in()
    laptop.inhibited = True
    leave(laptop, 590)

    assert [] == laptop.device.lockers
    laptop.forward(40)
    assert 1 == len(laptop.device.lockers)


def test_after_the_film_the_screen_is_warned_first(make_laptop):
    laptop = make_laptop(settings=QUICK)
    _shell, session = laptop.log_in()
    laptop.inhibited = True
    leave(laptop, 300)
    laptop.inhibited = False
    laptop.forward(2)

    assert 1 == len(laptop.heard(session, m.ShowCountdown))
    assert [] == laptop.device.lockers
    laptop.forward(22)
    assert 1 == len(laptop.device.lockers)


def test_the_right_password_unlocks(make_laptop):
    laptop = make_laptop(settings=QUICK)
    laptop.log_in()
    leave(laptop, 70)
    laptop.device.lockers[-1].end(0)
    laptop.settle()

    (unlock,) = laptop.records(records.ScreenUnlocked)
    assert 5 < unlock.locked_seconds < 15
    assert 1 == len(laptop.device.lockers)


def test_a_lock_that_does_not_cover_is_never_called_one(make_laptop):
    laptop = make_laptop(settings=QUICK)
    laptop.cover = False
    laptop.log_in()
    leave(laptop, 75)

    assert [] == laptop.records(records.ScreenLocked)
    assert laptop.records(records.LockFailed)
    laptop.cover = True
    laptop.forward(10)
    assert 1 == len(laptop.records(records.ScreenLocked))


def test_lockers_that_never_cover_end_the_login_within_a_minute_or_so(make_laptop):
    laptop = make_laptop(settings=QUICK)
    laptop.cover = False
    shell, session = laptop.log_in()
    session.say(m.Asked(what="lock"))
    laptop.forward(40)
    was_alive = laptop.device.is_alive(shell)
    laptop.forward(40)

    assert was_alive
    assert not laptop.device.is_alive(shell)
    assert [] == laptop.records(records.ScreenLocked)
    assert {"the screen locker did not cover the screen"} == {
        each.problem for each in laptop.records(records.LockFailed)
    }


def test_a_system_that_was_not_told_of_the_lock_is_told_again(laptop):
    _shell, session = laptop.log_in()
    laptop.device.deaf_to_locks = 2
    session.say(m.Asked(what="lock"))
    laptop.forward(20)
    told_while_locked = list(laptop.device.shown_locked)
    laptop.device.lockers[-1].end(0)
    laptop.settle()

    assert [(MAY.uid, True)] == told_while_locked
    assert [(MAY.uid, True), (MAY.uid, False)] == laptop.device.shown_locked


def test_a_machine_without_a_locker_says_so_and_keeps_trying(make_laptop):
    laptop = make_laptop(settings=QUICK)
    laptop.device.locker_works = False
    laptop.log_in()
    leave(laptop, 75)

    assert {"no screen locker is installed"} == {each.problem for each in laptop.records(records.LockFailed)}
    assert len(laptop.records(records.LockFailed)) <= 3
    laptop.device.locker_works = True
    laptop.forward(10)
    assert 1 == len(laptop.records(records.ScreenLocked))


def test_a_killed_locker_is_replaced_and_the_third_time_ends_the_login(laptop):
    shell, session = laptop.log_in()
    session.say(m.Asked(what="lock"))
    for _ in range(3):
        laptop.forward(2)
        assert laptop.device.is_alive(shell)
        laptop.device.lockers[-1].end(-9)
        laptop.settle()

    assert not laptop.device.is_alive(shell)
    assert ["asked", "locker-killed", "locker-killed"] == [
        each.reason for each in laptop.records(records.ScreenLocked)
    ]
    assert ["locker-killed"] == [each.reason for each in laptop.records(records.LoginEnded)]


def test_locked_too_long_ends_the_login(make_laptop):
    laptop = make_laptop(settings=Settings(lock=LockSettings(sign_out_after_seconds=300)))
    shell, session = laptop.log_in()
    session.say(m.Asked(what="lock"))
    laptop.settle()
    leave(laptop, 310)

    assert not laptop.device.is_alive(shell)
    assert ["locked-too-long"] == [each.reason for each in laptop.records(records.LoginEnded)]


def test_suspend_locks_first(laptop):
    laptop.log_in()
    laptop.device.on_sleep("before")
    laptop.settle()

    assert 1 == laptop.device.sleep_allowed
    assert ["suspend"] == [each.reason for each in laptop.records(records.ScreenLocked)]


def test_a_lock_that_fails_does_not_hold_sleep_off_for_ever(laptop):
    laptop.cover = False
    laptop.log_in()
    laptop.device.on_sleep("before")
    laptop.forward(5)

    assert 1 == laptop.device.sleep_allowed


def test_a_killed_session_locks_the_screen(laptop):
    shell, session = laptop.log_in()
    session.process.end(-9)
    laptop.forward(1)
    laptop.connect()
    laptop.forward(2)

    assert ["locked"] == [each.outcome for each in laptop.records(records.SessionLost)]
    assert ["session-lost"] == [each.reason for each in laptop.records(records.ScreenLocked)]
    assert laptop.device.is_alive(shell)


def test_a_killed_session_ends_the_login_where_the_school_says_so(make_laptop):
    laptop = make_laptop(settings=Settings(lock=LockSettings(if_session_lost="end")))
    shell, session = laptop.log_in()
    session.process.end(-9)
    laptop.forward(1)

    assert not laptop.device.is_alive(shell)


def test_an_order_to_lock_is_confirmed_once_covered(laptop):
    laptop.log_in()
    order = orders.LockNow(device=DEVICE, order="o1", expires_at=laptop.clock.at + timedelta(minutes=5))
    for _ in range(2):
        laptop.service.lesson.locks.lock(order)
        laptop.settle()

    assert ["ordered"] == [each.reason for each in laptop.records(records.ScreenLocked)]
    assert [("o1", "done")] == [(each.order, each.outcome) for each in laptop.records(records.OrderDone)]


def test_an_expired_order_does_nothing(laptop):
    laptop.log_in()
    order = orders.LockNow(device=DEVICE, order="o1", expires_at=laptop.clock.at - timedelta(minutes=5))
    laptop.service.lesson.locks.lock(order)
    laptop.settle()

    assert [] == laptop.device.lockers
    assert ["expired"] == [each.outcome for each in laptop.records(records.OrderDone)]


def use(laptop, session, app, seconds):
    session.say(m.Focused(app=app, program=app.lower()))
    laptop.settle()
    laptop.forward(seconds)


def test_apps_become_intervals_with_active_seconds(make_laptop):
    usage = UsageSettings(send_after_seconds=200, active_within_seconds=60)
    laptop = make_laptop(settings=Settings(usage=usage, lock=LockSettings(idle_after_seconds=3600)))
    _shell, session = laptop.log_in()
    use(laptop, session, "Editor", 40)
    use(laptop, session, "Browser", 10)
    laptop.typing = False
    laptop.forward(90)
    laptop.forward(120)

    used = laptop.records(records.AppUsed)
    assert ["Editor", "Browser"] == [each.app for each in used][:2]
    assert (40.0, 40.0) == (used[0].focused_seconds, used[0].active_seconds)
    assert 69 <= sum(each.active_seconds for each in used if each.app == "Browser") <= 71


def test_behind_a_lock_nothing_is_used(make_laptop):
    laptop = make_laptop(settings=Settings(usage=UsageSettings(send_after_seconds=60)))
    _shell, session = laptop.log_in()
    use(laptop, session, "Editor", 10)
    session.say(m.Asked(what="lock"))
    laptop.settle()
    laptop.forward(100)

    assert 9 <= sum(each.focused_seconds for each in laptop.records(records.AppUsed)) <= 11


def test_a_school_that_records_no_apps_gets_none(make_laptop):
    laptop = make_laptop(settings=Settings(usage=UsageSettings(record_apps=False, send_after_seconds=5)))
    _shell, session = laptop.log_in()
    use(laptop, session, "Editor", 30)

    assert not laptop.heard(session, m.Work)[0].sense_apps
    assert [] == laptop.records(records.AppUsed)


def test_two_seats_are_counted_apart(make_laptop):
    laptop = make_laptop(settings=Settings(usage=UsageSettings(send_after_seconds=60)))
    _shell, mays = laptop.log_in(MAY)
    _shell, sams = laptop.log_in(SAM)
    mays.say(m.Focused(app="Editor", program="ed"))
    sams.say(m.Focused(app="Paint", program="paint"))
    laptop.settle()
    laptop.forward(70)

    used = laptop.records(records.AppUsed)
    assert {"Editor", "Paint"} == {each.app for each in used}
    assert 2 == len({each.login for each in used})


def test_a_clock_set_back_a_year_is_recorded_and_delays_nothing(make_laptop):
    laptop = make_laptop(settings=QUICK)
    laptop.log_in()
    laptop.clock.at -= timedelta(days=365)
    leave(laptop, 70)

    assert 1 == len(laptop.device.lockers)
    (step,) = laptop.records(records.ClockStepped)
    assert -365 * 86400 == step.by_seconds


def test_status_is_sent_only_while_somebody_watches(laptop):
    laptop.log_in()
    laptop.forward(5)
    assert [] == laptop.server.statuses
    laptop.service.ground.connection = facts.Connection("online")
    until = laptop.clock.at + timedelta(seconds=30)
    laptop.service.watching.obey(orders.Watch(device=DEVICE, order="w1", by="Ms Demir", until=until))
    laptop.forward(2)

    (status,) = laptop.server.statuses
    assert ["active"] == [each.state for each in status.logins]
    session = laptop.device.sessions[-1]
    assert "Ms Demir" in laptop.heard(session, m.Viewing)[-1].line
    laptop.forward(40)
    assert "" == laptop.heard(session, m.Viewing)[-1].line
    assert 1 == len(laptop.records(records.OrderDone))


def launch(laptop, account, what="panel"):
    asker = laptop.device.run(account.uid)
    caller = Hook()
    peer = Peer(asker.pid, account.uid)
    laptop.service.loop.put(facts.PublicSaid(caller, peer, m.LauncherAsked(what=what)))
    laptop.settle()
    return caller


def test_the_launcher_shows_only_in_its_own_users_login(laptop):
    _shell, session = laptop.log_in()
    assert [m.LauncherHeard(shown=False)] == launch(laptop, SAM).heard
    assert [m.LauncherHeard(shown=True)] == launch(laptop, MAY).heard

    assert ["PanelPage"] == [type(each.page).__name__ for each in laptop.heard(session, m.ShowPage)]


def test_garbage_from_a_session_is_recorded_and_cut_off(laptop):
    _shell, session = laptop.log_in()
    session.channel._sock.send(b"{]\n")
    laptop.settle()

    assert -9 == session.process.status
    (misuse,) = laptop.records(records.LinkMisused)
    assert "not a message" in misuse.problem


def test_a_flood_from_a_session_is_recorded_and_cut_off(laptop):
    _shell, session = laptop.log_in()
    for _ in range(400):
        session.say(m.Focused(app="x", program="x"))
    laptop.settle()

    assert 1 == len(laptop.records(records.LinkMisused))
    assert -9 == session.process.status


def test_hostile_app_names_are_cleaned(make_laptop):
    laptop = make_laptop(settings=Settings(usage=UsageSettings(send_after_seconds=10)))
    _shell, session = laptop.log_in()
    use(laptop, session, "ev\u202eil\x1b[2J<script>", 15)

    assert {"evil[2J<script>"} == {each.app for each in laptop.records(records.AppUsed)}


def test_an_open_desktop_survives_a_service_killed_while_locked(laptop):
    shell, session = laptop.log_in()
    session.say(m.Asked(what="lock"))
    laptop.forward(2)
    laptop.kill_service()
    laptop.start()
    laptop.connect()
    laptop.forward(3)

    assert laptop.device.lockers[0].status is None
    assert 1 == len(laptop.device.lockers)
    laptop.device.lockers[0].end(0)
    laptop.forward(2)
    assert 2 == len(laptop.device.lockers)
    assert laptop.device.is_alive(shell)
