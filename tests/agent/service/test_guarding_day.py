"""What holds when the agent is dead: the system's own idle lock, never earlier than ours could be."""

from agent.service.guarding import LATER_SECONDS, decide_backstop
from policies.lab_settings import LabSettings
from policies.records import LockFailed, ScreenLocked
from policies.settings import LockSettings, Settings
from tests.agent.service.test_ordered_locks_day import lock_now


def test_without_a_policy_nothing_is_asked_for():
    assert decide_backstop([]) is None


def test_the_backstop_waits_for_a_film_a_presenter_and_the_most_patient_login():
    short = Settings(lock=LockSettings(idle_after_seconds=300, inhibit_cap_seconds=0))
    film = Settings(lock=LockSettings(idle_after_seconds=300, inhibit_cap_seconds=7200))
    presenter = Settings(
        lock=LockSettings(idle_after_seconds=60, inhibit_cap_seconds=0),
        lab=LabSettings(pause_longest_minutes=90),
    )

    assert short.lab.pause_longest_minutes * 60 + LATER_SECONDS == decide_backstop([short])
    assert 7200 + LATER_SECONDS == decide_backstop([short, film, presenter])
    assert 90 * 60 + LATER_SECONDS == decide_backstop([short, presenter])


def test_the_device_is_told_once_and_again_each_hour(laptop):
    laptop.log_in()
    for _ in range(5):
        laptop.forward(60)
    told = list(laptop.device.guarded)
    for _ in range(60):
        laptop.forward(60)

    assert 1 == len(told)
    assert told[0] >= 60
    assert 2 == len(laptop.device.guarded)


def test_a_device_that_will_not_is_asked_again(laptop):
    laptop.device.guard_problem = "Windows would not"
    laptop.forward(60)
    laptop.device.guard_problem = ""
    laptop.forward(60)

    assert 1 == len(laptop.device.guarded)


def test_a_lock_the_system_itself_does_not_confirm_is_never_recorded_as_one(laptop):
    laptop.log_in()
    laptop.device.unsure_of_locks = True
    lock_now(laptop)
    for _ in range(40):
        laptop.forward(1)

    assert [] == laptop.records(ScreenLocked)
    assert laptop.records(LockFailed)
