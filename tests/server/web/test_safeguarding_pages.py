"""Figures with nobody in them, oversight of cases, helplines, evidence and isolation: what each page says."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient
from sqlalchemy import update

from policies.settings import Helpline, ReportSettings
from server import accounts, case_quarantine, cases, devices, masking, officers, pack, publishing, reviews
from server.case_entries import Who
from server.case_tables import cases as cases_table
from server.tables import people
from server.web import safeguarding_view
from tests.support import doors_school
from tests.support.case_school import CaseSchool

Open = Callable[[str], TestClient[Any]]


def token(page: str) -> str:
    return page.split('name="_csrf_token" value="')[1].split('"')[0]


def settings(here: CaseSchool, **report: Any) -> None:
    with here.house.db.write() as connection:
        before = publishing.current(connection)
        assert before is not None
        body = before.body
        changed = msgspec.structs.replace(body.settings.report, **report)
        publishing.publish(
            connection, school=body.school, settings=msgspec.structs.replace(body.settings, report=changed),
            tiers=tuple(each.tier for each in body.agreements), profile="x", by="test", now=datetime.now(UTC),
        )  # fmt: skip


def facts_of(*counts: tuple[str, str, int], at: datetime) -> list[pack.Fact]:
    return [
        pack.Fact(at, kind, year, "", timedelta(minutes=5), "soon")
        for kind, year, number in counts
        for _ in range(number)
    ]


# -- figures ------------------------------------------------------------------------------------------------


def test_counts_by_term_kind_and_year_group_are_what_happened():
    year = pack.school_year(2025, "09-01")
    autumn, spring, summer = pack.terms_of(year)
    told = [
        *facts_of(("contact", "Year 8", 6), ("conduct", "Year 9", 11), at=datetime(2025, 10, 3, tzinfo=UTC)),
        *facts_of(("contact", "Year 9", 7), at=datetime(2026, 2, 1, tzinfo=UTC)),
        *facts_of(("staff", "", 1), at=datetime(2026, 8, 31, 12, tzinfo=UTC)),
    ]
    plots = pack.exact(told, ["Year 9", "Year 10", "Year 8"], year)

    assert (date(2025, 9, 1), date(2026, 1, 1), date(2026, 5, 1)) == (
        autumn.since, spring.since, summer.since,
    )  # fmt: skip
    assert ("Year 8", "Year 9", "Year 10", "") == plots["year"].rows
    assert {autumn: 6, spring: 7, summer: 0} == {
        period: plots["kind"].cells[("contact", period)] for period in plots["kind"].periods
    }
    assert {autumn: 11, spring: 7, summer: 0} == {
        period: plots["year"].cells[("Year 9", period)] for period in plots["year"].periods
    }
    assert 1 == plots["kind"].cells[("staff", summer)]
    assert plots["harm"].entered
    assert not plots["kind"].entered


def test_what_governors_see_holds_no_small_count_and_no_row_that_appears_with_the_first_report():
    year = pack.school_year(2025, "09-01")
    at = datetime(2025, 10, 3, tzinfo=UTC)
    groups = ["Year 7", "Year 8", "Year 9"]
    nothing, _, _ = pack.masked([], groups, year, 5)
    told = facts_of(("contact", "Year 8", 30), ("conduct", "Year 9", 14), ("staff", "Year 8", 2), at=at)
    plots, total, whole = pack.masked(told, groups, year, 5)
    shown = {cell for plot in plots.values() for cell in plot.cells.values()}

    assert {name: plot.rows for name, plot in nothing.items()} == {
        name: plot.rows for name, plot in plots.items()
    }
    assert not any(isinstance(cell, int) and cell < 5 for cell in shown)
    assert not whole
    assert total <= 46


def test_a_small_school_sees_its_year_as_one_or_nothing():
    year = pack.school_year(2025, "09-01")
    months = [datetime(2025, 10, 3, tzinfo=UTC), datetime(2026, 2, 3, tzinfo=UTC)]
    few = [fact for at in months for fact in facts_of(("contact", "Year 8", 4), at=at)]
    kinds = (("contact", "Year 8", 1), ("conduct", "Year 8", 6), ("content", "Year 8", 6))
    more = [fact for at in months for fact in facts_of(*kinds, at=at)]

    assert {} == pack.masked(few, ["Year 8"], year, 5)[0]["kind"].cells
    assert (year,) == pack.masked(more, ["Year 8"], year, 5)[0]["kind"].shown


def many_reports(here: CaseSchool, number: int = 24) -> None:
    """Let many reports have come two months ago, in the school year that is going on or the one before."""
    for count in range(number):
        here.send(f"Report {count} of Zoë Canary", harms=(("contact",), ("conduct",))[count % 2])
    with here.house.db.write() as connection:
        connection.execute(
            update(cases_table).values(
                opened_at=datetime.now(UTC) - timedelta(days=62), year="8B",
                acknowledged_at=datetime.now(UTC) - timedelta(days=62) + timedelta(minutes=9),
            )
        )  # fmt: skip


def year_two_months_ago() -> int:
    return pack.year_of((datetime.now(UTC) - timedelta(days=62)).date(), "09-01")


@pytest.mark.parametrize("path", ["/governors", "/governors/pack"])
def test_the_governors_pages_say_of_each_figure_where_it_comes_from_and_name_nobody(
    here: CaseSchool, open_as: Open, path: str
):
    many_reports(here)
    text = open_as("g.frost").get(f"{path}?year={year_two_months_ago()}").text
    figures = re.findall(r'<section class="card stack[^"]*"[^>]*>(.*?)</section>', text, re.S)

    assert "reports" in text
    for figure in figures:
        assert "Measured" in figure or "Entered by hand" in figure
    assert not re.search(r'href="/reports/case|href="/reports"', text)
    with here.house.db.read() as connection:
        names = [row.display_name for row in connection.execute(people.select())]
        numbers = [cases.number_of(row.opened_year, row.serial) for row in connection.execute(
            cases_table.select())]  # fmt: skip
    assert not any(name in text for name in [*names, *numbers, *doors_school.CASES.values()])


def test_a_governor_reaches_no_case_from_anywhere(here: CaseSchool, open_as: Open):
    client = open_as("g.frost")
    case = doors_school.CASES["safeguarding"]

    for path in ("/reports", f"/reports/case/{case}", "/reports/api/cases", f"/reports/api/cases/{case}"):
        assert 403 == client.get(path, follow_redirects=False).status_code


def test_an_officer_s_exact_counts_are_of_what_their_own_key_opens(here: CaseSchool, open_as: Open):
    lead = open_as("r.carver").get("/governors/exact").text
    head = open_as("n.okafor").get("/governors/exact").text

    def cell(text: str, kind: str) -> set[str]:
        row = re.search(rf'<th scope="row">{kind}</th>(.*?)</tr>', text, re.S)
        assert row is not None
        return set(re.findall(r"<td[^>]*>(\d+)</td>", row[1]))

    assert {"0", "2"} == cell(lead, "Unwanted contact")
    assert {"0"} == cell(lead, "About an adult in school")
    assert {"0", "2"} == cell(head, "About an adult in school")
    assert {"0"} == cell(head, "Unwanted contact")


@pytest.mark.parametrize("words", ["Ada Yıldız was brave", "we spoke with ada  yıldız.", "", "x" * 301])
def test_a_line_with_a_listed_name_is_not_entered(here: CaseSchool, open_as: Open, words: str):
    client = open_as("r.carver")
    page = client.get("/governors").text
    answer = client.post(
        "/governors/entries", data={"_csrf_token": token(page), "kind": "lesson", "words": words}
    )

    assert 400 == answer.status_code
    assert 'aria-invalid="true"' in answer.text
    with here.house.db.read() as connection:
        assert [] == reviews.list_entries(connection, pack.year_of(date.today(), "09-01"))


def test_a_line_is_entered_once_and_marked_as_entered_by_hand(here: CaseSchool, open_as: Open):
    client = open_as("r.carver")
    data = {"_csrf_token": token(client.get("/governors").text), "kind": "lesson",
            "words": "Year 8 rewrote the chat rules with their tutor. <b>Done</b>"}  # fmt: skip
    client.post("/governors/entries", data=data)
    text = open_as("g.frost").get("/governors/pack").text

    assert "Year 8 rewrote the chat rules with their tutor. &lt;b&gt;Done" in text
    with pytest.raises(Exception, match="only ever added"), here.house.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM pack_entries")


# -- oversight ----------------------------------------------------------------------------------------------


def look_at(here: CaseSchool, case: str, by: str) -> None:
    with here.house.db.write() as connection:
        one = accounts.find_staff(connection, by)
        cases.note_look(connection, case, Who(one.id, one.display_name), "opened", datetime.now(UTC))


def test_a_look_at_a_case_is_shown_to_whoever_may_know_of_it(here: CaseSchool, open_as: Open):
    for name, column in (("d.amos", "safeguarding"), ("n.okafor", "head"), ("g.hall", "alternate")):
        look_at(here, doors_school.CASES[column], name)

    def lines(name: str) -> list[str]:
        text = open_as(name).get("/oversight?kind=cases").text
        return re.findall(r'<th scope="row"><bdi>([^<]+)</bdi>', text)

    assert ["Dina Amos"] == lines("r.carver"), "the lead must not learn of a report about an adult"
    assert {"Dina Amos", "Neil Okafor"} == set(lines("n.okafor")), "nor the head of one about the head"


def test_the_head_signs_off_and_nobody_takes_it_back(here: CaseSchool, open_as: Open):
    look_at(here, doors_school.CASES["safeguarding"], "r.carver")
    client = open_as("n.okafor")
    before = client.get("/oversight?lang=en").text
    client.post("/oversight/sign-off", data={"_csrf_token": token(before), "note": "Asked Dina about <one>"})
    after = client.get("/oversight").text

    assert "The head has not signed off yet." in before
    assert "Last by <bdi>Neil Okafor</bdi>, today" in after
    assert "Asked Dina about &lt;one&gt;" in after
    for what in ("UPDATE sign_offs SET note = ''", "DELETE FROM sign_offs", "DELETE FROM case_looks"):
        with pytest.raises(Exception, match="only ever added"), here.house.db.write() as connection:
            connection.exec_driver_sql(what)


def test_a_month_without_the_head_s_word_is_said_to_be_due(here: CaseSchool, open_as: Open):
    now = datetime.now(UTC)
    with here.house.db.write() as connection:
        from server import oversight

        oversight.write_look(connection, at=now - timedelta(days=40), staff=1, by="Ms Demir", what="lab")

    assert (
        "The head reads this page and signs off once a month." in open_as("n.okafor").get("/oversight").text
    )


def test_two_offices_that_watch_one_another_are_said_and_a_second_reader_is_asked_for(
    here: CaseSchool, open_as: Open
):
    with here.house.db.write() as connection:
        one = accounts.find_staff(connection, "d.amos")
        accounts.set_roles(connection, one.id, frozenset({"safeguarding", "technician"}), ())
    client = open_as("r.carver")
    asked = client.get("/oversight").text
    client.post("/oversight/sign-off", data={"_csrf_token": token(asked), "note": ""})

    assert "<bdi>Dina Amos</bdi> holds two offices that watch one another." in asked
    assert "Ask a second person to read this page and sign off:" in asked
    assert "Somebody else has signed off since." in client.get("/oversight").text


def test_a_second_reader_is_somebody_else():
    now = datetime.now(UTC)
    double = reviews.Double("Dina", 7, (("technician", "safeguarding"),), ("Ruth",))

    def signed(staff: int, days: int) -> reviews.SignOff:
        return reviews.SignOff(now - timedelta(days=days), staff, "x", 0, "", 0, 0)

    assert reviews.second_wanted(double, [signed(7, 1), signed(8, 40)], now)
    assert not reviews.second_wanted(double, [signed(8, 3)], now)


# -- helplines, evidence, isolation, concerns ---------------------------------------------------------------

LINES = (Helpline(name="Listening Line", how="0800 000 000"),)


@pytest.mark.parametrize(("lines", "checked", "stale"), [
    ((), None, False), (LINES, None, True), (LINES, date(2024, 9, 1), True),
    (LINES, date(2025, 12, 1), False),
])  # fmt: skip
def test_helplines_grow_stale_in_a_school_year(lines, checked, stale):
    report = ReportSettings(helplines=lines, helplines_checked=checked)

    assert stale == safeguarding_view.is_stale(report, date(2026, 6, 1))


def test_a_stale_list_warns_whoever_can_see_to_it_until_somebody_tried_it(here: CaseSchool, open_as: Open):
    settings(here, helplines=LINES, helplines_checked=date(2020, 1, 1))
    warning = "Nobody has rung the helplines for a school year."

    assert warning in open_as("r.carver").get("/oversight").text
    assert warning not in open_as("l.demir").get("/concerns").text
    client = open_as("t.ashby")
    assert warning in client.get("/concerns").text
    client.post("/reporting/checked", data={"_csrf_token": token(client.get("/reporting").text)})
    assert warning not in client.get("/concerns").text
    assert "Checked on" in client.get("/reporting").text


def test_a_laptop_kept_for_evidence_says_so_and_names_who_may_open_it(here: CaseSchool, open_as: Open):
    device, case = here.laptop.device, doors_school.CASES["safeguarding"]
    with here.house.db.write() as connection:
        reader = officers.reader_of(connection, accounts.find_staff(connection, "r.carver"))
        assert reader is not None
        case_quarantine.set_quarantine(
            connection, reader, case, on=True, envelope=here.note("r.carver", case), now=datetime.now(UTC)
        )
    client = open_as("t.ashby")
    text = client.get(f"/devices/{device}").text
    listed = client.get("/devices?state=secured").text

    assert "This laptop is kept for evidence." in text
    assert "Only <bdi>Ruth Carver</bdi> and <bdi>Neil Okafor</bdi> can open it again" in text
    assert "not confirmed" in text
    assert case not in text
    assert f"/devices/{device}" in listed
    assert "/retire" not in text
    client.post(f"/devices/{device}/retire", data={"_csrf_token": token(text), "reason": "tidy"})
    with here.house.db.read() as connection:
        assert "active" == devices.get_device(connection, device).state, "evidence is left as it is"


def test_a_technician_is_given_a_place_and_no_story(here: CaseSchool, open_as: Open):
    client = open_as("t.ashby")
    text = client.get("/problems").text
    with here.house.db.read() as connection:
        numbers = [cases.number_of(row.opened_year, row.serial) for row in connection.execute(
            cases_table.select())]  # fmt: skip

    assert "Lab 2, printer shelf" in text
    assert "Ruth Carver" not in text
    assert not any(secret in text for secret in [*doors_school.CASES.values(), *numbers])
    task = doors_school.TASKS[doors_school.CASES["safeguarding"]]
    client.post(f"/problems/isolate/{task}/done", data={"_csrf_token": token(text)})
    assert "Cut off: <bdi>Lab 2, printer shelf</bdi> · <bdi>Tom Ashby</bdi>" in client.get("/problems").text


def test_a_broken_thing_stays_until_somebody_dealt_with_it(here: CaseSchool, open_as: Open):
    client = open_as("t.ashby")
    text = client.get("/problems").text
    address = re.search(r'action="(/problems/[0-9a-f]{16}/vital/1/done)"', text)
    assert address is not None
    client.post(address[1], data={"_csrf_token": token(text)})

    assert "<bdi>Keys</bdi>" in text
    assert address[1] not in client.get("/problems").text


def test_staff_find_both_ways_and_others_only_the_way_to_complain(here: CaseSchool, open_as: Open):
    staff = open_as("l.demir").get("/concerns").text
    others = open_as("").get("/complaints").text

    for way in ("on-behalf", "accidental", "visitor", "private-contact", "complaint", "whistleblowing"):
        assert f"/reports/write?what={way}" in staff
    assert "Ruth Adair" in others
    assert "whistle" not in others.lower()
    assert "/reports/write" not in others


def test_without_officers_nothing_offers_to_seal(here: CaseSchool, open_as: Open):
    settings(here, enabled=False)
    text = open_as("l.demir").get("/concerns").text

    assert "/reports/write" not in text
    assert "Written reports are not switched on in this school." in text


def test_masked_shares_are_round():
    assert 60 == masking.share_of(15, 26, 5)
