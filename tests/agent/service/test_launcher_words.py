"""What the launcher's command line asks for."""

import pytest

from agent.link import client
from agent.service import commands


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ((), "panel"),
        (("--report",), "report"),
        (("report",), "report"),
        (("replies",), "replies"),
        (("help",), "help"),
    ],
)
def test_the_launcher_asks_for_what_its_words_say(words, asked, monkeypatch, tmp_path) -> None:
    heard = []
    monkeypatch.setattr(client, "ask_launcher", lambda _socket, word: heard.append(word.what) or True)
    config = tmp_path / "agent.toml"
    config.write_text("")
    status = commands.main(["--config", str(config), "panel", *words])

    assert (0, [asked]) == (status, heard)
