"""Officers at their cases, in real browsers: what is seen without a key, opened, worked on and closed."""

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Page, Route, expect

from policies import envelopes, reports, sealing
from server import cases, publishing
from server.media_tables import media_orders
from tests.support.case_school import PASSWORD, CaseSchool
from tests.support.officers_house import WAIT_MS, Adult

pytestmark = pytest.mark.browser
WORDS = "They made a group about Mia and keep sending it round. \u202eevil\u202c <b>loud</b> <img src=x>"
LATER = f"{datetime.now(UTC) + timedelta(days=45):%Y-%m-%d}"
Sign = Callable[..., Adult]


def send(school: CaseSchool, words: str = WORDS, **more: Any) -> str:
    more.setdefault("at", datetime.now(UTC) - timedelta(minutes=4))
    return school.send(words, **{"harms": ("bullying",), "whom": "friend", "where": "home", **more})


def detail(school: CaseSchool, name: str, case: str) -> Any:
    with school.house.db.read() as connection:
        reader = school.reader(name)
        assert reader is not None
        return cases.get_detail(connection, reader.opens, case, publishing.report_settings(connection))


def note_of(school: CaseSchool, name: str, by: str, envelope: bytes) -> dict[str, Any]:
    _, header = envelopes.read_envelope(envelope)
    writer, reader = school.holders[by], school.holders[name]
    opened = envelopes.open_envelope(
        reader.private,
        envelope,
        device_public=writer.sign_key,
        envelope_id=header.id,
        device=f"officer-{writer.id[:16]}",
        kind="note",
    )
    found: dict[str, Any] = json.loads(opened.payload)
    return found


def test_without_a_key_the_page_holds_no_word_of_a_report(school: CaseSchool, adult: Sign):
    send(school)
    lead = adult("r.carver", opened=False)
    expect(lead.page.locator("#cases")).to_contain_text("Conduct", timeout=WAIT_MS)
    before = lead.page.content()
    lead.page.fill("#passphrase", "AAAA-BBBB-CCCC-DDDD")
    lead.page.get_by_role("button", name="Open for one hour").click()
    expect(lead.page.locator("#passphrase-error")).to_contain_text("does not open your key", timeout=WAIT_MS)

    assert "Mia" not in before
    assert "Yıldız" not in before


def test_danger_stands_first_and_everything_is_found_by_its_words(school: CaseSchool, adult: Sign):
    send(school)
    send(school, "Someone wants to meet me.", harms=("contact",), urgency="danger", whom="me")
    lead = adult("r.carver")
    page = lead.page
    expect(page.locator("#cases h2").first).to_have_text("Someone may be in danger")
    expect(page.locator("#cases article")).to_contain_text(re.compile(r"Not acknowledged, \d+ min"))
    page.fill("#q", "MİA round")
    expect(page.locator("#found")).to_have_text("1 case found")
    expect(page.locator("#cases tbody tr")).to_have_count(1)
    page.fill("#q", "nowhere")
    expect(page.locator("#cases")).to_contain_text("No case is like that")
    page.fill("#q", "yildiz")

    expect(page.locator("#found")).to_have_text("2 cases found")


def test_what_a_pupil_wrote_stays_text(school: CaseSchool, adult: Sign):
    send(school, addresses=("https://chat.invalid/g/12", "javascript:alert(1)"), talk_to="<i>you</i>")
    lead = adult("r.carver")
    page = lead.page
    page.get_by_role("link", name="-001").click()
    words = page.locator("blockquote.words")
    expect(words).to_contain_text("<b>loud</b> <img src=x>", timeout=WAIT_MS)

    assert ["U+202E", "U+202C"] == words.locator(".sign").all_inner_texts()
    assert (
        0
        == page.locator(
            "blockquote b, blockquote img, main a[href*=invalid], main a[href^=javascript]"
        ).count()
    )
    assert "isolate" == words.locator(".told").first.evaluate("(it) => getComputedStyle(it).unicodeBidi")
    expect(page.locator("dl.facts").first).to_contain_text("https://chat.invalid/g/12")
    expect(page.locator("dl.facts").first).to_contain_text("<i>you</i>")


def test_a_new_report_appears_by_itself_and_typed_words_stay(school: CaseSchool, adult: Sign):
    send(school)
    lead = adult("r.carver")
    page = lead.page
    page.fill("#q", "mia")
    send(school, "Mia again, in the yard.")
    expect(page.locator("#found")).to_have_text("2 cases found", timeout=WAIT_MS)
    expect(page.locator("#says")).to_have_text("1 new report arrived.")

    assert "mia" == page.input_value("#q")


def test_a_case_from_reading_to_closing(school: CaseSchool, adult: Sign):
    case = send(school)
    lead = adult("r.carver")
    page = lead.page
    page.get_by_role("link", name="-001").click()
    page.get_by_role("button", name="I have read it: acknowledge").click(timeout=WAIT_MS)
    expect(page.locator("#tasks")).to_contain_text("Inform parents", timeout=WAIT_MS)
    write_note(page, "Spoke with D. Screenshots exist.")
    page.select_option("#note-corrects", index=1)
    write_note(page, "“Screenshots” should read “messages”.")
    expect(page.locator("#story")).to_contain_text("The first text stays.")
    disclose(page, "act-hold", "#hold-text", "Police asked us to wait.")
    expect(page.locator("#tasks")).to_contain_text("Contact on hold", timeout=WAIT_MS)
    expect(page.locator("#case-head")).to_contain_text("Contact on hold")
    disclose(page, "act-hold", "#hold-text", "")
    expect(page.locator("#case-head")).not_to_contain_text("Contact on hold", timeout=WAIT_MS)
    disclose(
        page,
        "act-close",
        "#close-outcome",
        "Stopped.",
        {"#close-lesson": "Talk earlier.", "#close-due": LATER},
    )
    expect(page.locator("#act-close-trouble")).to_contain_text(
        "Parents: say that they were informed", timeout=WAIT_MS
    )
    page.locator("#act-close > summary").click()
    settle(page, "Inform parents", "Rang her mother.", method="phone")
    settle(page, "Talk with the child", "In Room 12.")
    settle(page, "Debrief those involved", "With the form tutor.")
    for extra in [one.kind for one in detail(school, "r.carver", case).tasks if one.done_at is None]:
        settle(page, {"support": "Offer support", "blocking-advice": "Advise on blocking"}[extra], "Done.")
    disclose(
        page,
        "act-close",
        "#close-outcome",
        "Stopped.",
        {"#close-lesson": "Talk earlier.", "#close-due": LATER},
    )
    expect(page.locator("#case-head")).to_contain_text("Closed", timeout=WAIT_MS)
    found = detail(school, "d.amos", case)
    notes = [note_of(school, "d.amos", "r.carver", one.envelope) for one in found.entries if one.envelope]

    assert "closed" == found.case.state
    assert None is found.chain_broken_at
    assert {"Stopped.", "Talk earlier."} == {one.get("outcome", one.get("lesson")) for one in notes} - {None}
    assert "Spoke with D. Screenshots exist." == notes[0]["text"]
    assert {case} == {one["case"] for one in notes}


def write_note(page: Page, words: str) -> None:
    before = page.locator("#story .words").count()
    page.fill("#note", words)
    page.get_by_role("button", name="Seal and add").click()
    expect(page.locator("#story .words")).to_have_count(before + 1, timeout=WAIT_MS)


def disclose(page: Page, act: str, field: str, words: str, more: dict[str, str] | None = None) -> None:
    page.locator(f"#{act} > summary").click()
    for box, text in {field: words, **(more or {})}.items():
        page.fill(box, text)
    page.locator(f"#{act} button[type=submit]").click()


def settle(page: Page, task: str, words: str, method: str = "") -> None:
    line = page.locator("#tasks li:not(.done)", has_text=task)
    line.locator("summary").click()
    line.get_by_label("Sealed note").fill(words)
    if method:
        line.get_by_label("How", exact=True).select_option(method)
    line.get_by_role("button", name="Seal and settle").click()
    expect(page.locator("#tasks li.done", has_text=task)).to_be_visible(timeout=WAIT_MS)


def test_an_answer_reaches_only_the_laptop_it_came_from(school: CaseSchool, adult: Sign):
    case = send(school)
    lead = adult("r.carver")
    page = lead.page
    page.get_by_role("link", name="-001").click()
    page.locator("#act-reply > summary").click(timeout=WAIT_MS)
    page.get_by_role("button", name="Thank you for telling. You did right.").click()
    page.locator("#act-reply button[type=submit]").click()
    expect(page.locator("#story")).to_contain_text("Answer to the pupil", timeout=WAIT_MS)
    with school.house.db.read() as connection:
        order = json.loads(connection.execute(media_orders.select()).one().body)
    sealed = base64.b64decode(order["sealed"])
    opened = sealing.open_sealed(
        school.reply_keys[case], sealed, reports.reply_bound(case, school.laptop.device)
    )
    words = msgspec.json.decode(opened, type=reports.ReplyWords)
    bound = reports.reply_signed(case, school.laptop.device, sealed)
    sealing.verify(school.holders["r.carver"].sign_key, bound, base64.b64decode(order["signature"]))

    assert ("Ruth Carver", "Thank you for telling. You did right.") == (words.by, words.words)


def test_suspected_imagery_needs_a_justification(school: CaseSchool, adult: Sign):
    case = send(school, harms=("sexual-image",))
    page = adult("r.carver").page
    page.get_by_role("link", name="-001").click()
    expect(page.get_by_text("If there may be an indecent picture of a child")).to_be_visible(timeout=WAIT_MS)
    disclose(page, "act-imagery", "#imagery-text", "needed")
    expect(page.locator("#imagery-text-error")).to_contain_text("at least 20 letters")
    page.fill("#imagery-text", "The police asked me to confirm which phone it was.")
    page.locator("#act-imagery button[type=submit]").click()
    expect(page.locator("#story")).to_contain_text("Suspected imagery viewed", timeout=WAIT_MS)

    assert "viewed-imagery" in [one.kind for one in detail(school, "r.carver", case).entries]
    assert 0 == page.locator("input[type=file]").count()


def test_the_key_closes_when_nobody_is_there_and_the_draft_comes_back(school: CaseSchool, adult: Sign):
    send(school)
    lead = adult("r.carver", opened=False)
    page = lead.page
    page.clock.install()
    lead.go("/reports")
    lead.open_key()
    page.get_by_role("link", name="-001").click(timeout=WAIT_MS)
    page.fill("#note", "Half a thought about Mia", timeout=WAIT_MS)
    page.clock.run_for(2_000)
    page.wait_for_function("() => Object.keys(sessionStorage).length === 1")
    kept = page.evaluate("() => JSON.stringify(sessionStorage)")
    page.clock.fast_forward("16:00")
    expect(page.locator("#passphrase")).to_be_visible(timeout=WAIT_MS)
    shut = page.content()
    lead.open_key()
    expect(page.locator("#note")).to_have_value("Half a thought about Mia", timeout=WAIT_MS)

    assert "Mia" not in shut
    assert "Half a thought" not in kept


def changed(route: Route, change: Callable[[dict[str, Any]], None]) -> None:
    answer = route.fetch()
    body = answer.json()
    for row in body.get("cases", [body.get("case")]):
        change(row)
    route.fulfill(response=answer, json=body)


def take_out_a_reader(row: dict[str, Any]) -> None:
    envelope = json.loads(base64.b64decode(row["envelope"]))
    envelope["wraps"].pop(sorted(set(envelope["wraps"]) - {row["mine"]})[0])
    row["envelope"] = base64.b64encode(json.dumps(envelope).encode()).decode()


def spoil(row: dict[str, Any]) -> None:
    envelope = json.loads(base64.b64decode(row["envelope"]))
    envelope["sealed"] = "AAAA" + envelope["sealed"][4:]
    row["envelope"] = base64.b64encode(json.dumps(envelope).encode()).decode()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda row: row.update(year="Year 6"), "The outside of this report was changed"),
        (lambda row: row.update(coarse="content"), "The outside of this report was changed"),
        (lambda row: row.update(urgency="danger"), "The outside of this report was changed"),
        (take_out_a_reader, "Somebody who should read this cannot"),
        (spoil, "does not open with your key"),
        (lambda row: row.update(signer="00" * 32), "does not open with your key"),
        (lambda row: row.update(device="00000000000000ff"), "does not open with your key"),
    ],
)
def test_what_a_lying_server_changes_is_seen(
    school: CaseSchool, adult: Sign, change: Callable[[dict[str, Any]], None], says: str
):
    case = send(school)
    lead = adult("r.carver", opened=False)
    mine = school.holders["r.carver"].id

    def apply(row: dict[str, Any]) -> None:
        row["mine"] = mine
        change(row)
        row.pop("mine")

    lead.page.route(re.compile(r"/reports/api/cases[?/]"), lambda route: changed(route, apply))
    lead.go(f"/reports/case/{case}")
    lead.open_key()

    expect(lead.page.locator("main")).to_contain_text(says, timeout=WAIT_MS)


def test_a_case_on_paper_is_whole_and_printing_is_written_down(school: CaseSchool, adult: Sign):
    case = send(school)
    page = adult("r.carver").page
    page.get_by_role("link", name="-001").click()
    page.wait_for_selector("#note", timeout=WAIT_MS)
    write_note(page, "Spoke with her.")
    page.get_by_role("link", name="Print for the file").click()
    paper = page.locator("#paper")
    expect(paper).to_contain_text("For the safeguarding file", timeout=WAIT_MS)
    for words in (
        "They made a group about Mia",
        "Spoke with her.",
        "Ada Yıldız",
        "Inform parents",
        "Ruth Carver",
    ):
        expect(paper).to_contain_text(words)
    expect(paper).not_to_contain_text("today")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as a text file").click()
    saved = Path(download.value.path()).read_text(encoding="utf-8-sig")

    assert "Spoke with her." in saved
    assert re.fullmatch(r"case-\d{4}-001-\d{4}-\d\d-\d\d\.txt", download.value.suggested_filename)
    assert "printed" == detail(school, "r.carver", case).entries[-1].kind


def test_a_lost_session_loses_no_word(school: CaseSchool, adult: Sign, address: str):
    case = send(school)
    lead = adult("r.carver")
    page = lead.page
    page.get_by_role("link", name="-001").click()
    page.fill("#note", "Written before the sign-in ended.", timeout=WAIT_MS)
    lead.context.request.post(
        f"{address}/sign-in",
        form={"name": "r.carver", "password": PASSWORD},
        headers={"Origin": address, "Sec-Fetch-Site": "same-origin"},
    )
    page.get_by_role("button", name="Seal and add").click()
    expect(page.locator("#story .words")).to_have_text("Written before the sign-in ended.", timeout=WAIT_MS)
    lead.faults.clear()  # the first answer was "this page is too old", as it should be

    assert "note" == detail(school, "r.carver", case).entries[-1].kind


def test_a_case_is_read_and_answered_by_keyboard_alone(school: CaseSchool, adult: Sign):
    send(school)
    lead = adult("r.carver", opened=False)
    page = lead.page

    def reach(found: str, most: int = 60) -> None:
        for _ in range(most):
            page.keyboard.press("Tab")
            if page.evaluate("(found) => document.activeElement.matches(found)", found):
                return
        raise AssertionError(f"{found} was never reached")

    page.wait_for_selector("#passphrase", timeout=WAIT_MS)
    reach("#passphrase")
    page.keyboard.type(lead.passphrase)
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_be_focused(timeout=WAIT_MS)
    reach("#cases tbody a")
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_have_text(re.compile("-001"), timeout=WAIT_MS)
    expect(page.locator("#title")).to_be_focused()
    reach("#note")
    page.keyboard.type("By keyboard.")
    reach("#note-form button")
    page.keyboard.press("Enter")
    expect(page.locator("#story .words")).to_have_text("By keyboard.", timeout=WAIT_MS)
    reach("#act-reply summary")
    page.keyboard.press("Enter")
    reach("#act-reply .btn.slim")
    page.keyboard.press("Enter")
    reach("#act-reply button[type=submit]")
    page.keyboard.press("Space")
    expect(page.locator("#story")).to_contain_text("Answer to the pupil", timeout=WAIT_MS)

    expect(page.locator("#act-reply summary")).to_be_focused()
