"""Who comes, by which door, and what an earlier service or login left behind."""

from agent.backends.device import LoginSeen
from agent.link import messages as m
from policies import records
from tests.support.lab_laptop import MAY


def test_leftovers_of_an_earlier_login_are_ended_first(laptop):
    left = laptop.device.run(MAY.uid)
    laptop.hello()

    assert not laptop.device.is_alive(left)


def test_an_x_server_of_the_same_login_is_no_leftover(laptop):
    manager = laptop.device.run(MAY.uid)
    x_server = laptop.device.run(MAY.uid, parent=manager)
    shell = laptop.device.run(MAY.uid, parent=manager)
    laptop.hello(parent=shell)

    assert laptop.device.is_alive(x_server)


def test_a_hook_started_inside_an_open_desktop_opens_no_second_gate(laptop):
    shell, _session = laptop.log_in()
    terminal = laptop.device.run(MAY.uid, parent=shell)
    _shell, hook = laptop.hello(parent=terminal)

    assert hook.opens is True
    assert 1 == len(laptop.device.sessions)


def test_a_user_cannot_make_logins_without_end(laptop):
    hooks = [laptop.hello()[1] for _ in range(10)]

    assert 2 == [hook.opens for hook in hooks].count(False)


def test_a_hook_that_asks_twice_gets_one_gate(laptop):
    shell, _hook = laptop.hello()
    _shell, hook = laptop.hello(parent=shell)
    laptop.answer(laptop.connect())

    assert hook.opens is True
    assert 1 == len(laptop.device.sessions)


def test_a_graphical_login_listed_under_its_own_shell_is_asked_too(laptop):
    shell = laptop.device.run(MAY.uid)
    laptop.device.seen = [LoginSeen("c1", MAY.uid, "may", "x11", shell)]
    laptop.forward(6)
    _shell, hook = laptop.hello(parent=shell)
    laptop.answer(laptop.connect())

    assert hook.opens is True


def test_a_terminal_login_without_an_acceptance_is_ended_and_told(laptop):
    leader = laptop.device.run(MAY.uid)
    laptop.device.seen = [LoginSeen("tty2", MAY.uid, "may", "tty", leader, "tty2")]
    laptop.forward(6)

    assert ["tty"] == [each.kind for each in laptop.records(records.LoginStarted)]
    assert not laptop.device.is_alive(leader)
    assert "tty2" == laptop.device.told[0][0]
    assert ["no-agreement"] == [each.reason for each in laptop.records(records.LoginEnded)]


def test_a_terminal_login_after_accepting_may_stay(laptop):
    laptop.log_in()
    leader = laptop.device.run(MAY.uid)
    laptop.device.seen = [LoginSeen("tty2", MAY.uid, "may", "tty", leader, "tty2")]
    laptop.forward(12)

    assert laptop.device.is_alive(leader)


def test_a_graphical_login_that_never_comes_to_the_gate_is_ended(laptop):
    leader = laptop.device.run(MAY.uid)
    laptop.device.seen = [LoginSeen("c1", MAY.uid, "may", "x11", leader)]
    laptop.forward(20)
    assert laptop.device.is_alive(leader)
    laptop.forward(20)

    assert not laptop.device.is_alive(leader)
    assert ["never-connected"] == [each.how for each in laptop.records(records.SessionLost)]


def test_a_graphical_login_seen_before_its_hook_is_the_same_login(laptop):
    leader = laptop.device.run(MAY.uid)
    laptop.device.seen = [LoginSeen("c1", MAY.uid, "may", "x11", leader)]
    laptop.forward(6)
    shell = laptop.device.run(MAY.uid, parent=leader)
    _shell, hook = laptop.hello(parent=shell)
    laptop.answer(laptop.connect())
    laptop.forward(60)

    assert hook.opens is True
    assert laptop.device.is_alive(leader)
    assert laptop.device.is_alive(shell)
    assert 1 == len(laptop.records(records.LoginStarted))


def test_an_account_we_do_not_govern_is_let_through(make_laptop):
    laptop = make_laptop()
    laptop.service.ground.config = laptop.config = type(laptop.config)(
        state_dir=laptop.config.state_dir, run_dir=laptop.config.run_dir, govern=("sam",)
    )
    _shell, hook = laptop.hello(MAY)

    assert hook.opens is True


def test_a_service_killed_at_the_gate_asks_again_and_stays_shut(laptop):
    shell, _hook = laptop.hello()
    laptop.connect()
    laptop.kill_service()
    laptop.start()
    _shell, hook = laptop.hello(parent=shell)

    assert hook.opens is None
    laptop.answer(laptop.connect())
    assert hook.opens is True


def test_a_service_killed_on_an_open_desktop_does_not_ask_again(laptop):
    shell, _session = laptop.log_in()
    laptop.kill_service()
    laptop.start()
    session = laptop.connect()

    assert laptop.heard(session, m.Work)
    assert [] == laptop.heard(session, m.ShowGate)
    assert 1 == len(laptop.records(records.AgreementAnswered))
    assert laptop.device.is_alive(shell)
    assert laptop.records(records.AgentStarted)[-1].after_crash
