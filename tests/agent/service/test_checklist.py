"""The checklist for one Windows laptop, and the form that doctor fills in."""

import datetime
import html.parser
import re

import pytest

from agent.service import checklist, checklist_form, commands
from agent.service.checklist_form import Facts
from tests.test_house import HOUSE

AT = datetime.datetime(2026, 11, 26, 12, 0, tzinfo=datetime.UTC)
FACTS = Facts(AT, "0.1.0", "L-014", "https://gatepost.school.example:8443", 7)


def test_the_page_in_the_docs_is_the_list():
    """After a change: python -c "from agent.service import checklist as c; print(c.markdown(), end='')"."""
    assert checklist.markdown() == (HOUSE / "docs" / "windows-checklist.md").read_text()


def test_it_takes_twenty_minutes():
    assert 20 == checklist.minutes()


class Page(html.parser.HTMLParser):
    """What is in a page: its tags, its open ones, its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.said = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert tag == self.open.pop()

    def handle_data(self, data):
        self.said += data


def test_every_step_has_its_three_answers_and_a_note():
    page = Page(checklist_form.page(FACTS, {}))
    named = [attrs["name"] for tag, attrs in page.tags if tag == "input" and attrs.get("type") == "radio"]
    steps = checklist.numbered()

    assert 3 * len(steps) == len(named)
    assert len(steps) == len(set(named))
    assert [] == page.open
    for number, _part, step in steps:
        assert number in page.said
        assert re.sub(r"[`*]", "", step.see) in page.said


def test_the_form_says_the_way_back_too_and_names_the_step_it_is_for():
    page = Page(checklist_form.page(FACTS, {}))
    numbers = {number: step for number, _part, step in checklist.numbered()}

    assert numbers[checklist.number_of(checklist.BROKEN)] is checklist.BROKEN
    assert f"except the first and {checklist.number_of(checklist.BROKEN)}." in page.said
    assert "safe mode does not help" in page.said
    assert "](" not in page.said, "no other page of ours lies beside the form"


def test_removal_is_the_last_step():
    """After it there is nothing left to try."""
    _number, _part, last = checklist.numbered()[-1]

    assert [last] == [step for _number, _part, step in checklist.numbered() if "msiexec /x" in step.do]


def test_every_field_has_a_label():
    page = Page(checklist_form.page(FACTS, {}))
    labels = {attrs["for"] for tag, attrs in page.tags if tag == "label" and "for" in attrs}
    fields = {attrs["id"] for _tag, attrs in page.tags if "id" in attrs}

    assert fields == labels


def test_the_page_loads_and_runs_nothing():
    page = Page(checklist_form.page(FACTS, {}))

    assert set() == {tag for tag, _attrs in page.tags} & {"script", "link", "img", "iframe", "form"}
    assert [] == [attrs for _tag, attrs in page.tags if {"src", "href", "action"} & set(attrs)]


def test_what_doctor_found_stands_beside_the_step_it_is_about():
    found = {"usb": ("lacking", "this is a Home edition"), "lock": ("works", "")}
    page = Page(checklist_form.page(FACTS, found))

    assert "Doctor: usb: lacking" in page.said
    assert "lacking: this is a Home edition" in page.said
    assert "Doctor: lock: works" in page.said
    assert "suspend-lock: not said" in page.said


def test_nothing_that_a_laptop_says_becomes_part_of_the_page():
    evil = "<script>alert(1)</script>"
    text = checklist_form.page(FACTS._replace(device=evil), {"usb": ("broken", evil), evil: ("works", "")})

    assert "<script" not in text


def test_doctor_writes_the_form_also_when_the_service_does_not_run(tmp_path, capsys):
    config = tmp_path / "agent.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\nrun_dir = "{tmp_path / "run"}"\n')
    config.chmod(0o644)
    form = tmp_path / "trial.html"
    status = commands.main(["doctor", "--config", str(config), "--form", str(form)])

    assert 1 == status
    assert "broken: the service does not answer" in Page(form.read_text()).said
    assert "service" in capsys.readouterr().out


def test_a_place_that_cannot_be_written_is_named(tmp_path, capsys):
    config = tmp_path / "agent.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\nrun_dir = "{tmp_path / "run"}"\n')
    config.chmod(0o644)
    status = commands.main(["doctor", "--config", str(config), "--form", str(tmp_path / "none" / "a.html")])

    assert 1 == status
    assert "a.html cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    "step", [step for _n, _p, step in checklist.numbered()], ids=lambda step: step.do[:20]
)
def test_every_step_says_what_is_to_be_seen(step):
    assert step.do.endswith((".", "?"))
    assert step.see.endswith(".")
