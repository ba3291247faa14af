"""The page of a rollout, and settings as a zip file: out, in, and everything that is no such file."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import update

from policies.settings import SettingsRefused
from server import assigning, policy_store, proposals, rollouts
from server.app import make_app
from server.policy_store import Revision
from server.rollout_machine import Plan, Ring
from server.rollout_view import RingView
from server.state import ServerState
from server.tables import devices
from server.web import policy_files
from server.web.policy_rollouts import look_of
from tests.support import policy_school, school
from tests.support.policy_school import room

Post = Callable[..., Any]


@pytest.fixture
def browser(fresh_house: ServerState) -> Iterator[TestClient[Any]]:
    with TestClient(make_app(fresh_house), base_url=school.ORIGIN) as client:
        client.headers.update(school.BROWSER)
        client.cookies.set("gatepost_language", "en")
        school.signed_in(client, "t.ashby")
        yield client


@pytest.fixture
def post(browser: TestClient[Any], csrf_of: Callable[[str], str]) -> Post:
    def send(path: str, **fields: Any) -> Any:
        token = csrf_of(browser.get("/policies").text)
        return browser.post(path, data={"_csrf_token": token, **fields}, follow_redirects=False)

    return send


def in_rings(house: ServerState, **more: Any) -> int:
    """Let stricter settings go out, two laptops first; return the rollout's number."""
    first = Ring(kind="devices", devices=(school.LAPTOPS["L-001"], school.LAPTOPS["L-003"]))
    with house.db.write() as connection:
        tree = policy_school.layered(policy_school.tree_of(connection), room("Lab 2", 240))
        policy_school.save(connection, tree, plan=Plan(rings=(first,), rejected_percent=100, **more))
        running = rollouts.under_way(connection)
    assert running is not None
    house.notice_changes()
    return running.number


def says(house: ServerState, name: str, problem: str = "") -> None:
    """Let a laptop confirm what it was given, or refuse it."""
    with house.db.write() as connection:
        given = assigning.get(connection, school.LAPTOPS[name])
        assert given is not None
        told = (
            {"rejected_number": given.number, "rejected_problem": problem}
            if problem
            else {"applied_number": given.number, "applied_at": datetime.now(UTC)}
        )
        connection.execute(update(devices).where(devices.c.id == school.LAPTOPS[name]).values(**told))


def current(house: ServerState) -> Revision:
    with house.db.read() as connection:
        found = policy_store.current_tree(connection)
    assert found is not None
    return found


def test_a_turkish_page_says_in_turkish_that_no_server_answered_a_laptop(browser, fresh_house):
    number = in_rings(fresh_house)
    says(fresh_house, "L-003", "nothing answered at https://new:1; still with https://old:1")
    said = "https://new:1 adresinden yanıt gelmedi; hâlâ https://old:1 kullanılıyor."
    browser.cookies.set("gatepost_language", "tr")
    rollout = browser.get(f"/policies/rollouts/{number}").text
    laptop = browser.get(f"/devices/{school.LAPTOPS['L-003']}").text
    coverage = browser.get("/devices/coverage").text

    assert [True, True, True] == [said in page for page in (rollout, laptop, coverage)]


def test_each_ring_says_how_many_confirmed_and_who_refused_why(browser, fresh_house):
    number = in_rings(fresh_house)
    says(fresh_house, "L-001")
    says(fresh_house, "L-003", "lock: <b>unknown")
    page = browser.get(f"/policies/rollouts/{number}").text

    assert "1 of 6 laptops confirmed." in page
    assert "1 of 2 confirmed" in page
    assert "4 laptops, not begun" in page
    assert "1 refused" in page
    assert "lock: &lt;b&gt;unknown" in page
    assert f'href="/devices/{school.LAPTOPS["L-003"]}"' in page


def test_the_next_ring_opens_when_somebody_presses_on(browser, fresh_house, post):
    number = in_rings(fresh_house, by_hand=True)
    assert (
        "The next ring waits until somebody presses on." in browser.get(f"/policies/rollouts/{number}").text
    )
    says(fresh_house, "L-001")
    says(fresh_house, "L-003")
    assert 303 == post(f"/policies/rollouts/{number}/on").status_code

    page = browser.get(f"/policies/rollouts/{number}").text

    assert "2 of 2 confirmed" in page
    assert "1 of 4 confirmed" in page, "the laptop in Lab 1 had nothing new to confirm"


def test_a_rollout_pauses_and_goes_on(browser, fresh_house, post):
    number = in_rings(fresh_house)
    post(f"/policies/rollouts/{number}/pause")
    assert "Paused: no further ring opens." in browser.get(f"/policies/rollouts/{number}").text
    post(f"/policies/rollouts/{number}/on")

    assert "The next ring opens at" in browser.get(f"/policies/rollouts/{number}").text


def test_one_press_brings_the_last_good_settings_back(browser, fresh_house, post):
    number = in_rings(fresh_house)
    says(fresh_house, "L-001")
    assert 303 == post(f"/policies/rollouts/{number}/stop").status_code
    page = browser.get(f"/policies/rollouts/{number}").text

    assert "Somebody stopped it." in page
    assert "Every laptop was given settings 1 again" in page
    assert ("stopped", (), 3) == (
        current(fresh_house).kind, current(fresh_house).tree.layers, current(fresh_house).number,
    )  # fmt: skip
    again = post(f"/policies/rollouts/{number}/stop")
    assert (409, True) == (again.status_code, "This rollout is over." in again.text)
    assert "were stopped and taken back" in browser.get("/policies").text


def test_a_rollout_that_stopped_itself_says_why(browser, fresh_house):
    number = in_rings(fresh_house)
    with fresh_house.db.write() as connection:
        connection.exec_driver_sql("UPDATE rollouts SET plan = replace(plan, ':100', ':50')")
    says(fresh_house, "L-003", "nothing like it")
    with fresh_house.db.write() as connection:
        assert rollouts.tick(connection, datetime.now(UTC), ())
    page = browser.get(f"/policies/rollouts/{number}").text

    assert "It stopped by itself: laptops refused the settings." in page
    assert "nothing like it" in page
    assert "/stop" not in page


def test_no_second_change_overtakes_rings_that_are_not_open_yet(browser, fresh_house, post):
    in_rings(fresh_house)
    fields = {
        "in": "login.offline_days",
        "login.offline_days": "7",
        "base": "2",
        "act": "send",
        "reason": "x",
    }
    made = post("/policies/change?where=school", **fields)
    assert 303 == made.status_code, made.text
    answer = post(f"{made.headers['location']}/apply")

    assert 409 == answer.status_code
    assert "Settings are still going out." in answer.text


def test_a_rollout_that_is_not_there_is_no_page(browser, post):
    assert 404 == browser.get("/policies/rollouts/77").status_code
    assert 404 == browser.get("/policies/rollouts/77/live").status_code
    assert 404 == post("/policies/rollouts/77/stop").status_code


@pytest.mark.parametrize(
    ("state", "confirmed", "count", "expected"),
    [
        ("waiting", 0, 3, "off"),
        ("open", 1, 3, "wait"),
        ("open", 3, 3, "done"),
        ("skipped", 0, 0, "skipped"),
    ],
)
def test_a_card_looks_as_its_ring_stands(state, confirmed, count, expected):
    names = tuple(str(each) for each in range(count))
    ring = RingView(Ring(kind="all"), "all others", state, None, names, names[:confirmed], (), (), (), ())

    assert expected == look_of(ring)


def test_a_ring_that_was_not_done_when_the_rollout_ended_goes_no_further():
    ring = RingView(Ring(kind="all"), "all others", "open", None, ("a", "b"), ("a",), (), (), (), ())

    assert "over" == look_of(ring, runs=False)


# ---- as files ----


def bring(browser: TestClient[Any], csrf_of: Callable[[str], str], data: bytes, **fields: str) -> Any:
    token = csrf_of(browser.get("/policies/files/bring").text)
    told = {"_csrf_token": token, "reason": "From our repository"} | fields
    files = {"file": ("settings.zip", data, "application/zip")}
    return browser.post("/policies/files/bring", data=told, files=files, follow_redirects=False)


def unzipped(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def zipped(files: dict[str, bytes | str], comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
        packed.comment = comment
    return out.getvalue()


def test_what_is_downloaded_is_brought_back_as_the_same_settings(browser, fresh_house, csrf_of):
    given = browser.get("/policies/files")
    answer = bring(browser, csrf_of, given.content)

    assert "settings-1.zip" in given.headers["content-disposition"]
    assert current(fresh_house).tree == policy_files.tree_of_zip(given.content)
    assert 422 == answer.status_code
    assert "Nothing is different from what holds now." in answer.text


def test_a_changed_file_becomes_a_change_like_any_other(browser, fresh_house, csrf_of):
    files = unzipped(browser.get("/policies/files").content)
    files["settings/rooms/Lab 2.toml"] = "[settings]\nlock.idle_after_seconds = 200\n"
    answer = bring(browser, csrf_of, zipped(files))
    page = browser.get(answer.headers["location"]).text

    assert 303 == answer.status_code
    assert "Lab 2: Lock after <del>5 minutes</del> <ins>200 seconds</ins>" in page
    assert 1 == current(fresh_house).number


def test_r82_a_file_that_weakens_waits_for_a_second_adult(browser, fresh_house, csrf_of):
    files = unzipped(browser.get("/policies/files").content)
    files["settings/rooms/Lab 2.toml"] = "[settings]\nlock.idle_after_seconds = 900\n"
    without = bring(browser, csrf_of, zipped(files))
    answer = bring(browser, csrf_of, zipped(files), risk="The teacher is there")

    assert 422 == without.status_code
    assert "Weakens" in browser.get(answer.headers["location"]).text
    with fresh_house.db.read() as connection:
        assert ["waiting"] == [each.state for each in proposals.list_proposals(connection)]


def test_an_old_download_brought_back_undoes_nobodys_work(browser, fresh_house, csrf_of):
    old = browser.get("/policies/files").content
    with fresh_house.db.write() as connection:
        tree = policy_school.layered(policy_school.tree_of(connection), room("Lab 1", 200))
        policy_school.save(connection, tree)
    files = unzipped(old)
    files["settings/rooms/Lab 2.toml"] = "[settings]\nlock.idle_after_seconds = 200\n"
    answer = bring(browser, csrf_of, zipped(files, b"settings 1"))
    page = browser.get(answer.headers["location"]).text

    assert "Others saved meanwhile" in page
    assert "Both go together." in page


def bomb() -> bytes:
    return zipped({"school.toml": b"#" * 40_000_000})


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"not a zip", "no zip file"),
        (b"PK\x03\x04" + b"\x00" * 60, "no zip file"),
        (zipped({"school.toml": b"\xff\xfe"}), "no text in UTF-8"),
        (zipped({"school.toml": "nothing = {"}), "school.toml"),
        (zipped({"readme.txt": "hello"}), "school.toml"),
        (zipped({"../school.toml": "x = 1"}), "school.toml"),
        (bomb(), "too large"),
        (zipped({f"{number}.toml": "" for number in range(4100)}), "More than"),
        (b"PK\x05\x06" + b"\x00" * 18 + b"x" * (3 * 1024 * 1024), "larger than"),
    ],
)
def test_what_is_no_folder_of_settings_is_refused_with_a_sentence(data: bytes, words: str):
    with pytest.raises(SettingsRefused) as refused:
        policy_files.tree_of_zip(data)

    assert words in str(refused.value)


def test_a_bad_zip_shows_the_form_again_with_what_was_typed(browser, fresh_house, csrf_of):
    answer = bring(browser, csrf_of, b"not a zip", reason="From <our> repository")

    assert 422 == answer.status_code
    assert "The file was not taken." in answer.text
    assert "From &lt;our&gt; repository" in answer.text
    assert 1 == current(fresh_house).number


def test_a_file_beyond_the_limit_does_not_even_arrive(browser, csrf_of):
    assert 413 == bring(browser, csrf_of, b"x" * (3 * 1024 * 1024)).status_code


def test_no_file_is_asked_for_again(browser, csrf_of):
    assert "Choose a zip file first." in bring(browser, csrf_of, b"").text


def test_equal_settings_are_equal_bytes(browser):
    first, second = browser.get("/policies/files").content, browser.get("/policies/files").content

    assert first == second
    assert re.fullmatch(rb"settings \d+", zipfile.ZipFile(io.BytesIO(first)).comment)
