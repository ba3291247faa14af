"""What the lock screen says to somebody for whom something is wrong (R42, R87, R88)."""

import pytest

from agent.backends.device import LockLook
from agent.backends.lock_screen import decide_words, look_to_json, read_look
from policies.settings import Contact, Helpline

LOOK = LockLook(
    "en",
    "teen",
    "Hazel Bank School",
    (Contact(name="Ms Demir", how="in Lab 2"),),
    (Helpline(name="A line", how="0000 111"), Helpline(name="Emergency", how="000", emergency=True)),
    ceop=True,
)


def test_a_locked_screen_names_whom_to_tell_at_school_and_outside() -> None:
    _title, _what, ask, people = decide_words(LOOK)

    assert "If something is wrong, tell an adult:" == ask
    assert ["Ms Demir · in Lab 2", "Emergency: 000 · A line: 0000 111 · CEOP: ceop.police.uk"] == people


def test_ceop_stands_only_where_the_school_uses_it() -> None:
    assert "CEOP" not in " ".join(decide_words(LOOK._replace(ceop=False))[3])


def test_the_youngest_are_sent_to_one_adult_alone() -> None:
    assert ["Ms Demir · in Lab 2"] == decide_words(LOOK._replace(tier="early"))[3]


@pytest.mark.parametrize("look", [LOOK, LockLook()])
def test_the_look_survives_its_file(look, tmp_path) -> None:
    file = tmp_path / "look.json"
    file.write_bytes(look_to_json(look))

    assert look == read_look(str(file))
