"""The pages about people: who finds whom, and what a technician, a lead and a head do there."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient
from sqlalchemy import select

from server import people
from server.app import make_app
from server.roster import store
from server.spreadsheets import write_csv
from server.tables import looks
from server.web import people_view
from tests.support import people_school, school
from tests.support.rosters import one_roster, user, zipped


@pytest.fixture
def house(template, tmp_path):
    made = school.copy_house(template, tmp_path)
    with made.db.write() as connection:
        people_school.fill(connection, datetime.now(UTC))
    return made


@pytest.fixture
def at(house):
    """Return a function that opens pages and sends forms as one of the cast."""
    with TestClient(make_app(house), base_url=school.ORIGIN) as client:
        client.headers.update(school.BROWSER)
        kept = {}

        def become(name):
            client.cookies.clear()
            if name not in kept:
                school.signed_in(client, name)
                page = client.get("/")
                token = page.text.split('name="_csrf_token" value="')[1].split('"')[0]
                kept[name] = (client.cookies["__Host-gatepost"], token)
            client.cookies.clear()
            client.cookies.set("__Host-gatepost", kept[name][0])
            client.cookies.set("gatepost_language", "en")
            client.headers["X-CSRF-Token"] = kept[name][1]
            return client

        yield become


def send(client, path, data=None, files=None):
    return client.post(path, data=data or {}, files=files, follow_redirects=False)


def upload(client, content, name="export.zip"):
    return send(client, "/people/import", files={"list": (name, content)})


def known(house, person):
    with house.db.read() as connection:
        return store.find_known(connection, person)


# -- the list and one person -------------------------------------------------------------------------


def test_a_technician_finds_everybody_and_a_teacher_only_their_own_rooms(at):
    everybody, own = at("t.ashby").get("/people").text, at("l.demir").get("/people").text

    assert ["Zoe Lamb" in everybody, "Ada Yıldız" in everybody] == [True, True]
    assert ["Zoe Lamb" in own, "Ada Yıldız" in own] == [False, True]
    assert 403 == at("l.demir").get("/people/p9").status_code
    assert 403 == at("l.demir").get("/people/nobody").status_code
    assert 404 == at("t.ashby").get("/people/nobody").status_code


@pytest.mark.parametrize("q", ["YILDIZ", "yıldız", "p1", "ADA"])
def test_a_name_is_found_however_it_is_typed(at, q):
    assert "Ada Yıldız" in at("t.ashby").get("/people", params={"q": q}).text


def test_r67_where_somebody_was_is_for_safeguarding_and_head_alone(at):
    pages = {name: at(name).get("/people/p5").text for name in ("t.ashby", "l.demir", "r.carver", "n.okafor")}

    assert {"t.ashby": False, "l.demir": False, "r.carver": True, "n.okafor": True} == {
        name: "Laptops used lately" in page or "Son kullan" in page for name, page in pages.items()
    }


def test_opening_a_person_is_a_look(at, house):
    at("t.ashby").get("/people/p1")
    with house.db.read() as connection:
        found = connection.execute(select(looks).where(looks.c.person == "p1")).one()

    assert ("person", "Tom Ashby") == (found.what, found.by_name)


def test_r76_a_correction_needs_a_reason_and_what_was_typed_stays(at, house):
    client = at("t.ashby")
    form = {"display_name": "Adalet Yıldız", "tier": "teen", "language": "tr", "accounts": "ada"}
    refused = send(client, "/people/p1/correct", {**form, "reason": ""})

    assert 400 == refused.status_code
    assert "Write a reason of at least 5 letters" in refused.text
    assert 'value="Adalet Yıldız"' in refused.text

    done = send(client, "/people/p1/correct", {**form, "room": "Lab 2", "reason": "as on the passport"})

    assert 303 == done.status_code
    assert ("Adalet Yıldız", "teen") == (known(house, "p1").entry.display_name, known(house, "p1").entry.tier)
    assert "as on the passport" in client.get("/people/p1").text


def test_r7_whoever_is_ended_stays_on_the_printed_register_with_the_day(at, house):
    client = at("t.ashby")
    send(client, "/people/p9/end", {"end_reason": "moved to another school"})
    pupils = client.get("/people/access?whom=pupils").text
    adults = client.get("/people/access").text
    row = pupils.split("Zoe Lamb")[1].split("</tr>")[0]

    assert None is not known(house, "p9").left_at
    assert "still" not in row
    assert "Tom Ashby" in row
    assert "Olive Gone" in adults
    assert "Neil Okafor" in adults.split("Olive Gone")[1].split("</tr>")[0]


def test_somebody_is_added_and_brought_back_by_hand(at, house):
    client = at("t.ashby")
    form = {"person": "n9", "display_name": "Ola New", "tier": "junior", "language": "en", "accounts": "ola"}
    made = send(client, "/people/new", {**form, "reason": "joined on a Monday"})
    send(client, "/people/n9/end", {"end_reason": "left after a week"})
    back = send(client, "/people/n9/back", {"accounts": "ola", "back_reason": "came back again"})

    assert [303, 303] == [made.status_code, back.status_code]
    assert (("ola",), None) == (known(house, "n9").entry.accounts, known(house, "n9").left_at)


def test_r76_only_safeguarding_and_head_download_everything_and_it_is_a_look(at, house):
    assert [403, 403] == [send(at(name), "/people/p1/export").status_code for name in ("t.ashby", "l.demir")]

    answer = send(at("n.okafor"), "/people/p1/export")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        whole = json.loads(packed.read("everything.json"))
    with house.db.read() as connection:
        found = (
            connection.execute(select(looks.c.by_name).where(looks.c.what == "person-export")).scalars().all()
        )

    assert "Ada Yıldız" == whole["name"]
    assert ["Neil Okafor"] == found


def test_r76_a_login_is_noted_as_another_person_s(at):
    path = f"/people/p5/login/{school.LAPTOPS['L-009']}/{school.login_id(5)}"
    client = at("r.carver")
    wrong = send(client, path, {"is_person": "none", "reason": "was seen there"})
    done = send(client, path, {"is_person": "p3", "reason": "Cem sat at this laptop"})

    assert [400, 303] == [wrong.status_code, done.status_code]
    assert "Cem sat at this laptop" in client.get("/people/p3").text


def test_an_id_with_a_slash_has_a_page(at, house):
    client = at("t.ashby")
    form = {"person": "2026/17", "display_name": "Sla Shed", "tier": "teen", "language": "tr"}
    made = send(client, "/people/new", {**form, "reason": "an id of a Turkish school"})

    assert "Sla Shed" in client.get(made.headers["location"]).text
    assert made.headers["location"] in client.get("/people?q=Shed").text


# -- imports -----------------------------------------------------------------------------------------


def test_an_export_goes_from_file_to_difference_to_list(at, house):
    client = at("t.ashby")
    sent = upload(client, people_school.export())
    page = client.get(sent.headers["location"]).text

    assert 303 == sent.status_code
    assert "begins like a formula" in page
    assert "The user name new.one would be several people" in page
    assert "junior" not in page.split("Benjamin Hollis")[0]
    assert known(house, "n1") is None

    refused = send(client, sent.headers["location"] + "/apply")

    assert 409 == refused.status_code
    assert known(house, "n1") is None

    done = send(client, sent.headers["location"] + "/apply", {"second": "1"})

    assert 303 == done.status_code
    assert ("Room 12", ()) == (known(house, "n1").entry.room, known(house, "n1").entry.accounts)
    assert "2 joined" in client.get(done.headers["location"]).text or known(house, "n4") is not None


def test_a_plain_list_is_looked_at_column_by_column_once(at, house):
    client = at("t.ashby")
    rows = [("Nr", "Pupil", "Login"), ("p1", "Ada Yıldız", "ada"), ("p99", "Uma Vale", "uma")]
    sent = upload(client, write_csv(rows).encode("utf-16"), "pupils.csv")
    page = client.get(sent.headers["location"]).text

    assert sent.headers["location"].endswith("/rules")
    assert "No column holds names" in page

    form = {"column-person": "Nr", "column-display_name": "Pupil", "column-username": "Login"}
    form |= {
        "tiers": "column",
        "other_tier": "junior",
        "accounts": "column",
        "whole-shown": "1",
        "staff-shown": "1",
    }
    read = send(client, sent.headers["location"], form, {"mapping": ("", b"")})
    done = send(client, read.headers["location"] + "/apply", {"second": "1"})

    assert 303 == done.status_code
    assert "Uma Vale" == known(house, "p99").entry.display_name
    assert known(house, "p9").left_at is None, "it is not the whole school: nobody leaves"

    again = upload(client, write_csv(rows).encode(), "pupils.csv")

    assert not again.headers["location"].endswith("/rules"), "what was chosen is remembered"


def test_a_list_that_a_colleague_had_read_otherwise_is_looked_at_again(at, house):
    client = at("t.ashby")
    number = upload(client, people_school.export()).headers["location"]
    seen = client.get(number).text.split('name="seen" value="')[1].split('"')[0]
    form = {"tiers": "column", "other_tier": "teen", "accounts": "keep", "staff-shown": "1"}
    send(at("n.okafor"), f"{number}/rules", form, {"mapping": ("", b"")})
    refused = send(at("t.ashby"), f"{number}/apply", {"second": "1", "seen": seen})

    assert (409, None) == (refused.status_code, known(house, "n1"))
    assert "somebody changed how the file is read" in refused.text


def test_two_people_importing_at_once_do_not_undo_each_other(at, house):
    first = upload(at("t.ashby"), people_school.export()).headers["location"]
    second = upload(at("n.okafor"), zipped(one_roster([user(n, sourcedId=f"z{n}") for n in range(3)])))
    send(at("n.okafor"), second.headers["location"] + "/apply", {"second": "1"})
    refused = send(at("t.ashby"), first + "/apply", {"second": "1"})

    assert 409 == refused.status_code
    assert "The list was changed meanwhile" in refused.text
    assert known(house, "n1") is None

    send(at("t.ashby"), first + "/again")

    assert 303 == send(at("t.ashby"), first + "/apply", {"second": "1"}).status_code


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty"),
        (b"PK\x03\x04nonsense", "The zip is damaged"),
        (b'id,name\n1,"May\n', "Line 2: A quotation mark"),
        (zipped({"../users.csv": b"x"}), "a path that leads out of it"),
        (zipped({"users.csv": b"sourcedId,name\n1,x\n"}), "These columns are missing: givenName, familyName"),
    ],
)
def test_a_file_that_cannot_be_is_refused_in_words(at, content, words):
    answer = upload(at("t.ashby"), content)

    assert 400 == answer.status_code
    assert words in answer.text


def test_a_dropped_file_is_forgotten(at, house):
    client = at("t.ashby")
    where = upload(client, people_school.export()).headers["location"]
    send(client, where + "/drop")

    assert 404 == client.get(where).status_code
    assert known(house, "n1") is None


def test_the_difference_as_a_file_runs_nothing(at):
    client = at("t.ashby")
    where = upload(client, people_school.export()).headers["location"]
    text = client.get(where + "/diff.csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))

    assert ["p2", "Benjamin Hollis", "Changed by a list", "Name", "Ben Hollis", "Benjamin Hollis"] in rows
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


# -- parents and what does not fit -------------------------------------------------------------------


def test_r12_the_office_writes_acknowledgements_down_and_sees_who_is_lacking(at):
    client = at("t.ashby")
    before = client.get("/people/parents").text
    today = datetime.now().date().isoformat()
    done = send(client, "/people/parents", {"person": ["p1", "p4"], "on": today, "how": "meeting"})
    after = client.get("/people/parents").text

    assert 303 == done.status_code
    assert ["Ada Yıldız" in before, "Ben Hollis" in before] == [True, False]
    assert "Ada Yıldız" not in after
    assert "Zoe Lamb" in after


def test_r12_a_teacher_writes_down_for_their_own_rooms_only(at):
    today = datetime.now().date().isoformat()
    own = send(at("l.demir"), "/people/parents", {"person": "p1", "on": today, "how": "paper"})
    other = send(at("l.demir"), "/people/parents", {"person": ["p4", "p9"], "on": today, "how": "paper"})

    assert [303, 403] == [own.status_code, other.status_code]
    assert "Zoe Lamb" not in at("l.demir").get("/people/parents").text
    assert "Ece Tan" in at("l.demir").get("/people/parents").text


def test_r12_the_copy_for_parents_holds_the_whole_text_and_says_that_use_is_supervised(at):
    page = at("t.ashby").get("/people/parents/copy/junior?in=en").text
    turkish = at("t.ashby").get("/people/parents/copy/junior?in=tr").text

    assert "I use the laptop for learning." in page
    assert "Adults of the school supervise" in page
    assert '<div lang="tr">' in turkish or '<div lang="en">' in turkish
    assert 404 == at("t.ashby").get("/people/parents/copy/adult").status_code


def test_what_does_not_fit_is_said(at):
    page = at("t.ashby").get("/people/orphans").text

    assert "Noor Without" in page
    assert "1A" in page
    assert "Classes without a room" in page


def test_two_thousand_people_are_a_page_of_a_hundred(at, house):
    listed = [
        people.Person(os_user=f"u{n}", person=f"x{n}", display_name=f"Person {n:04}", tier="teen")
        for n in range(2000)
    ]
    with house.db.write() as connection:
        people.replace_people(connection, listed)
    page = at("t.ashby").get("/people?page=2").text

    assert ["Person 0100" in page, "Person 0099" in page] == [True, False]
    assert "Page 2 of 20" in page


@given(st.text(min_size=1, max_size=12))
def test_whatever_an_id_is_its_address_leads_back_to_it(person):
    path = people_view.address_of(person)
    part = unquote(path.removeprefix("/people/"))

    assert "/" not in part
    assert person == people_view.id_of(part)
