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
    assert [
        "Ms Demir · in Lab 2",
        "Emergency: 000 · A line: 0000\N{NO-BREAK SPACE}111 · CEOP: ceop.police.uk",
    ] == people


def test_ceop_stands_only_where_the_school_uses_it() -> None:
    assert "CEOP" not in " ".join(decide_words(LOOK._replace(ceop=False))[3])


def test_the_youngest_are_sent_to_one_adult_alone() -> None:
    assert ["Ms Demir · in Lab 2"] == decide_words(LOOK._replace(tier="early"))[3]


@pytest.mark.parametrize(
    ("tier", "language", "waits_for", "said"),
    [
        (
            "teen",
            "en",
            "adult",
            "No adult is checked in for this room. When one is, this screen opens again."
            " If it stays locked then: press any key and type your password.",
        ),
        (
            "junior",
            "tr",
            "adult",
            "Bu sınıfın gözetimini üstlenen bir yetişkin yok. Biri üstlenince bu ekran yeniden açılır."
            " Açılmazsa bir tuşa bas ve parolanı yaz.",
        ),
        ("early", "en", "hours", "The laptops are closed now. When they open, this screen opens again."),
        (
            "visitor",
            "tr",
            "hours",
            "Bilgisayarlar şu anda kapalı. Açıldıklarında bu ekran da yeniden açılır."
            " Açılmazsa bir tuşa basın ve parolanızı yazın.",
        ),
        ("teen", "en", "", "Press any key, then type your password."),
    ],
)
def test_r20_a_screen_that_the_hours_have_locked_says_so(tier, language, waits_for, said) -> None:
    look = LOOK._replace(tier=tier, language=language, waits_for=waits_for)

    assert said == decide_words(look)[1]


@pytest.mark.parametrize("look", [LOOK, LockLook(), LOOK._replace(waits_for="adult")])
def test_the_look_survives_its_file(look, tmp_path) -> None:
    file = tmp_path / "look.json"
    file.write_bytes(look_to_json(look))

    assert look == read_look(str(file))
