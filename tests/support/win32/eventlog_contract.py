"""What every implementation of the slice `eventlog` does."""

import secrets

import pytest

from agent.backends.windows_eventlog import MOST_LETTERS


class EventLogContract:
    """Subclasses give `calls` as a fixture."""

    @pytest.fixture
    def source(self, calls):
        name = f"Gatepost test {secrets.token_hex(4)}"
        calls.add_source(name)
        yield name
        calls.remove_source(name)

    @pytest.mark.parametrize("kind", ["information", "warning", "error"])
    def test_every_kind_is_taken_in_any_script(self, calls, source, kind):
        calls.write(source, kind, "ışık, ğ, İ, 字\nsecond line")

    def test_a_text_as_long_as_ours_may_be_is_taken(self, calls, source):
        calls.write(source, "error", "ş" * MOST_LETTERS)

    def test_a_source_that_is_known_already_is_no_problem(self, calls, source):
        calls.add_source(source)

    def test_a_source_that_nobody_knows_is_forgotten_without_complaint(self, calls):
        calls.remove_source("Gatepost never")
