"""What a service finds that another left in the middle of ending a login."""

from policies import records


def test_a_declined_login_ends_though_the_service_dies_during_the_notice(laptop):
    shell, _hook = laptop.hello()
    laptop.answer(laptop.connect(), "declined")
    laptop.kill_service()
    laptop.start()
    sessions = len(laptop.device.sessions)
    laptop.forward(20)

    assert not laptop.device.is_alive(shell)
    assert ["declined"] == [each.reason for each in laptop.records(records.LoginEnded)]
    assert sessions == len(laptop.device.sessions)
    assert {} == laptop.service.ground.logins


def leave_while_processes_are_being_ended(laptop, *, shell_lives):
    """Sign out; the service dies before the login's processes have ended."""
    usual = laptop.spawn
    laptop.service.loop._spawn = lambda name, job: None if name == "end-login" else usual(name, job)
    shell, _session = laptop.log_in()
    if shell_lives:
        laptop.service.endings.end(next(iter(laptop.service.ground.logins.values())), "locked-too-long")
        laptop.settle()
    else:
        laptop.device.exit(shell)
        laptop.forward(1)
    laptop.kill_service()
    laptop.start()
    laptop.forward(5)
    return shell


def test_an_ending_goes_on_where_the_dead_service_stopped(laptop):
    shell = leave_while_processes_are_being_ended(laptop, shell_lives=True)

    assert not laptop.device.is_alive(shell)
    assert ["locked-too-long"] == [each.reason for each in laptop.records(records.LoginEnded)]
    assert {} == laptop.service.ground.logins


def test_a_login_that_ended_with_the_service_is_forgotten(laptop):
    leave_while_processes_are_being_ended(laptop, shell_lives=False)

    assert 1 == len(laptop.records(records.LoginEnded))
    assert {} == laptop.service.ground.logins
