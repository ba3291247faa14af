"""A teacher's concern goes to safeguarding with its activity, and the teacher looks into it no more (R39)."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import select

from policies import envelopes, reports
from server import accounts, concern_marks
from server.errors import NotFound
from server.lab_tables import concern_marks as marks
from server.tables import looks
from tests.support import concerns
from tests.support.case_school import ROOM


@pytest.fixture
def seat(school):
    """Ada's login, as an address names it."""
    concerns.work(school, datetime.now(UTC))
    return {"device": school.laptop.device, "login": concerns.LOGIN}


def page_of(seat):
    return f"/lab/{ROOM}/seat/{seat['device']}"


def send(client, body):
    return client.post("/reports/api/staff-reports", content=msgspec.json.encode(body))


def activity_of(client, seat):
    answer = client.get(f"/reports/api/activity?device={seat['device']}&login={seat['login']}")
    assert 200 == answer.status_code
    return msgspec.json.decode(answer.content, type=reports.Activity)


def rows(school, table):
    with school.house.db.read() as connection:
        return list(connection.execute(select(table)))


def test_r39_safeguarding_gets_it_and_its_originator_no_longer_browses_it(school, browser_of, seat):
    teacher = browser_of("j.reed")
    teacher.post(page_of(seat), data={"login": concerns.LOGIN, "reason": "odd", "words": ""})
    assert concerns.APP in teacher.get(f"{page_of(seat)}?login={concerns.LOGIN}").text
    activity = activity_of(teacher, seat)
    report, body = concerns.sealed(school, activity)
    assert {"report": report} == send(teacher, {**body, "activity": seat}).json()

    (case,) = browser_of("r.carver").get("/reports/api/cases").json()["cases"]
    assert (report, "concern", "Joan Reed") == (case["id"], case["what"], case["reported_by"])
    found = envelopes.open_envelope(
        school.holders["r.carver"].private, bytes_of(body), device_public=bytes.fromhex(body["signer"]),
        envelope_id=report, device="staff", kind="staff-report",
    )  # fmt: skip
    words = msgspec.json.decode(found.payload, type=reports.ReportWords)
    assert words.activity is not None
    assert [(concerns.APP, 10)] == [(each.app, each.minutes) for each in words.activity.apps]
    teacher.post(page_of(seat), data={"login": concerns.LOGIN, "reason": "work", "words": ""})
    after = teacher.get(f"{page_of(seat)}?login={concerns.LOGIN}").text
    assert (True, False) == ("You passed this on." in after, concerns.APP in after)
    assert () == activity_of(teacher, seat).apps


def bytes_of(body):
    return msgspec.json.decode(msgspec.json.encode(body["envelope"]), type=bytes)


def test_without_opening_the_detail_the_teacher_is_told_nothing_by_raising_a_concern(
    school, browser_of, seat
):
    teacher = browser_of("j.reed")
    activity = activity_of(teacher, seat)

    assert ("seat", "Ada Yıldız", ROOM, ()) == (activity.kind, activity.name, activity.room, activity.apps)
    assert [] == [row for row in rows(school, looks) if row.what.startswith("seat:")]


def test_r44_no_table_says_whom_a_concern_is_about(school, browser_of, seat):
    report, body = concerns.sealed(school, activity_of(browser_of("j.reed"), seat))
    send(browser_of("j.reed"), {**body, "activity": seat})
    with school.house.db.read() as connection:
        for table in ("concern_marks", "cases", "case_entries"):
            told = str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            assert [] == [each for each in ("p1", "'ada'", "Ada Yıldız", concerns.LOGIN) if each in told]
        told = str(connection.exec_driver_sql("SELECT * FROM concern_marks").all())

    assert report not in told


@pytest.mark.parametrize("name", ["t.ashby", "g.hall", "r.carver", "n.okafor"])
def test_only_the_room_s_teacher_raises_a_concern_from_it(school, browser_of, seat, name):
    client = browser_of(name)
    _, body = concerns.sealed(school, None)
    asked = client.get(f"/reports/api/activity?device={seat['device']}&login={seat['login']}")

    assert (404, 404) == (asked.status_code, send(client, {**body, "activity": seat}).status_code)
    assert ([], []) == (rows(school, marks), browser_of("r.carver").get("/reports/api/cases").json()["cases"])


def test_a_concern_that_is_refused_leaves_no_mark(school, browser_of, seat):
    teacher, (_, body) = browser_of("j.reed"), concerns.sealed(school, None)
    lesson = {"room": ROOM, "since": "2020-01-01T09:00:00Z", "until": "2020-01-01T10:00:00Z"}
    now = datetime.now(UTC)
    whole_day = {"room": ROOM, "since": (now - timedelta(hours=20)).isoformat(), "until": now.isoformat()}
    refused = (
        body,
        {**body, "activity": {}},
        {**body, "activity": {"device": seat["device"], "login": "0" * 32}},
        {**body, "activity": {"device": "../../etc/passwd!", "login": seat["login"]}},
        {**body, "activity": lesson},
        {**body, "activity": whole_day},
        {**body, "activity": {"room": "Lab 1", "since": now.isoformat(), "until": now.isoformat()}},
        {**body, "activity": seat, "what": "on-behalf"},
        {**body, "activity": seat, "signer": "0" * 64},
    )
    codes = [send(teacher, each).status_code for each in refused]

    assert {400, 404} >= set(codes)
    assert ([], []) == (rows(school, marks), browser_of("r.carver").get("/reports/api/cases").json()["cases"])


def test_a_lesson_can_be_passed_on_as_a_whole(school, browser_of, seat):
    teacher, now = browser_of("j.reed"), datetime.now(UTC)
    day = now.astimezone()
    since = max(day - timedelta(minutes=30), day.replace(hour=0, minute=0))
    times = f"from={since:%H:%M}&to={min(day + timedelta(minutes=5), day.replace(hour=23, minute=59)):%H:%M}"
    asked = teacher.get(f"/reports/api/activity?room={ROOM}&day={day.date()}&{times}")
    activity = msgspec.json.decode(asked.content, type=reports.Activity)
    assert ("lesson", "", ()) == (activity.kind, activity.name, activity.apps)  # of one pupil no app is said
    _, body = concerns.sealed(school, activity)
    given = {"room": ROOM, "since": activity.since.isoformat(), "until": activity.until.isoformat()}
    assert 200 == send(teacher, {**body, "activity": given}).status_code

    assert "You passed this lesson on." in teacher.get(f"/lab/{ROOM}/after").text
    assert [(ROOM, "")] == [(row.room, row.mark) for row in rows(school, marks)]


# -- safeguarding looks at it --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["r.carver", "n.okafor"])
def test_safeguarding_opens_the_activity_with_a_purpose(school, browser_of, seat, name):
    client = browser_of(name)
    address = f"/reports/activity?device={seat['device']}&login={seat['login']}"
    before = client.get(address).text
    none = client.post("/reports/activity", data={**seat, "purpose": "", "words": ""})
    assert (False, 400) == (concerns.APP in before, none.status_code)
    assert [] == [row for row in rows(school, looks) if row.what.startswith("seat:")]
    client.post("/reports/activity", data={**seat, "purpose": "concern", "words": ""})

    assert concerns.APP in client.get(address).text
    assert [("p1", "A teacher passed it on")] == [
        (row.person, row.reason) for row in rows(school, looks) if row.what.startswith("seat:")
    ]


@pytest.mark.parametrize("name", ["j.reed", "t.ashby", "g.hall"])
def test_nobody_else_opens_it(school, browser_of, seat, name):
    client = browser_of(name)
    address = f"/reports/activity?device={seat['device']}&login={seat['login']}"
    data = {**seat, "purpose": "concern", "words": ""}

    assert (403, 403) == (
        client.get(address).status_code,
        client.post("/reports/activity", data=data).status_code,
    )


@pytest.mark.parametrize(
    "query",
    ["", "?login=1&device=2", f"?login={'0' * 32}&device={'0' * 16}", "?room=Lab 2&since=x&until=y",
     "?room=Lab 2&since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00Z",
     "?room=Lab 2&since=2026-01-01T00:00:00&until=2026-01-01T01:00:00"],
)  # fmt: skip
def test_what_is_no_activity_is_not_found(school, browser_of, query):
    assert 404 == browser_of("r.carver").get(f"/reports/activity{query}").status_code


def test_a_lead_opens_it_to_the_teacher_again_without_reading_a_name(school, browser_of, seat):
    teacher, lead = browser_of("j.reed"), browser_of("r.carver")
    _, body = concerns.sealed(school, None)
    send(teacher, {**body, "activity": seat})
    (row,) = rows(school, marks)
    shown = lead.get("/oversight/passed-on").text
    assert (True, False) == ("Joan Reed" in shown, "Ada" in shown)
    refused = teacher.post(f"/oversight/passed-on/{row.id}/lift").status_code
    lifted = lead.post(f"/oversight/passed-on/{row.id}/lift", follow_redirects=False).status_code
    unknown = lead.post("/oversight/passed-on/999/lift", follow_redirects=False).status_code

    assert (403, 303, 404) == (refused, lifted, unknown)
    assert "Open again since" in lead.get("/oversight/passed-on").text
    assert "You passed this on." not in teacher.get(f"{page_of(seat)}?login={concerns.LOGIN}").text


def test_r69_whoever_passed_it_on_does_not_open_it_to_themselves_in_another_office(school, browser_of):
    lead, now = browser_of("r.carver"), datetime.now(UTC)
    with school.house.db.write() as connection:
        staff = accounts.find_staff(connection, "r.carver").id
        concern_marks.pass_on(
            connection, secret=bytes(32), staff=staff, by="Ruth Carver", room=ROOM, since=now, until=now,
            pupil="p1", now=now,
        )  # fmt: skip
    (row,) = rows(school, marks)

    assert f"/oversight/passed-on/{row.id}/lift" not in lead.get("/oversight/passed-on").text
    assert 403 == lead.post(f"/oversight/passed-on/{row.id}/lift", follow_redirects=False).status_code
    assert [None] == [row.lifted_at for row in rows(school, marks)]
    other = browser_of("n.okafor").post(f"/oversight/passed-on/{row.id}/lift", follow_redirects=False)
    assert 303 == other.status_code


# -- the marks -----------------------------------------------------------------------------------


def test_a_mark_ends_when_somebody_lifts_it_and_the_line_stays(school):
    now, secret = datetime.now(UTC), bytes(32)
    with school.house.db.write() as connection:
        for pupil in ("p1", ""):
            concern_marks.pass_on(
                connection, secret=secret, staff=7, by="Joan Reed", room=ROOM, since=now - timedelta(hours=1),
                until=now, pupil=pupil, now=now,
            )  # fmt: skip
    with school.house.db.write() as connection:
        assert concern_marks.is_passed_on(connection, secret, 7, "p1")
        assert not concern_marks.is_passed_on(connection, secret, 8, "p1")
        assert not concern_marks.is_passed_on(connection, secret, 7, "p2")
        assert concern_marks.lesson_is_passed_on(connection, 7, ROOM, now - timedelta(hours=2), now)
        assert not concern_marks.lesson_is_passed_on(connection, 7, ROOM, now, now + timedelta(hours=2))
        for passed in concern_marks.list_passed(connection):
            concern_marks.lift(connection, passed.id, by="Ruth Carver", now=now)
            concern_marks.lift(connection, passed.id, by="Somebody Else", now=now)
        assert not concern_marks.is_passed_on(connection, secret, 7, "p1")
        assert frozenset() == concern_marks.marks_of(connection, 7)
        assert not concern_marks.lesson_is_passed_on(connection, 7, ROOM, now - timedelta(hours=2), now)
        with pytest.raises(NotFound):
            concern_marks.lift(connection, 999, by="Ruth Carver", now=now)

        assert [("Ruth Carver", True), ("Ruth Carver", False)] == [
            (each.lifted_by, each.whole_lesson) for each in concern_marks.list_passed(connection)
        ]
