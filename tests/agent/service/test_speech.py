"""Read-aloud sound is made beforehand for exactly the agreements in force."""

from agent.link.report_speech import report_lines
from agent.link.speech import speech_file, spoken_lines
from agent.service.speech import lines_of
from policies.settings import LANGUAGES, AgreementSettings, Settings
from tests.support.window_pages import AGREEMENTS


def test_every_line_of_the_policy_has_its_sound(make_laptop):
    laptop = make_laptop()
    agreements = laptop.service.ground.policy.body.agreements
    text = agreements[0].texts[0]

    assert all(speech_file(laptop.config.speech, text.language, line).exists() for line in spoken_lines(text))
    assert {"en", "tr"} == {language for language, _line in laptop.device.spoken}


def test_sounds_nobody_needs_are_removed_and_none_is_made_twice(make_laptop):
    laptop = make_laptop()
    spoken = len(laptop.device.spoken)
    before = len(list(laptop.config.speech.glob("*.wav")))
    laptop.publish(Settings(agreement=AgreementSettings(languages=("en",))))

    assert spoken == len(laptop.device.spoken)
    assert len(list(laptop.config.speech.glob("*.wav"))) < before


def test_windows_of_pupils_can_reach_the_sounds_and_nothing_else(make_laptop):
    laptop = make_laptop()

    assert 0o755 == laptop.config.speech.stat().st_mode & 0o777
    assert 0o711 == laptop.config.state.stat().st_mode & 0o777
    assert 0 == laptop.config.keys.stat().st_mode & 0o077
    assert 0 == laptop.config.journal.stat().st_mode & 0o077


def test_only_where_the_youngest_are_every_picture_of_a_report_gets_its_sound(tmp_path):
    early, teen = (lines_of((AGREEMENTS[tier],), tmp_path) for tier in ("early", "teen"))
    needed = {
        speech_file(tmp_path, language, line) for language in LANGUAGES for line in report_lines(language)
    }

    assert needed <= set(early)
    assert not needed & set(teen)
