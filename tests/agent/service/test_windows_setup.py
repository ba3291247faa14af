"""What the Windows package has done before the service starts and before its files go."""

import pytest

from agent.backends.win32_problem import WinProblem
from agent.backends.windows_parts import Parts
from agent.service import windows_setup
from agent.service.windows_setup import Step


class Doings:
    """The parts, each noting that it was done; `fail` names those that will not."""

    def __init__(self, fail=()):
        self.done = []
        self.fail = set(fail)
        self.parts = Parts(**{name: self._part(name) for name in Parts._fields})

    def _part(self, name):
        def do(*arguments):
            self.done.append((name, *arguments))
            if name in self.fail:
                raise WinProblem(name, 5)

        return do

    @property
    def names(self):
        return [name for name, *_rest in self.done]


def put(doings):
    return windows_setup.run(windows_setup.decide_put(doings.parts))


def give_back(doings, **how):
    wanted = {"upgrading": False, "forget": False} | how
    return windows_setup.run(windows_setup.decide_give_back(doings.parts, **wanted))


def test_all_of_it_is_put_in_place_the_gate_last():
    doings = Doings()

    assert windows_setup.OK == put(doings)
    assert ["own_state", "supervise", "put_first"] == doings.names


@pytest.mark.parametrize("name", ["own_state", "supervise", "put_first"])
def test_an_installation_that_is_not_whole_is_rolled_back(name):
    doings = Doings(fail=[name])

    assert windows_setup.FAILED == put(doings)
    assert 3 == len(doings.done)


def test_winlogon_comes_back_first_whatever_else_fails():
    others = set(Parts._fields) - {"put_back"}
    doings = Doings(fail=others)

    assert windows_setup.OK == give_back(doings)
    assert "put_back" == doings.names[0]
    assert {"give_back_usb", "give_back_policy", "forget_offer"} <= set(doings.names)


def test_a_removal_that_leaves_winlogon_naming_a_program_that_is_gone_does_not_happen():
    assert windows_setup.FAILED == give_back(Doings(fail=["put_back"]))
    assert windows_setup.FAILED == give_back(Doings(fail=["put_back"]), upgrading=True)


def test_an_upgrade_keeps_sticks_shut_and_records_but_lets_people_log_in():
    doings = Doings()

    assert windows_setup.OK == give_back(doings, upgrading=True)
    assert ["put_back", "end_own"] == doings.names


def test_who_waits_at_the_gate_is_let_in_by_a_removal_and_signed_out_by_an_upgrade():
    removal, upgrade = Doings(), Doings()
    give_back(removal)
    give_back(upgrade, upgrading=True)

    assert ("end_own", 0) in removal.done
    assert ("end_own", 1) in upgrade.done


def test_keys_and_records_go_only_when_that_is_said_and_last():
    kept, gone = Doings(), Doings()
    give_back(kept)
    give_back(gone, forget=True)

    assert "forget_state" not in kept.names
    assert "forget_state" == gone.names[-1]


def test_a_file_that_cannot_be_removed_is_said_and_the_rest_is_done():
    def refuse():
        raise PermissionError(13, "in use")

    seen = []
    steps = [Step("one", refuse, must=False), Step("two", lambda: seen.append("two"))]

    assert windows_setup.OK == windows_setup.run(steps)
    assert ["two"] == seen
