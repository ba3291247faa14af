"""What a person reads when something they sent cannot be done, or something of ours broke."""

import pytest

from server.errors import Invalid
from server.web import labs_page


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (Invalid("a word of the inside"), (400, "Nothing was changed.")),
        (KeyError("a word of the inside"), (500, "It is written down for the technician.")),
    ],
)
def test_what_no_page_has_words_for_is_answered_by_whose_fault_it_is(monkeypatch, as_name, problem, told):
    client = as_name("l.demir")

    def refuse(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr(labs_page.devices, "list_devices", refuse)
    answer = client.get("/lab")

    assert told == (answer.status_code, told[1] if told[1] in answer.text else answer.text)
    assert "a word of the inside" not in answer.text
