"""What all commands share: options anywhere, colour and bars on a terminal only, quick to start."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import click
import pytest

from server import cli
from server.__main__ import ROOMS, main, make_top

ROOT = Path(__file__).parents[2]


def every_command(command=None, words=()):
    """Return all commands with the words that call them."""
    command = command or make_top()
    if not isinstance(command, click.Group):
        return [(words, command)]
    context = click.Context(command)
    return [
        found
        for name in command.list_commands(context)
        for found in every_command(command.get_command(context, name), (*words, name))
    ]


def on_a_terminal(*words):
    """Run one command with a terminal as its three streams and return what it painted."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "server", *words], cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs
    ) as done:
        os.close(theirs)
        painted = b""
        try:
            while part := os.read(ours, 4096):
                painted += part
        except OSError:  # the other end is gone
            pass
        done.wait(60)
    os.close(ours)
    return painted.decode()


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("option", ["--data", "--folder"])
def test_shared_options_may_stand_before_or_after_every_word(tmp_path, capsys, place, option):
    data = [option, str(tmp_path / "none"), "--json"]
    words = ["staff", "list"]
    code = main([*words[:place], *data, *words[place:]])

    assert 1 == code
    assert f"gatepost-server --data {tmp_path / 'none'} init" in capsys.readouterr().err


@pytest.mark.parametrize("words", [words for words, _ in every_command()], ids=" ".join)
def test_every_command_explains_itself(capsys, words):
    assert 0 == main([*words, "--help"])

    said = capsys.readouterr().out
    assert said.startswith(f"Usage: gatepost-server {' '.join(words)}")
    assert len(said.splitlines()[2].strip()) > 10


def test_every_command_takes_json_and_a_folder():
    lacking = [
        words
        for words, command in every_command()
        if not {"--json", "--data", "--folder"} <= {opt for p in command.params for opt in p.opts}
    ]

    assert [] == lacking


def test_help_lists_the_rooms_in_order_with_examples(capsys):
    assert 0 == main(["--help"])

    said = capsys.readouterr().out
    places = [said.index(f"\n  {word} ") for word in ROOMS]
    assert sorted(places) == places
    assert "  gatepost-server people import people.csv\n" in said


def test_starting_imports_neither_the_database_nor_the_pages():
    code = (
        "import sys; from server.__main__ import main; main(['--help']);"
        "print([m for m in ('sqlalchemy', 'litestar', 'cryptography', 'alembic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)

    assert "[]" == done.stdout.splitlines()[-1]


def test_colour_is_for_terminals_only(tmp_path, capsys, monkeypatch):
    words = ("--data", str(tmp_path / "none"), "staff", "list")
    painted = on_a_terminal(*words)
    main(list(words))
    plain = capsys.readouterr().err
    monkeypatch.setenv("NO_COLOR", "1")

    assert "\x1b[31m" in painted
    assert "\x1b" not in plain
    assert "\x1b" not in on_a_terminal(*words)


def test_a_bar_is_drawn_nowhere_but_on_a_terminal(capsys):
    command = cli.Command(
        "count", callback=lambda: [*cli.progress(range(3), "counting").__enter__()] and None
    )

    assert 0 == cli.run(command, [])
    assert ("", "") == capsys.readouterr()


def test_a_cell_from_outside_moves_no_cursor_and_states_are_painted():
    text = cli.table(("host", "state"), [("\x1b[2Jevil", "bad"), ("ok", "good")], {"bad": "bad"})

    assert "\x1b[2J" not in text
    assert "\x1b[31m" in text
    assert ["host           state", "'\\x1b[2Jevil'  bad", "ok             good"] == click.unstyle(
        text
    ).splitlines()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_a_shell(capsys, shell):
    assert 0 == main(["completion", shell])
    assert "_GATEPOST_SERVER_COMPLETE" in capsys.readouterr().out


def test_words_are_completed(monkeypatch, capsys):
    monkeypatch.setenv("_GATEPOST_SERVER_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "gatepost-server staff pass")
    monkeypatch.setenv("COMP_CWORD", "2")
    with pytest.raises(SystemExit):
        main([])

    assert "plain,password" in capsys.readouterr().out
