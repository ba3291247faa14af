"""What the pupil's windows are told: help that is honest, a panel that is not stale, my own record."""

from datetime import UTC, datetime, timedelta

from agent.link import messages as m
from agent.service import facts, own_record
from policies import records


def test_help_is_called_sent_only_when_the_server_has_it(laptop):
    _shell, session = laptop.log_in()
    session.say(m.Asked(what="help"))
    laptop.forward(2)

    shown = [(each.page.kind, each.how) for each in laptop.heard(session, m.ShowPage)]
    assert [("help-asking", "open"), ("help-sent", "renew-or-open")] == shown


def test_without_a_server_help_says_to_tell_an_adult(laptop):
    _shell, session = laptop.log_in()
    laptop.server.online = False
    session.say(m.Asked(what="help"))
    laptop.forward(6)

    shown = [each.page.kind for each in laptop.heard(session, m.ShowPage)]
    assert ["help-asking", "help-waiting"] == shown
    laptop.server.online = True
    laptop.forward(40)
    assert 1 == len(laptop.records(records.HelpAsked))


def test_a_call_that_arrives_late_is_said_to_have_arrived(laptop):
    _shell, session = laptop.log_in()
    laptop.server.online = False
    session.say(m.Asked(what="help"))
    laptop.forward(6)
    laptop.server.online = True
    laptop.forward(60)

    last = laptop.heard(session, m.ShowPage)[-1]
    assert ("help-sent", "renew") == (last.page.kind, last.how)
    session.say(m.Asked(what="panel"))
    laptop.settle()
    assert laptop.heard(session, m.ShowPage)[-1].page.help_asked


def test_asking_again_at_once_shows_how_far_the_call_is_and_is_no_second_call(laptop):
    _shell, session = laptop.log_in()
    laptop.server.online = False
    session.say(m.Asked(what="help"))
    laptop.forward(5)
    session.say(m.Asked(what="help"))
    laptop.settle()

    last = laptop.heard(session, m.ShowPage)[-1]
    assert ("help-waiting", "open") == (last.page.kind, last.how)
    laptop.server.online = True
    laptop.forward(40)
    assert 1 == len(laptop.records(records.HelpAsked))


def test_an_open_panel_says_what_holds_now(laptop):
    _shell, session = laptop.log_in()
    laptop.service.ground.connection = facts.Connection("online")
    session.say(m.Asked(what="panel"))
    laptop.settle()
    asked = len(laptop.heard(session, m.ShowPage))
    laptop.service.desk.set_viewing(("Ms Demir", laptop.clock.at + timedelta(minutes=5)))
    laptop.service.ground.connection = facts.Connection("unreachable", "")
    laptop.service.desk.renew_panels()
    laptop.service.desk.renew_panels()
    laptop.settle()

    (news,) = laptop.heard(session, m.ShowPage)[asked:]
    assert ("renew", False) == (news.how, news.page.online)
    assert "Ms Demir is viewing this lab now." == news.page.viewing


def test_a_panel_that_another_page_replaced_is_left_alone(laptop):
    _shell, session = laptop.log_in()
    session.say(m.Asked(what="panel"))
    session.say(m.Asked(what="rules"))
    laptop.settle()
    asked = len(laptop.heard(session, m.ShowPage))
    laptop.service.desk.set_viewing(("Ms Demir", laptop.clock.at + timedelta(minutes=5)))
    laptop.service.desk.renew_panels()
    laptop.settle()

    assert [] == laptop.heard(session, m.ShowPage)[asked:]


def test_of_other_logins_only_today_is_shown():
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    began = own_record.today_began(now)
    mine, other = "a" * 32, "b" * 32

    def used(login, at):
        return records.AppUsed(at=at, login=login, app="x", program="x", focused_seconds=1, active_seconds=1)

    last_night = began - timedelta(minutes=1)
    there = [used(mine, last_night), used(other, last_night), used(other, began)]

    assert (there[0], there[2]) == own_record.of_period(there, mine, began)
    assert (0, 0) == (began.hour, began.minute)


def test_own_record_shows_what_is_kept_and_who_looked(laptop):
    _shell, session = laptop.log_in()
    laptop.forward(2)
    laptop.service.ground.connection = facts.Connection("online")
    session.say(m.Asked(what="record"))
    laptop.settle()

    page = laptop.heard(session, m.ShowPage)[-1].page
    assert ["login-started", "agreement-answered"] == [each.kind for each in page.entries]
    assert page.online
    assert all(each.on_server for each in page.entries)


def test_own_record_without_a_server_shows_what_waits(laptop):
    _shell, session = laptop.log_in()
    laptop.forward(2)
    laptop.server.online = False
    session.say(m.Asked(what="lock"))
    laptop.forward(2)
    laptop.device.lockers[-1].end(0)
    laptop.forward(2)
    session.say(m.Asked(what="record"))
    laptop.settle()

    page = laptop.heard(session, m.ShowPage)[-1].page
    assert not page.online
    assert ["screen-locked", "screen-unlocked"] == [each.kind for each in page.entries if not each.on_server]
