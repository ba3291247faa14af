"""The tour's account of itself must not be able to flatter."""

import json

import pytest

from installer.tour import play
from installer.tour.steps import Account, Step, require

DEMANDED = [
    "server-up",
    "enrolled",
    "login",
    "gate-shown",
    "gate-cannot-be-skipped",
    "accepted",
    "apps-used",
    "idle-warned",
    "locked",
    "wrong-password-refused",
    "unlocked",
    "server-down-records-wait",
    "report-offline-waits",
    "server-back-nothing-lost",
    "report-sealed",
    "technician-cannot-read",
    "officer-opens-in-browser",
    "register-shows-acceptance",
    "lab-shows-device",
    "pupil-sees-own-record",
    "declined-signed-out",
    "quarantine-holds",
    "case-escalates",
    "pack-has-no-names",
    "lock-setting-pushed-and-confirmed",
    "weakening-needs-second-approver",
    "bad-policy-rolled-back-by-itself",
    "media-approved-from-page",
    "roster-imported",
    "device-silent-is-listed",
]


class Empty:
    """A stage on which nothing stands."""

    def __init__(self):
        self.notes = []

    def begin(self):
        """Nothing to prepare."""

    def picture(self, path):
        path.write_bytes(b"picture")

    def take_notes(self):
        return []


def holds(stage):
    """A step that holds."""


def breaks(stage):
    require(False, "the sky is blue")


def told(folder):
    return json.loads((folder / "tour.json").read_text())


def test_the_day_has_every_step_that_was_demanded_in_that_order():
    names = [step.name for step in play.STEPS]

    assert DEMANDED == [name for name in names if name in DEMANDED]


def test_a_day_in_which_every_step_holds_is_ok(tmp_path):
    account = Account(tmp_path, ["a", "b"], {})
    account.play(Step("a", holds), Empty())
    account.play(Step("b", holds), Empty())

    assert account.ok
    assert told(tmp_path)["ok"]
    assert ["01-a.png", "02-b.png"] == sorted(path.name for path in tmp_path.glob("*.png"))


@pytest.mark.parametrize("played", [[], ["a"]])
def test_a_step_that_was_not_reached_is_told_as_failed(tmp_path, played):
    account = Account(tmp_path, ["a", "b"], {})
    for name in played:
        account.play(Step(name, holds), Empty())

    assert not account.ok
    assert ["a", "b"] == [each["name"] for each in told(tmp_path)["steps"]]
    assert not told(tmp_path)["steps"][-1]["ok"]


def test_a_failed_step_says_what_was_expected(tmp_path):
    account = Account(tmp_path, ["a"], {})

    assert not account.play(Step("a", breaks), Empty())
    assert "the sky is blue" in told(tmp_path)["steps"][0]["problem"]
    assert not told(tmp_path)["ok"]
