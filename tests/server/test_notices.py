"""Notices: by mail and webhook, tried again, and never a word of a case in them."""

import json
import stat
from collections import Counter
from datetime import timedelta

import pytest

from agent.service import report_limits
from policies.settings import ReportSettings
from server import escalating, housekeeping, notices
from server.errors import Invalid
from server.notices import Notices, words
from server.report_intake import CROWD
from server.state import utc_now
from tests.support.case_school import ADA
from tests.support.ports import kept_port
from tests.support.sinks import hook_sink, mail_sink

ADDRESS = "https://gatepost.school.example:8443"
CANARIES = (
    "lighthouse",
    "canary.example",
    "Whitby",
    ADA.display_name,
    "ada",
    "L-001",
    "Lab 2",
    "contact",
    "Year 8",
)
MINUTE = timedelta(minutes=1)


def told(school, to, minutes=0, *, sent_at=None):
    """Let the clock run, send what is due, and return how many messages arrived."""
    notices.write(school.house.folder, Notices(to=to))
    now = school.now + minutes * MINUTE
    with school.house.db.write() as connection:
        escalating.run(connection, now, ReportSettings(enabled=True), frozenset(to))
    return notices.send_due(school.house.db, school.house.folder, ADDRESS, sent_at or now)


def states(school):
    with school.house.db.read() as connection:
        query = "SELECT name, stage, state, tries FROM case_notices ORDER BY id"
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def entries(school):
    with school.house.db.read() as connection:
        return list(connection.exec_driver_sql("SELECT kind FROM case_entries ORDER BY seq").scalars())


def test_a_webhook_gets_the_number_and_our_address_and_nothing_of_the_case(school):
    school.send(
        "the lighthouse sings at noon", addresses=("https://canary.example/",), talk_to="Mr Whitby",
    )  # fmt: skip
    with hook_sink() as (port, bodies):
        assert 1 == told(school, {"r.carver": (f"json://127.0.0.1:{port}/",)})
    (body,) = bodies
    number = f"{school.now.astimezone().year}-001"

    assert words("en", "new", (number,), ADDRESS) == (json.loads(body)["title"], json.loads(body)["message"])
    assert [] == [canary for canary in CANARIES if canary in body]
    assert [("Ruth Carver", "new", "sent", 1)] == states(school)
    assert ["opened", "told"] == entries(school)


def test_a_letter_gets_the_same_by_the_school_s_own_mail(school):
    school.send("the lighthouse sings at noon", urgency="danger")
    with mail_sink() as (port, letters):
        address = (
            f"mailto://127.0.0.1:{port}?from=gatepost@school.example&to=lead@school.example&mode=insecure"
        )
        told(school, {"r.carver": (address,), "d.amos": (address,)})
    whole = "\n".join(letters)

    assert 2 == len(letters)
    assert "Subject: Gatepost: a report waits" in whole
    assert [] == [canary for canary in CANARIES if canary in whole]


def test_what_did_not_arrive_is_tried_again_later(school):
    school.send()
    with kept_port() as nobody:
        assert 0 == told(school, {"r.carver": (f"json://127.0.0.1:{nobody}/",)})
    assert [("Ruth Carver", "new", "waiting", 1)] == states(school)
    with hook_sink() as (port, _):
        there = {"r.carver": (f"json://127.0.0.1:{port}/",)}
        assert 0 == told(school, there, sent_at=school.now)
        assert 1 == told(school, there, sent_at=school.now + 2 * MINUTE)

    assert [("Ruth Carver", "new", "sent", 2)] == states(school)


def test_after_two_days_of_failures_the_case_says_so(school):
    school.send()
    with kept_port() as nobody:
        nowhere = {"r.carver": (f"json://127.0.0.1:{nobody}/",)}
        told(school, nowhere)
        with school.house.db.write() as connection:
            connection.exec_driver_sql("UPDATE case_notices SET tries = ?", (notices.MOST_TRIES - 1,))
        told(school, nowhere, sent_at=school.now + timedelta(days=2))

    assert [("Ruth Carver", "new", "failed", notices.MOST_TRIES)] == states(school)
    assert "not-told" == entries(school)[-1]


def test_without_any_address_the_case_says_that_nobody_was_told(school):
    school.send()

    assert 0 == told(school, {})
    assert [("Ruth Carver", "new", "no-address", 0)] == states(school)


def test_many_cases_are_one_message(school):
    for _ in range(12):
        school.send()
    with hook_sink() as (port, bodies):
        told(school, {"r.carver": (f"json://127.0.0.1:{port}/",)})

    assert 1 == len(bodies)
    assert "-005 (+7)" in bodies[0]


def test_a_flood_from_one_laptop_is_no_flood_of_messages(school):
    school.bring(*(school.report() for _ in range(4 * CROWD)))
    with hook_sink() as (port, bodies):
        told(school, {"r.carver": (f"json://127.0.0.1:{port}/",)})

    assert 1 == len(bodies)
    assert CROWD + 1 == len(states(school))


def stages(school):
    return Counter(stage for _, stage, _, _ in states(school))


def test_what_is_set_aside_of_one_laptop_is_told_once_an_hour(school):
    other = school.enrol("L-002")
    addresses = {"r.carver": ("json://127.0.0.1:9/",)}
    school.bring(*(school.report() for _ in range(CROWD + 9)))
    told(school, addresses)
    assert {"new": CROWD, "many": 1} == stages(school)
    told(school, addresses)
    assert 1 == stages(school)["many"]

    school.bring(*(school.report(laptop=other) for _ in range(CROWD + 9)), laptop=other)
    told(school, addresses)
    assert 2 == stages(school)["many"]
    with school.house.db.write() as connection:
        connection.exec_driver_sql(
            "UPDATE cases SET opened_at = opened_at + 3600000 WHERE id = "
            "(SELECT c.id FROM cases c JOIN reports r ON r.id = c.id"
            ' LEFT JOIN case_notices n ON n."case" = c.id'
            " WHERE c.crowded AND n.id IS NULL AND r.device = ? LIMIT 1)",
            (other.device,),
        )
    told(school, addresses)
    assert 3 == stages(school)["many"]
    told(school, addresses)
    assert 3 == stages(school)["many"]


def test_three_children_at_the_limit_of_their_accounts_are_not_set_aside(school):
    school.bring(*(school.report() for _ in range(3 * report_limits.MOST_IN_LONG_TIME)))
    told(school, {"r.carver": ("json://127.0.0.1:9/",)})

    assert {"new": 3 * report_limits.MOST_IN_LONG_TIME} == stages(school)


def test_notices_outlive_a_spoilt_file_and_are_sent_once_it_is_mended(school):
    path = notices.path_of(school.house.folder)
    school.send("the lighthouse sings at noon", at=utc_now())
    path.write_text("[to\n")
    housekeeping.watch_cases(school.house)
    housekeeping.watch_cases(school.house)
    assert {"waiting"} == {state for _, _, state, _ in states(school)}

    with hook_sink() as (port, bodies):
        notices.write(school.house.folder, Notices(to={"r.carver": (f"json://127.0.0.1:{port}/",)}))
        housekeeping.watch_cases(school.house)
    assert 1 == len(bodies)
    assert [("Ruth Carver", "new", "sent", 1)] == states(school)


def test_a_mended_file_without_an_address_says_that_there_is_none(school):
    school.send("the lighthouse sings at noon", at=utc_now())
    notices.path_of(school.house.folder).write_text("[to\n")
    housekeeping.watch_cases(school.house)
    notices.write(school.house.folder, Notices())
    housekeeping.watch_cases(school.house)

    assert {"no-address"} == {state for _, _, state, _ in states(school)}


@pytest.mark.parametrize("language", ["en", "tr"])
@pytest.mark.parametrize("stage", ["new", "many", "deputy", "head"])
def test_every_text_stands_in_both_languages(language, stage):
    title, text = words(language, stage, ("2026-001",), ADDRESS)

    assert title == notices.TITLES[language]
    assert f"{ADDRESS}/reports" in text
    assert "2026-001" in text


@pytest.mark.parametrize("url", ["slack://a/b/c", "nonsense", "dbus://", "file:///etc/passwd", "mailto://"])
def test_other_people_s_machines_and_nonsense_are_refused(url):
    with pytest.raises(Invalid):
        notices.check_address(url)


def test_an_address_is_shown_without_its_password():
    shown = notices.check_address("mailtos://lead:open-sesame@smtp.school.example?to=lead@school.example")

    assert "open-sesame" not in shown


def test_the_file_of_addresses_is_its_owner_s_alone(school):
    addresses = Notices(to={"r.carver": ('json://127.0.0.1/"odd"',), "o'neil.x": ("jsons://hook.example/a",)})
    notices.write(school.house.folder, addresses)

    assert addresses == notices.read(school.house.folder)
    assert 0o600 == stat.S_IMODE(notices.path_of(school.house.folder).stat().st_mode)


def test_a_spoilt_file_says_which_it_is(school):
    notices.path_of(school.house.folder).write_text("[to\n")
    with pytest.raises(Invalid, match=r"notices\.toml"):
        notices.read(school.house.folder)
