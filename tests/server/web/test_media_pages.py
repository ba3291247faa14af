"""The page Media at work: a request answered in two clicks, and what each adult does not see."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient

from policies.settings import Settings, UsbSettings
from server import media, media_health, publishing
from server.app import make_app
from server.state import ServerState
from tests.support import media_school, school

L1, L9, L11 = (school.LAPTOPS[name] for name in ("L-001", "L-009", "L-011"))
ADA = f"/media/request/{L1}/{media_school.ADA}"
VERA = f"/media/request/{L9}/{media_school.VERA}"
ZOE = f"/media/request/{L11}/{media_school.ZOE}"
WILL = f"/media/request/{school.LAPTOPS['L-010']}/{media_school.WILL}"
Post = Callable[..., Any]


@pytest.fixture
def browser(fresh_house: ServerState) -> Iterator[TestClient[Any]]:
    with TestClient(make_app(fresh_house), base_url=school.ORIGIN) as client:
        client.headers.update(school.BROWSER)
        client.cookies.set("gatepost_language", "en")
        yield client


def become(browser: TestClient[Any], name: str) -> TestClient[Any]:
    browser.cookies.delete("__Host-gatepost") if "__Host-gatepost" in browser.cookies else None
    return school.signed_in(browser, name)


@pytest.fixture
def post(browser: TestClient[Any], csrf_of: Callable[[str], str]) -> Post:
    def send(path: str, **fields: str) -> Any:
        token = csrf_of(browser.get("/media").text)
        return browser.post(path, data={"_csrf_token": token, **fields}, follow_redirects=False)

    return send


def publish(house: ServerState, usb: UsbSettings) -> None:
    with house.db.write() as connection:
        now = publishing.current(connection)
        assert now is not None
        publishing.publish(
            connection,
            school=now.body.school,
            settings=Settings(usb=usb),
            tiers=("junior",),
            profile="p",
            by="test",
            now=datetime.now(UTC),
        )
    house.notice_changes()


def told(house: ServerState, device: str) -> list[Any]:
    return house.media_telling.newer(device, school.ROOM, 0, datetime.now(UTC))


def state_of(house: ServerState, device: str, request: str) -> str:
    with house.db.read() as connection:
        return media.get_request(connection, device, request).state


def test_a_request_is_answered_in_two_clicks(browser, fresh_house, post):
    become(browser, "t.ashby")
    answer = post(f"{ADA}/allow", until="today")
    page = browser.get("/media").text

    assert (303, "/media") == (answer.status_code, answer.headers["location"])
    (order,) = told(fresh_house, L1)
    assert ("Tom Ashby", "p1", "read") == (order.by, order.terms.person, order.terms.access)
    assert "My history slides" not in page
    assert "Sent, not confirmed" in browser.get("/media/approvals").text


def test_a_second_adult_is_told_that_it_was_answered(browser, post):
    become(browser, "t.ashby")
    post(f"{ADA}/allow", until="today")
    again = post(f"{ADA}/deny", reason="no")

    assert 409 == again.status_code
    assert "answered already" in again.text


def test_a_no_is_read_by_the_person_in_the_adults_words(browser, fresh_house, post):
    become(browser, "l.demir")
    post(f"{ADA}/deny", reason="Bring it on Monday")

    (order,) = told(fresh_house, L1)
    assert ("Ms Demir", "Bring it on Monday") == (order.by, order.reason)


def test_pupil_data_waits_for_the_head(browser, fresh_house, post):
    become(browser, "t.ashby")
    post(f"{VERA}/allow", until="today")
    assert [] == told(fresh_house, L9)
    with fresh_house.db.read() as connection:
        (half,) = media.list_approvals(connection, datetime.now(UTC))
    assert 403 == post(f"/media/approvals/{half.id}/head").status_code

    become(browser, "n.okafor")
    assert "Evet, çıkabilir" in browser.get("/media?lang=tr").text
    assert 303 == post(f"/media/approvals/{half.id}/head").status_code
    (order,) = told(fresh_house, L9)
    assert order.terms.encrypted_only


def test_a_teacher_sees_and_answers_their_own_room_only(browser, fresh_house, post):
    become(browser, "l.demir")
    page = browser.get("/media").text
    history = browser.get("/media/history").text

    assert "Ada Yıldız" in page
    assert "Zoe Lamb" not in page + history
    assert 403 == post(f"{ZOE}/allow", until="today").status_code
    assert 409 == post(f"{ADA}/allow", until="today", access="write").status_code
    assert "waiting" == state_of(fresh_house, L1, media_school.ADA)


def test_where_the_policy_gives_teachers_no_say_the_page_is_shut_to_them(browser, fresh_house):
    publish(fresh_house, msgspec.structs.replace(school.USB, approvers=("technician",)))
    become(browser, "l.demir")

    assert 403 == browser.get("/media").status_code
    assert 'href="/media"' not in browser.get("/lab").text


def test_under_forbid_there_is_nothing_to_press(browser, fresh_house, post):
    publish(fresh_house, UsbSettings(mode="forbid"))
    become(browser, "t.ashby")
    page = browser.get("/media").text
    answer = post(f"{ADA}/allow", until="today")

    assert "Nobody can ask and nobody can say yes" in page
    assert "/allow" not in page
    assert 409 == answer.status_code
    assert [] == told(fresh_house, L1)


def test_no_page_says_that_sticks_are_shut_where_no_laptop_says_so(browser, fresh_house):
    with fresh_house.db.write() as connection:
        connection.exec_driver_sql('UPDATE devices SET capabilities = \'{"lock": "works"}\'')
    become(browser, "t.ashby")

    assert "No laptop says that it can do so" in browser.get("/media").text


def test_an_ended_approval_is_gone_from_the_list(browser, fresh_house, post):
    become(browser, "t.ashby")
    post(f"{ADA}/allow", until="week")
    with fresh_house.db.read() as connection:
        (held,) = media.list_approvals(connection, datetime.now(UTC))
    become(browser, "l.demir")
    assert 403 == post(f"/media/approvals/{held.id}/revoke").status_code
    become(browser, "n.okafor")
    assert 303 == post(f"/media/approvals/{held.id}/revoke").status_code

    assert [held.id] == [order.approval for order in told(fresh_house, L1)]
    assert 409 == post(f"/media/approvals/{held.id}/revoke").status_code


def test_a_find_is_taken_up_once(browser, fresh_house, post):
    become(browser, "t.ashby")
    with fresh_house.db.read() as connection:
        (found,) = media_health.list_detections(connection, unseen_only=True)
    post(f"/media/found/{found.device}/{found.seq}/seen")

    assert "Eicar-Test-Signature" not in browser.get("/media").text
    with fresh_house.db.read() as connection:
        assert ["Tom Ashby"] == [each.seen_by for each in media_health.list_detections(connection)]


@pytest.mark.parametrize("path", ["/media", "/media/history", WILL])
def test_what_a_stick_says_of_itself_is_only_text(browser, path):
    become(browser, "t.ashby")
    page = browser.get(path).text

    assert "&lt;b&gt;stick&lt;/b&gt;" in page
    assert not any(bad in page for bad in ("<b>stick", "\u202e", "\x1b"))


def test_history_is_found_by_person_stick_or_room_and_a_percent_sign_is_only_a_sign(browser):
    become(browser, "t.ashby")

    assert "Zoe Lamb" in browser.get("/media/history?q=zoe").text
    assert "Zoe Lamb" not in browser.get("/media/history?q=Lab 2").text
    assert "No stick is like that" in browser.get("/media/history?q=%25").text


def test_the_device_page_tells_how_its_scanner_stands(browser):
    become(browser, "t.ashby")

    assert "Up to date" in browser.get(f"/devices/{school.LAPTOPS['L-002']}").text
    assert "Out of date" in browser.get(f"/devices/{school.LAPTOPS['L-003']}").text
    assert "This laptop has said nothing about one." in browser.get(f"/devices/{L1}").text


@pytest.mark.parametrize("fields", [
    {}, {"until": "forever"}, {"until": "date"}, {"until": "date", "day": "2020-01-01"},
    {"until": "date", "day": "9999-12-31"}, {"until": "date", "day": "<b>"},
])  # fmt: skip
def test_a_form_without_a_sensible_end_changes_nothing(browser, fresh_house, post, fields):
    become(browser, "t.ashby")

    assert 409 == post(f"{ADA}/allow", **fields).status_code
    assert "waiting" == state_of(fresh_house, L1, media_school.ADA)


def test_a_day_to_come_counts_to_its_end(browser, fresh_house, post):
    become(browser, "t.ashby")
    day = media.day_of(datetime.now(UTC)) + timedelta(days=3)
    post(f"{ADA}/allow", until="date", day=day.isoformat())

    assert media.day_begins(day + timedelta(days=1)) == told(fresh_house, L1)[0].terms.until


@pytest.mark.parametrize(
    ("name", "read_only_first", "expected"),
    [("t.ashby", True, "read"), ("t.ashby", False, "write"), ("l.demir", False, "read")],
)
def test_a_yes_opens_for_reading_first_where_the_policy_says_so(
    browser, fresh_house, name, read_only_first, expected
):
    usb = msgspec.structs.replace(school.USB, read_only_first=read_only_first)
    publish(fresh_house, usb)
    page = become(browser, name).get("/media").text

    assert f'name="access" value="{expected}"' in page
    assert ("Allow, read and write" in page) == (expected == "write")
