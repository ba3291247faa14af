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


def test_r30_a_find_is_told_at_once_with_its_laptop_and_time(browser, fresh_house):
    become(browser, "t.ashby")
    with fresh_house.db.read() as connection:
        (found,) = media_health.list_detections(connection, unseen_only=True)
    for path in ("/media", "/media/found"):
        page = browser.get(path).text

        assert "Eicar-Test-Signature" in page
        assert found.hostname in page
        assert found.received_at.isoformat() in page


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


def test_history_is_narrowed_by_outcome_room_and_days_and_given_as_a_file(browser):
    become(browser, "t.ashby")
    harmful = browser.get("/media/history?what=harmful").text
    assert ("Cem Aksoy" in harmful, "Zoe Lamb" in harmful) == (True, False)
    assert "Zoe Lamb" not in browser.get("/media/history?to=2020-01-01").text
    assert "No stick is like that" in browser.get("/media/history?from=9999-12-31&room=Nowhere").text
    assert 200 == browser.get("/media/history?from=<b>&to=31.12.2026&what=all&page=-1").status_code
    answer = browser.get("/media/history.csv?what=harmful")

    assert "text/csv" in answer.headers["content-type"]
    assert 2 == len(answer.text.splitlines())


def test_history_is_found_by_person_stick_or_room_and_a_percent_sign_is_only_a_sign(browser):
    become(browser, "t.ashby")

    assert "Zoe Lamb" in browser.get("/media/history?q=zoe").text
    assert "Zoe Lamb" not in browser.get("/media/history?q=Lab 2").text
    assert "No stick is like that" in browser.get("/media/history?q=%25").text


def test_r31_the_device_page_tells_how_its_scanner_stands(browser):
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


# ---- sticks allowed ahead of time ----

ADA_STICK = "0019E06B9C850001"


def day(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def standing(house: ServerState) -> list[media.Approval]:
    with house.db.read() as connection:
        return media.list_approvals(connection, datetime.now(UTC), standing=True)


def test_r25_a_school_stick_is_allowed_from_the_page_and_told_to_laptops(browser, fresh_house, post):
    become(browser, "t.ashby")
    assert "DataTraveler 3.0" in browser.get(f"/media/standing/new?serial={ADA_STICK}").text
    answer = post(
        "/media/standing/new", serial=ADA_STICK, stick="0", until=day(30), access="read", place="school",
        note="Class camera",
    )  # fmt: skip
    assert 303 == answer.status_code
    (made,) = standing(fresh_house)

    assert ("Class camera", "live", "Tom Ashby") == (made.note, made.state, made.given_by)
    assert [made.id] == [order.order for order in told(fresh_house, L1)]
    assert "Class camera" in browser.get("/media/approvals").text


def test_r28_writing_ahead_of_time_is_the_heads_to_allow_too(browser, fresh_house, post):
    become(browser, "t.ashby")
    post("/media/standing/new", serial=ADA_STICK, until=day(30), access="write", place="school")
    (half,) = standing(fresh_house)
    assert ("half", []) == (half.state, told(fresh_house, L1))
    assert 403 == post(f"/media/approvals/{half.id}/head").status_code
    become(browser, "n.okafor")
    assert "1 stick of the school waits for your yes." in browser.get("/media").text
    assert 303 == post(f"/media/approvals/{half.id}/head").status_code

    assert ["live"] == [each.state for each in standing(fresh_house)]
    assert "waits for your yes" not in browser.get("/media").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"serial": "unseen", "until": "2099-01-01"}, "No laptop has met this stick"),
        ({"until": "soon"}, "Choose a day."),
        ({"until": "2020-01-01"}, "Choose a day to come."),
        ({"until": "2099-01-01"}, "longer than the policy allows"),
        ({"person": "nobody"}, "Nobody on the list"),
        ({"place": "room"}, "No laptop stands in this room"),
        ({"place": "laptop", "laptop": "x"}, "No laptop in use"),
    ],
)
def test_what_cannot_be_allowed_is_said_and_what_was_typed_stays(browser, fresh_house, post, fields, said):
    become(browser, "t.ashby")
    given = {"serial": ADA_STICK, "until": day(30), "note": "typed before", "place": "school"} | fields
    answer = post("/media/standing/new", **given)

    assert (409, True) == (answer.status_code, said in answer.text)
    assert "typed before" in answer.text or "unseen" in answer.text
    assert [] == standing(fresh_house)


def send_list(browser: TestClient[Any], csrf_of: Callable[[str], str], path: str, **fields: Any) -> Any:
    token = csrf_of(browser.get(path).text)
    files = {"list": ("list.csv", fields.pop("list"), "text/csv")} if "list" in fields else {"x": ("", b"")}
    return browser.post(path, data={"_csrf_token": token, **fields}, files=files)


def test_r25_a_list_is_tried_first_and_then_allowed_with_one_press(browser, fresh_house, csrf_of):
    become(browser, "t.ashby")
    text = f"serial;until\n{ADA_STICK};{day(30)}\n0019E06B9C850002;{day(30)}\n".encode()
    tried = send_list(browser, csrf_of, "/media/standing/list", list=text)
    assert "2 sticks would be allowed" in tried.text
    assert [] == standing(fresh_house)
    sheet = tried.text.split('name="sheet" value="')[1].split('"')[0]
    kept = send_list(browser, csrf_of, "/media/standing/list", sheet=sheet, keep="yes")

    assert "2 sticks are allowed" in kept.text
    assert 2 == len(standing(fresh_house))


def test_a_list_with_a_wrong_line_allows_nothing_even_when_it_is_pressed(browser, fresh_house, csrf_of):
    become(browser, "t.ashby")
    text = f"serial,until\n{ADA_STICK},{day(30)}\nunseen,{day(30)}\n".encode()
    answer = send_list(browser, csrf_of, "/media/standing/list", list=text, keep="yes")
    assert "Line 3:" in answer.text
    assert [] == standing(fresh_house)
    for junk in (b"\xff\xfe\x00", b"", b"a" * 600_000):
        assert 400 == send_list(browser, csrf_of, "/media/standing/list", list=junk).status_code
    broken = send_list(browser, csrf_of, "/media/standing/list", sheet="%%%", keep="yes")

    assert 400 == broken.status_code
