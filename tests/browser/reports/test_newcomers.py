"""Keys that change: a new officer is let in, a leaver is not, a passphrase is lost, the sheet opens."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Route, expect
from sqlalchemy import select

from policies import sealing
from server import accounts, cases, officer_lists
from server.report_tables import ceremonies
from tests.support.case_school import CaseSchool
from tests.support.officers_house import WAIT_MS, Adult, sign_list
from tests.support.school import PASSWORD

pytestmark = pytest.mark.browser
Sign = Callable[..., Adult]


def quiet(adult: Sign, name: str) -> Adult:
    """Sign somebody in who opens no key yet."""
    return adult(name, opened=False, path="/concerns")


def send(school: CaseSchool, words: str, **more: Any) -> str:
    return school.send(words, at=datetime.now(UTC) - timedelta(minutes=9), **more)


def readers(school: CaseSchool, case: str) -> frozenset[str]:
    with school.house.db.read() as connection:
        return cases.readers_of(connection, case)


def listed(school: CaseSchool) -> dict[str, str]:
    with school.house.db.read() as connection:
        newest = officer_lists.newest(connection)
    assert newest is not None
    return {one.name: one.id for one in newest.listed.officers}


def told(school: CaseSchool) -> list[str]:
    with school.house.db.read() as connection:
        return list(connection.execute(select(ceremonies.c.what).order_by(ceremonies.c.id)).scalars())


def test_a_new_deputy_is_let_into_what_is_theirs(school: CaseSchool, adult: Sign):
    usual = send(school, "Somebody is unkind to Mia.", harms=("bullying",))
    about_staff = send(school, "A teacher shouts.", subject="staff")
    about_lead = send(school, "It is about Ms Amos.", not_to=("d.amos",))
    lead, head, new = quiet(adult, "r.carver"), quiet(adult, "n.okafor"), quiet(adult, "e.moss")
    note = lead.go(f"/reports/case/{usual}")
    lead.open_key()
    note.fill("#note", "A note from before.", timeout=WAIT_MS)
    note.get_by_role("button", name="Seal and add").click()
    expect(note.locator("#story .words")).to_have_count(1, timeout=WAIT_MS)
    new.make_key()
    sign_list(head, {"Edie Moss": "deputy", "Dina Amos": "deputy"})
    page = lead.go("/reports/keys")
    lead.open_key(box="#grant-passphrase")
    page.select_option("#newcomer", label="Edie Moss")
    page.get_by_role("button", name="Let them in").click()
    expect(page.locator("#grants")).to_contain_text("Edie Moss can open 2 cases more.", timeout=WAIT_MS)
    mine = listed(school)["Edie Moss"]
    page = new.go(f"/reports/case/{usual}")
    new.open_key()
    expect(page.locator("blockquote.words")).to_contain_text("Somebody is unkind to Mia.", timeout=WAIT_MS)
    expect(page.locator("#story")).to_contain_text("A note from before.")
    expect(page.locator("main")).to_contain_text("You were let in later. By Ruth Carver")

    assert [True, False, True] == [mine in readers(school, one) for one in (usual, about_staff, about_lead)]


def test_a_leaver_reads_nothing_that_comes_later(school: CaseSchool, adult: Sign):
    head = quiet(adult, "n.okafor")
    page = head.go("/reports/keys")
    page.get_by_role("checkbox", name="Dina Amos · safeguarding lead").uncheck(timeout=WAIT_MS)
    sign = page.get_by_role("button", name="Sign the list")
    expect(page.locator("#sign-says")).to_contain_text("3 people")
    sign.click()
    head.open_key("Open my key and sign", "#sign-passphrase")
    expect(page.locator("#says")).to_contain_text("The list is signed", timeout=WAIT_MS)

    assert {"Ruth Carver", "Neil Okafor", "Grace Hall", "Recovery sheet"} == set(listed(school))


def test_a_list_that_cannot_be_relied_on_is_not_signed(school: CaseSchool, adult: Sign):
    page = quiet(adult, "n.okafor").go("/reports/keys")
    for name in ("Dina Amos", "Ruth Carver"):
        page.get_by_role("checkbox", name=f"{name} · safeguarding lead").uncheck(timeout=WAIT_MS)
    sign = page.get_by_role("button", name="Sign the list")

    expect(page.locator("#sign-says")).to_contain_text("a safeguarding lead or deputy")
    expect(sign).to_have_attribute("aria-disabled", "true")


def test_a_list_that_would_give_the_head_what_is_about_the_head_is_not_signed(
    school: CaseSchool, adult: Sign
):
    with school.house.db.write() as connection:
        carver = accounts.find_staff(connection, "r.carver")
        accounts.set_roles(connection, carver.id, frozenset({"safeguarding", "head"}), ())
    page = quiet(adult, "n.okafor").go("/reports/keys")
    page.get_by_role("checkbox", name="Grace Hall · governor").uncheck(timeout=WAIT_MS)

    expect(page.locator("#sign-says")).to_contain_text("because Ruth Carver is the head")
    expect(page.get_by_role("button", name="Sign the list")).to_have_attribute("aria-disabled", "true")


def test_a_lost_passphrase_of_the_head_is_mended_with_the_sheet(school: CaseSchool, adult: Sign):
    old = listed(school)["Neil Okafor"]
    about_staff = send(school, "A teacher shouts.", subject="staff")
    head = quiet(adult, "n.okafor")
    page = head.go("/reports/keys#lost")
    sheet = sheet_of(school, head)
    page.fill("#lost-sheet", "wrong", timeout=WAIT_MS)
    lose = page.get_by_role("button", name="It is lost: make a new key…")
    lose.click()
    expect(page.locator("#lost-sheet-error")).to_contain_text("a letter is wrong")
    page.fill("#lost-sheet", sheet)
    lose.click()
    expect(page.locator("#lost-password-error")).to_contain_text("Type the password you sign in with.")
    page.fill("#lost-password", "not my password")
    lose.click()
    expect(page.locator("#lost-password-error")).to_contain_text("not the password", timeout=WAIT_MS)
    assert not {"lost-passphrase", "used-sheet"} & set(told(school))
    head.faults = [each for each in head.faults if not each.startswith("403 ")]
    page.fill("#lost-password", PASSWORD)
    lose.click()
    head.finish_key()
    sign_list(head, {"Dina Amos": "deputy"})
    new = listed(school)["Neil Okafor"]
    expect(page.get_by_role("heading", name="Cases from before")).to_be_visible(timeout=WAIT_MS)
    page.locator("summary", has_text="Nobody is left who could let me in").click()
    page.fill("#sheet-letters", sheet)
    page.get_by_role("button", name="Open with the sheet").click()
    expect(page.locator("#grants")).to_contain_text("Neil Okafor can open 1 case more.", timeout=WAIT_MS)

    assert old != new
    assert new in readers(school, about_staff)
    assert {"lost-passphrase", "used-sheet", "key-replaced", "list-published"} <= set(told(school))


def sheet_of(school: CaseSchool, adult: Adult) -> str:
    """Spell the school's recovery seed as the sheet does, with the page's own letters."""
    spelt: str = adult.page.evaluate(
        """async (seed) => {
          const at = document.querySelector('script[type=module]').src.replace(/[^/]*$/, '');
          const [bytes, letters] = await Promise.all([import(at + 'bytes.js'), import(at + 'letters.js')]);
          const raw = bytes.unhex(seed);
          const check = (await bytes.sha256(bytes.bind('recovery-check', raw))).slice(0, 3);
          return letters.inGroups(letters.letters(bytes.join(raw, check)));
        }""",
        school.recovery.hex(),
    )
    return spelt


def test_a_new_passphrase_keeps_the_key(school: CaseSchool, adult: Sign):
    lead = quiet(adult, "r.carver")
    page = lead.go("/reports/keys")
    page.locator("summary", has_text="Change my passphrase").click(timeout=WAIT_MS)
    lead.open_key("Make a new passphrase", "#old-passphrase")
    page.fill("#again", lead.passphrase, timeout=WAIT_MS)
    page.locator("#ceremony button[type=submit]").click()
    before = lead.passphrase
    lead.finish_key()
    lead.go("/reports")
    lead.open_key()

    expect(page.get_by_text("Your key is open on this computer")).to_be_visible(timeout=WAIT_MS)
    assert before != lead.passphrase
    assert "key-rewrapped" in told(school)


def test_a_server_that_rolls_the_list_back_is_not_believed(school: CaseSchool, adult: Sign):
    lead = quiet(adult, "r.carver")
    page = lead.go("/reports/keys")
    expect(page.get_by_role("heading", name="Your key")).to_be_visible(timeout=WAIT_MS)
    page.evaluate("""() => { const pin = JSON.parse(localStorage.getItem('gatepost-officers'));
      localStorage.setItem('gatepost-officers', JSON.stringify({ ...pin, seq: pin.seq + 1 })); }""")
    for path in ("/reports/keys", "/reports", "/reports/write"):
        lead.go(path)
        expect(page.get_by_role("alert")).to_contain_text(
            "Do not write or open anything here", timeout=WAIT_MS
        )
        assert 0 == page.locator("#passphrase, textarea").count()


def test_a_key_that_the_server_exchanges_has_to_be_compared_again(school: CaseSchool, adult: Sign):
    head = quiet(adult, "n.okafor")

    def exchange(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        lead = next(one for one in body["officers"] if one["name"] == "Ruth Carver")
        lead["key"] = sealing.opening_public_key(sealing.new_opening_key()).hex()
        route.fulfill(response=answer, json=body)

    head.page.route("**/reports/api/keys", exchange)
    page = head.go("/reports/keys")

    expect(page.locator("#sign-says")).to_contain_text("the letters of Ruth Carver", timeout=WAIT_MS)
    expect(page.get_by_role("button", name="Sign the list")).to_have_attribute("aria-disabled", "true")


def test_a_server_that_holds_the_list_back_is_not_believed(school: CaseSchool, adult: Sign):
    lead = quiet(adult, "r.carver")
    page = lead.go("/reports/keys")
    expect(page.get_by_role("heading", name="Your key")).to_be_visible(timeout=WAIT_MS)

    def hold_back(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "list": None})

    page.route("**/reports/api/keys", hold_back)
    lead.go("/reports/keys")

    expect(page.get_by_role("alert")).to_contain_text("Do not write or open anything here", timeout=WAIT_MS)
