"""What a technician's program does all day: laptops, codes, settings, sticks, the school's list."""

import json

import msgspec
import pytest

from policies.setting_names import put_values
from policies.tree import Layer
from server import assigning, codes, media, policy_store, state
from tests.support import media_school, school

LAPTOP = school.LAPTOPS["L-001"]


def test_laptops_are_listed_narrowed_and_shown(ask):
    everything = ask("GET", "/devices").json()
    lab = ask("GET", "/devices", params={"room": school.ROOM, "q": "L-00"}).json()
    one = ask("GET", f"/devices/{LAPTOP}").json()

    assert len(school.LAPTOPS) == everything["total"] == len(everything["laptops"])
    assert {"L-001", "L-002", "L-003", "L-009"} == {each["hostname"] for each in lab["laptops"]}
    assert ("L-001", school.ROOM, False) == (one["hostname"], one["room"], one["connected"])
    assert one["last_seen_at"].endswith("Z")


def test_a_laptop_is_put_into_groups(ask):
    put = ask("PUT", f"/devices/{LAPTOP}/groups", json={"groups": ["pilot", "carts"]})

    assert (200, {"pilot", "carts"}) == (put.status_code, set(put.json()["groups"]))
    assert {"pilot": 1, "carts": 1} == {
        each["name"]: each["laptops"] for each in ask("GET", "/groups").json()
    }
    assert [LAPTOP] == [each["id"] for each in ask("GET", "/devices?group=pilot").json()["laptops"]]


def test_a_room_is_asked_to_test_itself(ask):
    asked = ask("POST", "/self-tests", json={"room": school.ROOM})

    assert 201 == asked.status_code
    assert asked.json()["order"]
    assert {None} == {each["at"] for each in ask("GET", "/self-tests").json()}


def test_codes_are_made_said_once_and_taken_back(ask, house):
    made = ask("POST", "/codes", json={"rooms": ["Lab 8", "Lab 9"], "uses": 3, "hours": 2}).json()
    listed = ask("GET", "/codes")
    gone = ask("DELETE", f"/codes/{made[0]['id']}").status_code

    assert ["Lab 8", "Lab 9"] == [each["room"] for each in made]
    assert made[0]["command"].endswith(made[0]["code"])
    assert made[0]["code"] not in listed.text
    assert 204 == gone
    with house.db.read() as db:
        rooms = {code.room: code.created_by for code in codes.list_codes(db, state.utc_now())}
    assert "Lab 8" not in rooms
    assert "Tom Ashby" == rooms["Lab 9"]


# ---- settings ----


def lock_after(files, seconds):
    """Return the files with another lock time for the whole school."""
    lines, inside, done = [], False, False
    for line in files["school.toml"].splitlines():
        if line.startswith("["):
            if inside and not done:
                lines.append(f"idle_after_seconds = {seconds}")
                done = True
            inside = line.strip() == "[settings.lock]"
        elif inside and line.startswith("idle_after_seconds"):
            line, done = f"idle_after_seconds = {seconds}", True
        lines.append(line)
    if inside and not done:
        lines.append(f"idle_after_seconds = {seconds}")
        done = True
    if not done:
        lines += ["", "[settings.lock]", f"idle_after_seconds = {seconds}"]
    return {**files, "school.toml": "\n".join(lines) + "\n"}


def propose(ask, now, seconds, **more):
    body = {"files": lock_after(now["files"], seconds), "base": now["number"], "reason": "agreed", **more}
    return ask("POST", "/policy/proposals", json=body)


def test_settings_go_out_as_files_and_what_they_would_change_is_said(ask):
    now = ask("GET", "/policy").json()
    same = ask("POST", "/policy/diff", json={"files": now["files"]}).json()
    other = ask("POST", "/policy/diff", json={"files": lock_after(now["files"], 240)}).json()

    assert not same["differs"]
    assert (True, False) == (other["differs"], other["weakens"])
    assert "lock after 4 minutes" in other["changes"][0]["words"].casefold()
    assert ask("POST", "/policy/check", json={"files": now["files"]}).json()["school"]


def test_a_change_that_weakens_nothing_is_applied_at_once(ask):
    now = ask("GET", "/policy").json()
    made = propose(ask, now, 240, apply=True)

    assert (201, "applied") == (made.status_code, made.json()["state"])
    assert "idle_after_seconds = 240" in ask("GET", "/policy").json()["files"]["school.toml"]
    assert made.json()["revision"] in {each["revision"] for each in ask("GET", "/policy/rollouts").json()}


def test_r82_a_program_can_weaken_nothing_alone_and_approve_nothing(ask):
    now = ask("GET", "/policy").json()
    without_risk = propose(ask, now, 900, apply=True)
    made = propose(ask, now, 900, apply=True, risk="exam week").json()
    forced = ask("POST", f"/policy/proposals/{made['number']}/apply", as_="n.okafor")
    approved = ask("POST", f"/policy/proposals/{made['number']}/approve", as_="n.okafor")

    assert (400, "no-risk-note") == (without_risk.status_code, without_risk.json()["error"])
    assert ("waiting", True) == (made["state"], made["weakens"])
    assert 409 == forced.status_code
    assert 404 == approved.status_code
    assert now["number"] == ask("GET", "/policy").json()["number"]


def test_files_that_were_made_of_older_settings_are_kept_as_a_draft(ask):
    old = ask("GET", "/policy").json()
    propose(ask, old, 240, apply=True)
    late = propose(ask, old, 180, apply=True).json()

    assert "outdated" == late["state"]
    assert "idle_after_seconds = 240" in ask("GET", "/policy").json()["files"]["school.toml"]


def test_one_takes_back_one_s_own_change_and_nobody_else_s(ask):
    made = propose(ask, ask("GET", "/policy").json(), 240).json()
    others = ask("POST", f"/policy/proposals/{made['number']}/withdraw", as_="n.okafor")
    own = ask("POST", f"/policy/proposals/{made['number']}/withdraw")

    assert (409, "not-yours") == (others.status_code, others.json()["error"])
    assert "withdrawn" == own.json()["state"]


@pytest.mark.parametrize(
    "files",
    [
        {"school.toml": "x"},
        {"other.toml": ""},
        {"school.toml": "[" * 5000},
        {"../school.toml": "", "school.toml": ""},
        {},
    ],
)
def test_files_that_are_no_settings_are_refused_by_name(ask, files):
    answer = ask("POST", "/policy/check", json={"files": files})

    assert (400, "invalid") == (answer.status_code, answer.json()["error"])


# ---- sticks ----


def test_requests_are_listed_and_answered_as_on_the_page(ask, house):
    waiting = ask("GET", "/media/requests").json()
    mine = next(each for each in waiting if each["request"] == media_school.ADA)
    path = f"/media/requests/{mine['device']}/{mine['request']}"
    said = ask("POST", f"{path}/approve", json={"hours": 2})
    again = ask("POST", f"{path}/deny", json={"reason": "no"})

    assert 200 == said.status_code, said.text
    assert (409, "answered") == (again.status_code, again.json()["error"])
    with house.db.read() as db:
        assert "Tom Ashby" == media.get_approval(db, said.json()["approval"]).given_by


def test_a_teacher_s_program_sees_and_answers_own_rooms_only(ask):
    rooms = {each["room"] for each in ask("GET", "/media/requests", as_="l.demir").json()}
    other = next(each for each in ask("GET", "/media/requests").json() if each["room"] != school.ROOM)
    path = f"/media/requests/{other['device']}/{other['request']}/approve"

    assert {school.ROOM} == rooms
    assert 409 == ask("POST", path, as_="l.demir", json={"hours": 1}).status_code


def test_r28_a_program_is_judged_by_the_laptop_s_own_settings_as_the_page_is(ask, house):
    """The school lets pupil data go without the head; the room of this laptop does not."""
    vera = next(e for e in ask("GET", "/media/requests").json() if e["request"] == media_school.VERA)
    with house.db.write() as db:
        tree = policy_store.current_tree(db).tree
        loose = put_values(tree.settings, {"usb.pupil_data_needs_head": False})
        strict = Layer(scope="room", name=vera["room"], change={"usb.pupil_data_needs_head": True})
        tree = msgspec.structs.replace(tree, settings=loose, layers=(*tree.layers, strict))
        now, by = state.utc_now(), policy_store.Author(None, "test", frozenset())
        policy_store.add_revision(db, tree, by=by, now=now, reason="test", kind="applied")
        assigning.refresh(db, now)
    path = f"/media/requests/{vera['device']}/{vera['request']}/approve"
    said = ask("POST", path, json={"hours": 1})

    assert (200, "half") == (said.status_code, said.json().get("state"))


def test_looking_at_who_asks_is_written_down(ask, house):
    ask("GET", "/media/requests")
    with house.db.read() as db:
        looks = db.exec_driver_sql("SELECT by_name, what FROM looks").fetchall()

    assert ("Tom Ashby", "media") in [tuple(look) for look in looks]


# ---- the list of people ----

HEAD = "os_user,person,display_name,tier,language,room,year\n"


def lines(*people):
    return (
        HEAD + "".join(f"{user},{person},{name},junior,en,Lab 1,4A\n" for user, person, name in people)
    ).encode()


def test_a_list_is_compared_first_and_applied_when_somebody_says_so(ask):
    given = lines(("new", "p77", "Noa New"))
    made = ask("POST", "/people/imports?part=true&file_name=new.csv", content=given)
    before = ask("GET", f"/people/imports/{made.json()['number']}").json()
    done = ask("POST", f"/people/imports/{made.json()['number']}/apply", json={})
    again = ask("POST", f"/people/imports/{made.json()['number']}/apply", json={})

    assert 201 == made.status_code, made.text
    assert (["p77"], []) == (made.json()["joins"], made.json()["leaves"])
    assert before == made.json()
    assert 200 == done.status_code, done.text
    assert 400 == again.status_code


def test_a_list_by_which_nearly_everybody_would_leave_is_asked_about_twice(ask):
    made = ask("POST", "/people/imports", content=lines(("new", "p77", "Noa New"))).json()
    once = ask("POST", f"/people/imports/{made['number']}/apply", json={})
    twice = ask("POST", f"/people/imports/{made['number']}/apply", json={"many_leave": True})

    assert made["many_leave"]
    assert (409, "many-leave") == (once.status_code, once.json()["error"])
    assert 200 == twice.status_code


def test_a_comparison_that_is_outdated_is_not_applied(ask):
    first, second = (
        ask("POST", "/people/imports?part=true", content=lines((user, user, "Somebody"))).json()["number"]
        for user in ("new1", "new2")
    )
    assert 200 == ask("POST", f"/people/imports/{first}/apply", json={}).status_code
    late = ask("POST", f"/people/imports/{second}/apply", json={})

    assert (409, "outdated") == (late.status_code, late.json()["error"])
    assert 204 == ask("DELETE", f"/people/imports/{second}").status_code


@pytest.mark.parametrize(
    "body", [b"", b"PK\x03\x04junk", b"\x00" * 100, b"a,b\n1,2\n", json.dumps({}).encode()]
)
def test_a_file_that_is_no_list_changes_nobody(ask, body):
    answer = ask("POST", "/people/imports", content=body)

    assert (400, "invalid") == (answer.status_code, answer.json()["error"])
