"""One school day: the real service and the real server over TLS; only the laptop's system is invented."""

from collections import Counter

import pytest

from agent.backends.device import LoginSeen
from agent.errors import ConfigProblem, ServerRefused
from agent.link import client
from agent.link import messages as m
from agent.paths import Config
from agent.service import enrol
from agent.service.loop import WorkDone
from server import state
from tests.support import school
from tests.support.apart import served_apart as served
from tests.support.day import Day, Running, log_in, wait_for
from tests.support.ports import kept_port


@pytest.fixture
def day(tmp_path):
    made = Day(tmp_path)
    yield made
    made.close()


def test_a_day_from_enrolment_to_sign_out(day):
    with served(day.house) as address:
        day.enrol(address)
        running = Running(day.config, day.device)
        try:
            play_the_day(day, running)
        finally:
            running.stop()

    streams = Counter(stream for stream, _seq, _kind in day.records())
    for stream, count in streams.items():
        assert list(range(1, count + 1)) == [seq for each, seq, _kind in day.records() if each == stream]


def play_the_day(day, running):
    shell = log_in(day, running)
    day.desktop.say(m.Focused(app="Editor", program="ed"))
    (login,) = running.service.ground.logins.values()
    wait_for(lambda: login.meter and login.meter.preview(), "an app used for long enough to count")
    day.desktop.say(m.Asked(what="lock"))
    wait_for(lambda: "screen-locked" in day.kinds(), "the lock on the server")
    day.device.lockers[-1].end(0)
    wait_for(lambda: "screen-unlocked" in day.kinds(), "the unlock on the server")
    day.desktop.say(m.Asked(what="help"))
    wait_for(
        lambda: [each for each in day.desktop.heard(m.ShowPage) if each.page.kind == "help-sent"],
        "the notice that the school has the call",
    )
    day.desktop.say(m.Asked(what="record"))
    own = wait_for(
        lambda: [each.page for each in day.desktop.heard(m.ShowPage) if hasattr(each.page, "entries")],
        "my record",
    )[-1]
    assert "agreement-answered" in [each.kind for each in own.entries if each.on_server]
    day.device.exit(shell)
    wait_for(lambda: "login-ended" in day.kinds() and "app-used" in day.kinds(), "the end on the server")

    counted = Counter(day.kinds())
    assert {"agreement-answered": 1, "screen-locked": 1, "help-asked": 1, "login-ended": 1} == {
        kind: counted[kind] for kind in ("agreement-answered", "screen-locked", "help-asked", "login-ended")
    }


def test_what_happens_without_a_server_arrives_later_once(day):
    with kept_port() as port:
        play_without_a_server(day, port)


def play_without_a_server(day, port):
    with served(day.house, port) as address:
        day.enrol(address)
        running = Running(day.config, day.device)
        wait_for(lambda: client.ask_status(day.config.socket).policy_number, "the policy")
    before = len(day.records())
    try:
        leader = day.device.run(1001)
        day.device.seen = [LoginSeen("tty2", 1001, "may", "tty", leader, "tty2")]
        running.service.loop.put(WorkDone(running.service.arrivals.list_logins))
        wait_for(lambda: not day.device.is_alive(leader), "the end of the terminal login")
        wait_for(lambda: client.ask_status(day.config.socket).waiting_records >= 2, "waiting records")
        day.house = school_again(day.house)
        with served(day.house, port):
            wait_for(lambda: not client.ask_status(day.config.socket).waiting_records, "an empty journal")
    finally:
        running.stop()

    assert before + 2 <= len(day.records())
    assert 1 == day.kinds().count("login-ended")


def school_again(house):
    """Open the same server's folder again, as after a restart."""
    folder = house.folder
    house.db.close()
    return state.open_state(folder)


def test_a_code_works_once_and_a_wrong_server_never(day, tmp_path):
    other = school.make_house(tmp_path / "other", hosts=("127.0.0.1",))
    with served(other) as elsewhere, pytest.raises(ConfigProblem, match="not the server"):
        day.enrol(elsewhere)
    other.db.close()
    with served(day.house) as address:
        first = day.enrol(address)
        with pytest.raises(ConfigProblem, match="already enrolled"):
            day.enrol(address)
        second = Config(state_dir=str(tmp_path / "second"), run_dir=day.config.run_dir)
        with pytest.raises(ServerRefused, match="code"):
            enrol.enrol(second, day.device, address, day.code, "test", again=False)
        with pytest.raises(ConfigProblem, match="not an enrolment code"):
            enrol.enrol(second, day.device, address, "GP-NOPE", "test", again=False)

    assert 16 == len(first.device)
