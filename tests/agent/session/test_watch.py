"""A steady beat, quicker when a lock may be near, and one word per change of app."""

from agent.backends.desktop import Focus
from agent.link import messages as m
from agent.session.watch import Watch, decide_interval


def test_the_beat_is_quick_only_when_nobody_is_there():
    assert (2.0, 2.0, 0.5) == (decide_interval(0), decide_interval(10), decide_interval(10.1))


def test_alive_comes_at_every_beat_and_not_between(desktop, sent):
    watch = Watch(desktop, sent.append)
    for now in (0.0, 0.4, 1.9, 2.0, 3.0, 4.0):
        watch.tick(now)

    assert [m.Alive(idle_seconds=0.0)] * 3 == sent


def test_a_film_is_asked_about_only_when_nobody_is_there(desktop, sent):
    desktop.inhibits = True
    watch = Watch(desktop, sent.append)
    watch.tick(0.0)
    desktop.idle = 30.0
    watch.tick(2.0)

    assert [False, True] == [message.inhibited for message in sent]


def test_apps_are_not_looked_at_unless_asked_for(desktop, sent):
    desktop.focus = Focus("Firefox", "firefox")
    watch = Watch(desktop, sent.append)
    watch.look()

    assert [] == sent


def test_each_change_of_app_is_said_once(desktop, sent):
    watch = Watch(desktop, sent.append)
    watch.sense_apps = True
    for app in ("", "Firefox", "Firefox", "Gimp", ""):
        desktop.focus = Focus(app, app.lower())
        watch.look()

    assert ["Firefox", "Gimp", ""] == [message.app for message in sent]
