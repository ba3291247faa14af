"""Accepting as a class on pages (R4): the adult's, and the tablet's that needs no sign-in."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from policies.agreements import PICTURES
from server import agreements, class_lists, classes
from server.app import make_app
from server.class_pictures import ANIMALS, COLOURS, Picture
from server.state import ServerState
from server.web import class_art, class_view
from server.web.words import words_in
from tests.support import class_school, school

HOUSE = Path(__file__).resolve().parents[3]
TEACHER, OTHER_TEACHER, TECHNICIAN, LEAD, HEAD, GOVERNOR = school.CAST
As = Callable[..., TestClient[Any]]


@pytest.fixture
def house(template: Path, tmp_path: Path) -> ServerState:
    made = school.copy_house(template, tmp_path / "house")
    with made.db.write() as connection:
        class_school.fill(connection, datetime.now(UTC) - timedelta(days=2), hostile=True)
    return made


@pytest.fixture
def client(house: ServerState) -> Iterator[TestClient[Any]]:
    with TestClient(make_app(house), base_url=school.ORIGIN) as opened:
        opened.headers.update(school.BROWSER)
        yield opened


@pytest.fixture
def as_name(client: TestClient[Any]) -> As:
    """Return the client as one of the cast, or signed out for the empty name."""

    def become(name: str) -> TestClient[Any]:
        client.cookies.clear()
        return school.signed_in(client, name) if name else client

    return become


def open_tablet(client: TestClient[Any], address: str) -> str:
    """Make the link for another device, forget the teacher's cookie, and return the link's path."""
    token = class_school.csrf(client, address + "?step=tablet")
    page = client.post(f"{address}/tablet", data={"where": "other", "_csrf_token": token}).text
    found = re.search(r'id="link">https://[^/]+(/class/[\w-]{43})<', page)
    assert found
    return found[1]


def say(client: TestClient[Any], link: str, picture: str, answer: str) -> None:
    client.post(f"{link}/{picture}", data={"answer": answer}, follow_redirects=False)


def rows(house: ServerState) -> list[agreements.Answer]:
    with house.db.read() as connection:
        return [each for each in agreements.list_answers(connection) if each.hostname == ""]


def picture_of(house: ServerState, person: str) -> str:
    with house.db.read() as connection:
        found = class_lists.picture_of(connection, person)
    assert found
    return found.code


def test_r4_a_class_accepts_with_its_teacher(as_name: As, house: ServerState):
    client = as_name(TEACHER)
    address = class_school.begin(client)
    class_school.tick(client, address, ["e0", "e1", "e2"])
    link = open_tablet(client, address)
    kept = dict(client.cookies)
    client.cookies.clear()
    seen = class_school.pictures_on(client.get(link).text)
    for picture in seen:
        say(client, link, picture, "yes")
    given_back = client.post(link).text
    client.cookies.update(kept)
    before = rows(house)
    token = class_school.csrf(client, address)
    client.post(f"{address}/witness", data={"act": "witness", "saw": "yes", "_csrf_token": token})

    assert {picture_of(house, f"e{number}") for number in range(3)} == set(seen)
    assert "Sign in and confirm" in given_back
    assert [] == before
    assert [("accepted", "Ms Demir")] * 3 == [(row.answer, row.witnessed_by) for row in rows(house)]
    assert 404 == client.get(link).status_code


def test_r4_the_register_the_person_and_the_csv_say_in_class(as_name: As, house: ServerState):
    client = as_name(TEACHER)
    address = class_school.begin(client)
    class_school.tick(client, address, ["e0"])
    link = open_tablet(client, address)
    say_signed_in(client, link, picture_of(house, "e0"), "yes", address)
    token = class_school.csrf(client, address)
    client.post(f"{address}/back", data={"_csrf_token": token})
    client.post(f"{address}/witness", data={"act": "witness", "saw": "yes", "_csrf_token": token})

    assert "In class, witnessed by Ms Demir" in client.get("/agreements?q=Asya").text
    assert "In class, witnessed by Ms Demir" in client.get("/people/e0").text
    assert "In class, witnessed by Ms Demir" in client.get("/agreements/register.csv").text


def say_signed_in(client: TestClient[Any], link: str, picture: str, answer: str, address: str) -> None:
    """Answer on a device where an adult is signed in: its form carries their token."""
    token = class_school.csrf(client, address)
    client.post(f"{link}/{picture}", data={"answer": answer, "_csrf_token": token}, follow_redirects=False)


def test_r4_handing_round_one_s_own_device_signs_the_adult_out_first(as_name: As):
    client = as_name(TEACHER)
    address = class_school.begin(client)
    class_school.tick(client, address, ["e0"])
    token = class_school.csrf(client, address + "?step=tablet")
    held = client.cookies["__Host-gatepost"]
    answer = client.post(
        f"{address}/tablet", data={"where": "here", "_csrf_token": token}, follow_redirects=False
    )
    client.cookies.clear()
    client.cookies.set("__Host-gatepost", held)

    assert answer.headers["location"].startswith("/class/")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert "/sign-in" in client.get("/lab", follow_redirects=False).headers["location"]
    assert 200 == client.get(answer.headers["location"]).status_code


def test_r4_the_tablet_s_pages_lead_nowhere_else(as_name: As, house: ServerState):
    client = as_name(TEACHER)
    address = class_school.begin(client)
    class_school.tick(client, address, ["e0", "e91"])
    link = open_tablet(client, address)
    client.cookies.clear()
    pages = [client.get(link).text, client.get(f"{link}/{picture_of(house, 'e0')}").text]
    targets = {target for page in pages for target in re.findall(r'(?:href|action)="([^"]+)"', page)}

    assert all(target.startswith((link, "/static/")) for target in targets)
    assert not any("<b>Ivy" in page or "\u202e" in page for page in pages)


def test_r4_without_a_link_no_child_is_found(as_name: As):
    client = as_name("")

    for link in ("A" * 43, "x", "A" * 5000, "..%2Flab", "%00"):
        answer = client.get(f"/class/{link}", follow_redirects=False)
        assert 404 == answer.status_code
        assert not any(name in answer.text for name in class_school.NAMES)
    assert 404 == client.post("/class/" + "A" * 43 + "/green-cat", data={"answer": "yes"}).status_code


def test_a_wrong_tap_is_undone_on_the_tablet(as_name: As, house: ServerState):
    client = as_name(TEACHER)
    address = class_school.begin(client)
    class_school.tick(client, address, ["e0", "e1"])
    link = open_tablet(client, address)
    client.cookies.clear()
    picture = picture_of(house, "e0")
    say(client, link, picture, "yes")
    said = client.get(f"{link}/{picture}").text
    say(client, link, picture, "undo")

    assert "Said yes" in said
    assert "Yes, I will" in client.get(f"{link}/{picture}").text


@pytest.mark.parametrize("answer", ["", "accepted", "witnessed", "dropped", "yes" * 500])
def test_no_other_word_is_an_answer(as_name: As, house: ServerState, answer: str):
    client = as_name(TEACHER)
    address = class_school.begin(client)
    class_school.tick(client, address, ["e0"])
    link = open_tablet(client, address)
    client.cookies.clear()
    say(client, link, picture_of(house, "e0"), answer)
    with house.db.read() as connection:
        standing = classes.standing_of(connection, int(address.rsplit("/", 1)[1]))

    assert ({}, "") == (standing.answers, standing.ended)


def test_nothing_is_confirmed_before_it_is_ticked_that_it_was_seen(as_name: As, house: ServerState):
    client = as_name(TEACHER)
    address = class_school.begin(client)
    class_school.tick(client, address, ["e0"])
    link = open_tablet(client, address)
    say_signed_in(client, link, picture_of(house, "e0"), "yes", address)
    token = class_school.csrf(client, address)
    answer = client.post(f"{address}/witness", data={"act": "witness", "_csrf_token": token})

    assert 400 == answer.status_code
    assert "Tick that you read it aloud" in answer.text
    assert [] == rows(house)


def test_r4_what_was_confirmed_can_be_taken_back_for_one_child(as_name: As, house: ServerState):
    client = as_name(TEACHER)
    address = class_school.begin(client)
    class_school.tick(client, address, ["e0", "e1"])
    link = open_tablet(client, address)
    for person in ("e0", "e1"):
        say_signed_in(client, link, picture_of(house, person), "yes", address)
    token = class_school.csrf(client, address)
    client.post(f"{address}/back", data={"_csrf_token": token})
    client.post(f"{address}/witness", data={"act": "witness", "saw": "yes", "_csrf_token": token})
    client.post(f"{address}/undo", data={"child": "e0", "_csrf_token": token})

    assert ["accepted", "withdrawn"] == sorted(row.answer for row in rows(house))
    assert "Taken back" in client.get(address).text


def test_a_class_of_another_teacher_s_room_is_neither_shown_nor_begun(as_name: As):
    client = as_name(TEACHER)
    page = client.get("/lab/Lab 2/class").text
    token = class_school.csrf(client, "/lab/Lab 2/class")
    form = {"of": "Lab 1", "year": "1B", "language": "en", "_csrf_token": token}

    assert "1A" in page
    assert "1B" not in page
    assert 400 == client.post("/lab/Lab 2/class", data=form, follow_redirects=False).status_code


def test_r38_a_sitting_of_another_room_is_refused(as_name: As):
    address = class_school.begin(as_name(TEACHER))
    other = as_name(OTHER_TEACHER)

    assert 403 == other.get(address).status_code
    assert 404 == other.get(address.replace("Lab%202", "Lab%201")).status_code


def test_a_school_without_classes_of_the_youngest_is_told_so(template: Path, tmp_path: Path):
    made = school.copy_house(template, tmp_path / "empty")
    with TestClient(make_app(made), base_url=school.ORIGIN) as client:
        client.headers.update(school.BROWSER)
        school.signed_in(client, TEACHER)

        assert "No class to ask together" in client.get("/lab/Lab 2/class").text


def test_r6_every_word_of_the_tablet_is_in_the_class_s_language(as_name: As, house: ServerState):
    client = as_name(TEACHER)
    address = class_school.begin(client, language="tr")
    class_school.tick(client, address, ["e0"])
    link = open_tablet(client, address)
    page = client.get(f"{link}/{picture_of(house, 'e0')}").text

    assert '<html lang="tr"' in page
    assert "Evet, yaparım" in page
    assert "Yes, I will" not in page


def test_laptop_and_server_show_the_same_pictures_beside_the_agreement():
    for name in PICTURES:
        agent = HOUSE / "agent" / "pages" / "pictures" / f"{name}.svg"
        server = HOUSE / "server" / "static" / "cards" / f"{name}.svg"

        assert agent.read_bytes() == server.read_bytes()
        assert "<svg" in class_view.card(name)


@pytest.mark.parametrize("language", ["en", "tr"])
def test_every_picture_has_a_drawing_and_a_name_of_its_own(language: Any):
    pictures = [Picture(colour, animal) for colour in COLOURS for animal in ANIMALS]
    words = words_in(language)

    assert len(pictures) == len({class_art.draw(each) for each in pictures})
    assert len(pictures) == len({class_view.picture_name(words, each) for each in pictures})


def test_a_picture_that_is_none_reads_no_file():
    assert class_view.card("../../config") == ""


def test_the_tablet_asks_once_before_it_goes_back_while_children_have_not_answered(
    as_name: As, house: ServerState
):
    client = as_name(TEACHER)
    address = class_school.begin(client)
    class_school.tick(client, address, ["e0", "e1"])
    link = open_tablet(client, address)
    kept = dict(client.cookies)
    client.cookies.clear()
    say(client, link, picture_of(house, "e0"), "yes")
    asked = client.post(link, data={}).text
    still_open = client.get(link).status_code
    given_back = client.post(link, data={"sure": "yes"}).text
    client.cookies.update(kept)
    confirming = client.get(address + "?step=witness").text

    assert [picture_of(house, "e1")] == class_school.pictures_on(asked)
    assert "1 child has not answered yet" in asked
    assert (200, True) == (still_open, "Sign in and confirm" in given_back)
    assert "1 has not answered: they are asked at the laptop." in confirming
    name = confirming.split('id="unanswered"')[1].split("</p>")[0]
    assert (True, False) == (class_school.NAMES[1] in name, class_school.NAMES[0] in name)


def test_confirm_mentions_nobody_when_all_have_answered(as_name: As, house: ServerState):
    client = as_name(TEACHER)
    address = class_school.begin(client)
    class_school.tick(client, address, ["e0"])
    link = open_tablet(client, address)
    say_signed_in(client, link, picture_of(house, "e0"), "help", address)
    token = class_school.csrf(client, address)
    client.post(f"{address}/back", data={"_csrf_token": token})

    assert 'id="unanswered"' not in client.get(address + "?step=witness").text
