"""What Gatepost wrote itself is said in the reader's language; what people wrote stays theirs."""

import pytest

from server.web import own_words
from server.web.words import words_in


@pytest.mark.parametrize(
    ("kept", "turkish"),
    [
        ("command line", "komut satırı"),
        ("the first policy", "ilk ayarlar"),
        ("reporting is switched off", "bildirim kapatıldı"),
        ("every helpline was tried", "her yardım hattı denendi"),
        ("the machine was enrolled again", "makine yeniden kaydedildi"),
        (
            "two different records at one place: a copied or rolled back disk",
            "aynı yerde iki farklı kayıt: kopyalanmış ya da eski hâline döndürülmüş bir disk",
        ),
        ("made anew as 7", "7 numaralı değişiklik olarak yeniden yapıldı"),
        ("officers, list 12", "sorumlular, 12. liste"),
        (
            "rollout 2 was stopped: stopped by command line",
            "2 numaralı dağıtım durduruldu. Durduran: komut satırı.",
        ),
        (
            "rollout 2 was stopped: stopped by Neil Okonjo",
            "2 numaralı dağıtım durduruldu. Durduran: Neil Okonjo.",
        ),
        ("rollout 2 was stopped: the lab %(number)s", "2 numaralı dağıtım durduruldu. the lab %(number)s"),
    ],
)
def test_what_gatepost_wrote_is_said_in_the_reader_s_language(kept, turkish):
    assert turkish == own_words.bind(words_in("tr"))(kept)


@pytest.mark.parametrize(
    "written", ["Grace Lindqvist", "the command line", "officers, list x", "", "%(name)s"]
)
def test_what_people_wrote_stays_theirs(written):
    assert [written, written] == [own_words.bind(words_in(each))(written) for each in ("tr", "en")]


@pytest.mark.parametrize(
    ("kept", "turkish"),
    [
        (
            "nothing answered at https://new:1; still with https://old:1",
            "https://new:1 adresinden yanıt gelmedi; hâlâ https://old:1 kullanılıyor.",
        ),
        ("it did not say why", "Nedenini bildirmedi."),
        ("lock.idle_after_seconds: %(why)s", "lock.idle_after_seconds: %(why)s"),
    ],
)
def test_why_a_laptop_refused_is_said_in_the_reader_s_language_and_its_own_words_stay(kept, turkish):
    assert turkish == own_words.bind_refusals(words_in("tr"))(kept)


def test_a_rollout_that_stopped_itself_says_why_in_words():
    said = own_words.bind(words_in("en"))("rollout 3 was stopped: silent: 2 of 3 laptops")

    assert "Rollout 3 was stopped. It stopped by itself: laptops fell silent." == said
