"""A program of ours closes itself to its neighbours before it loads anything slow."""

import importlib

import pytest

from agent import __main__ as main_program
from agent.backends import own_process


@pytest.mark.parametrize("word", ["session", "window", "lock-screen", "lock-dialog"])
def test_a_pupils_process_is_closed_before_it_loads_anything(monkeypatch, word):
    done = []

    class Loaded:
        @staticmethod
        def main(arguments):
            done.append(arguments)
            return 0

    monkeypatch.setattr(own_process, "harden", lambda *, dies_with_parent: done.append(dies_with_parent))
    monkeypatch.setattr(importlib, "import_module", lambda name: done.append(name) or Loaded)
    status = main_program.main([word, "x"])

    assert 0 == status
    assert [False, main_program._ROUTES[word], ["x"]] == done
