"""The server gets another address: tried, used, or given up; nothing else of the policy is weakened."""

import pytest

from agent.link.messages import StatusTold
from agent.service.doctor import findings_of, status_lines
from agent.service.state import describe
from policies import records
from policies.settings import LockSettings
from tests.support.moving_laptop import NEW, OLD, MovingLaptop

STRICT = LockSettings(idle_after_seconds=60, countdown_seconds=0)


@pytest.fixture
def laptop(tmp_path):
    laptop = MovingLaptop(tmp_path)
    yield laptop
    laptop.close()


def told(laptop) -> StatusTold:
    return describe(laptop.service.ground, unsent_reports=0)


def connection_line(laptop):
    return next((each.told for each in findings_of(told(laptop)) if each.name == "connection"), None)


def cut_power(laptop):
    laptop.kill_service()
    laptop.start()


def test_an_address_that_answers_is_used_within_seconds(laptop):
    laptop.up.add(NEW)
    laptop.move()
    laptop.forward(6)
    assert NEW == laptop.in_use

    laptop.asked.clear()
    laptop.log_in()
    laptop.forward(1)
    assert {"login_grant", "upload"} <= set(laptop.asked_at(NEW))
    assert [] == laptop.asked_at(OLD)
    assert NEW == told(laptop).server
    assert connection_line(laptop) is None
    assert [] == laptop.records(records.ConnectionReverted)


def test_while_an_address_is_tried_the_old_one_serves_and_doctor_says_so(laptop):
    laptop.move(grace_minutes=5)
    laptop.forward(30)
    laptop.log_in()

    assert OLD == laptop.in_use
    assert "login_grant" in laptop.asked_at(OLD)
    line = connection_line(laptop)
    assert "lacking" == line.state
    assert [f"             {line.why}"] == [each for each in status_lines(told(laptop)) if NEW in each]
    assert f"asks for {NEW}" in line.why


def test_an_address_not_reached_in_its_grace_time_is_given_up_and_only_that(laptop):
    laptop.move(lock=STRICT)
    laptop.forward(70)

    (reverted,) = laptop.records(records.ConnectionReverted)
    assert (2, NEW, OLD) == (reverted.number, reverted.tried, reverted.kept)
    assert 60 <= reverted.waited_seconds <= 66
    assert 2 == laptop.service.ground.policy.number, "the policy holds"
    assert STRICT == laptop.service.ground.settings.lock
    assert "broken" == connection_line(laptop).state
    assert OLD == told(laptop).server


def test_given_up_it_is_not_asked_again_by_restarts_or_other_policies(laptop):
    laptop.move()
    laptop.forward(70)
    laptop.asked.clear()
    cut_power(laptop)
    laptop.move(lock=STRICT)
    laptop.up.add(NEW)
    laptop.forward(70)

    assert [] == laptop.asked_at(NEW)
    assert OLD == laptop.in_use
    laptop.move("https://third.school.example")
    laptop.move(NEW)
    laptop.forward(6)
    assert NEW == laptop.in_use


def test_a_certificate_that_is_none_is_given_up_like_an_address(laptop):
    laptop.up.add(NEW)
    pem = "-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n"
    laptop.move(ca_pem=pem)
    laptop.forward(70)

    assert OLD == laptop.in_use
    assert [NEW] == [each.tried for each in laptop.records(records.ConnectionReverted)]


@pytest.mark.parametrize("every", [3, 11, 29])
def test_cuts_of_power_at_any_moment_end_no_worse(laptop, every):
    laptop.move()
    for _ in range(90 // every + 1):
        laptop.forward(every)
        cut_power(laptop)
    laptop.forward(10)

    assert OLD == laptop.in_use
    assert {NEW} == {each.tried for each in laptop.records(records.ConnectionReverted)}


def test_a_laptop_cut_off_for_hours_is_as_strict_as_before_and_comes_back(laptop):
    laptop.move(lock=STRICT)
    laptop.up.clear()
    laptop.typing = True
    laptop.forward(700)
    before = laptop.service.ground.policy

    assert STRICT == laptop.service.ground.settings.lock
    laptop.up.add(NEW)
    laptop.forward(30)
    assert NEW == laptop.in_use, "the old one is gone for good: the policy's wish is found"
    assert before == laptop.service.ground.policy


def test_the_used_address_is_used_after_a_restart(laptop):
    laptop.up = {OLD, NEW}
    laptop.move()
    laptop.forward(6)
    laptop.up = {NEW}
    cut_power(laptop)
    laptop.asked.clear()
    laptop.forward(3)

    assert NEW == laptop.in_use
    assert [] == laptop.asked_at(OLD)


def test_a_spoilt_file_costs_nothing_but_the_trial(laptop):
    laptop.up.add(NEW)
    laptop.move()
    laptop.forward(6)
    (laptop.config.state / "connection.json").write_bytes(b"\xff{")
    cut_power(laptop)
    laptop.forward(6)

    assert NEW == laptop.in_use


def test_a_kept_certificate_that_is_spoilt_does_not_keep_the_service_from_starting(laptop):
    laptop.up.add(NEW)
    laptop.move()
    laptop.forward(6)
    file = laptop.config.state / "connection.json"
    kept = file.read_text().replace(
        f'"works":{{"server":"{NEW}","ca_pem":""', f'"works":{{"server":"{NEW}","ca_pem":"not one"'
    )
    assert "not one" in kept
    file.write_text(kept)
    cut_power(laptop)
    laptop.forward(6)

    assert NEW == laptop.in_use
