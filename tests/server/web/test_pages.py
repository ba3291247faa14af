"""What the pages say, in both languages, with honest and with hostile data."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from litestar.testing import TestClient

from server.state import ServerState
from server.web import sign_in
from tests.support import school

As = Callable[..., TestClient[Any]]
L3 = school.LAPTOPS["L-003"]
PAGES = {
    "/sign-in": "",
    "/lab": "l.demir",
    "/lab/Lab 2": "l.demir",
    "/lab/Lab 1": "j.reed",
    "/lab/Lab 2?view=list": "l.demir",
    "/lab/Lab 2/projector": "l.demir",
    "/lab/Lab 2/arrange": "l.demir",
    "/devices": "t.ashby",
    "/devices/enrol": "t.ashby",
    f"/devices/{L3}": "t.ashby",
    f"/devices/{L3}/retire": "t.ashby",
    "/agreements": "n.okafor",
    "/agreements?answer=due": "n.okafor",
    "/agreements?q=nobody-like-this": "n.okafor",
    "/agreements/print": "n.okafor",
    "/oversight": "r.carver",
    "/staff": "n.okafor",
    "/staff/j.reed": "n.okafor",
    "/": "g.hall",
    "/nothing-here": "g.hall",
}
TR_PO = Path(sign_in.__file__).parent.parent / "translations" / "tr" / "LC_MESSAGES" / "server.po"


class Read(HTMLParser):
    """Collects what a page shows and what a strict content policy would refuse."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        bad = [name for name in named if name == "style" or name.startswith("on")]
        if bad or (tag == "script" and "src" not in named) or tag in {"style", "iframe", "object", "base"}:
            self.inline.append(f"{tag} {named}")
        addresses = [str(named[name]) for name in ("href", "src", "action") if named.get(name)]
        self.inline += [address for address in addresses if not address.startswith(("/", "#"))]
        self.texts += [str(named[name]) for name in ("aria-label", "placeholder", "title") if named.get(name)]

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(" ".join(data.split()))


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_keeps_to_the_strict_content_policy(as_name: As, path: str, lang: str):
    answer = as_name(PAGES[path], lang).get(path)
    read = Read(answer.text)

    assert [] == read.inline
    assert 1 == read.tags.count("h1")
    assert (
        "default-src 'none'; script-src 'self'; style-src 'self'" in answer.headers["content-security-policy"]
    )
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "no-store" in answer.headers["cache-control"]


@pytest.mark.parametrize("path", PAGES)
def test_a_turkish_page_holds_no_english_text(as_name: As, path: str):
    with TR_PO.open("rb") as file:
        catalog = read_po(file, locale="tr")
    english = {
        m.id for m in catalog if isinstance(m.id, str) and m.id and "%" not in m.id and m.id != m.string
    }
    turkish = {m.string for m in catalog if isinstance(m.string, str)}
    shown = set(Read(as_name(PAGES[path], "tr").get(path).text).texts)

    assert set() == (shown & english) - turkish - {"English", "Lab 2"}


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_its_language_and_offers_the_other_in_its_own_word(as_name: As, path: str, lang: str):
    text = as_name(PAGES[path], lang).get(path).text

    assert f'<html lang="{lang}"' in text
    assert 'lang="tr" hreflang="tr"' in text
    assert ">Türkçe</a>" in text


@pytest.mark.parametrize(
    "path", ["/devices", "/agreements", "/agreements/print", f"/devices/{school.LAPTOPS['L-011']}"]
)
def test_a_hostile_name_is_text_and_nothing_else(as_name: As, path: str):
    text = as_name("n.okafor", "en").get(path).text

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert" not in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)
    assert "A" * 100 not in text


def test_a_hostile_login_is_text_on_the_lab_too(as_name: As, house: ServerState):
    status = school.status((7, school.HOSTILE[:200], None, "active", school.HOSTILE[:200], 5.0, False))
    client = as_name("l.demir", "en")
    client.get("/lab/Lab 2")
    house.live.take(school.LAPTOPS["L-002"], status, __import__("datetime").datetime.now().astimezone())
    text = client.get("/lab/Lab 2").text

    assert "&lt;script&gt;" in text
    assert "<script>alert" not in text
    assert "\u202e" not in text


def test_the_language_is_kept_without_script(as_name: As):
    client = as_name("", "en")
    client.get("/sign-in?lang=tr")

    assert "Giriş yap" in client.get("/sign-in").text


def test_the_look_is_kept_without_script(as_name: As):
    client = as_name("l.demir")
    client.get("/lab?theme=dark")
    dark = client.get("/lab").text
    client.get("/lab?theme=system")

    assert 'data-theme="dark"' in dark
    assert "data-theme" not in client.get("/lab").text


@pytest.mark.parametrize("wanted", [
    "//evil.example", "https://evil.example/", "/\\evil.example", "/lab/\\evil", "javascript:alert(1)",
    "/lab//evil", "/sign-out", "\x00/lab", "/labyrinth", "/lab\r\nSet-Cookie: x=1", "",
])  # fmt: skip
def test_sign_in_never_leads_to_a_stranger(wanted: str):
    assert "/" == sign_in.local_address(wanted)


@pytest.mark.parametrize("wanted", ["/lab", "/lab/Lab 2", "/agreements?answer=due&q=a", "/devices/enrol"])
def test_sign_in_leads_back_to_where_one_was(wanted: str):
    assert wanted == sign_in.local_address(wanted)


def test_a_wrong_password_is_said_at_the_field_and_in_the_summary(as_name: As):
    client = as_name("", "tr")
    answer = client.post("/sign-in", data={"name": "l.demir", "password": "wrong"})

    assert 400 == answer.status_code
    assert 'role="alert"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 2 == answer.text.count("Ad ya da parola doğru değil.")
    assert 'value="l.demir"' in answer.text
    assert "wrong" not in answer.text.replace("field wrong", "")


def test_too_many_tries_are_told_when_to_try_again(as_name: As):
    client = as_name("", "en")
    for _ in range(6):
        answer = client.post("/sign-in", data={"name": "nobody.here", "password": "wrong wrong wrong"})

    assert 429 == answer.status_code
    assert re.search(r"Too many tries under this name from here\. Try again in (\d+ s|1 min)", answer.text)


def test_a_form_that_is_too_large_is_answered_with_a_page(as_name: As):
    answer = as_name("", "en").post("/sign-in", data={"name": "x" * 100_000, "password": "y"})

    assert 413 == answer.status_code
    assert "That was too large" in answer.text


def test_the_register_s_filter_stands_in_the_address(as_name: As):
    client = as_name("n.okafor", "en")
    said_no = client.get("/agreements?answer=declined").text
    named = client.get("/agreements?q=ada&tier=junior").text

    assert "Ben Hollis" in said_no
    assert "Ada Yıldız" not in said_no
    assert "Ada Yıldız" in named
    assert "Ben Hollis" not in named
    assert '<option value="declined" selected>' in said_no
    assert 'href="/agreements/register.csv?q=ada&amp;tier=junior"' in named


@pytest.mark.parametrize(
    "query", ["page=-1", "page=99999999999999", "tier=x&answer=y&page=a", "q=%00%ff&room=%2e"]
)
def test_a_senseless_filter_is_no_error(as_name: As, query: str):
    assert 200 == as_name("n.okafor").get(f"/agreements?{query}").status_code


def test_a_teacher_sees_only_people_of_own_rooms(as_name: As):
    client = as_name("l.demir", "en")
    own = client.get("/agreements").text + client.get("/agreements/register.csv").text
    asked = client.get("/agreements?room=Lab+1").text + client.get("/agreements/register.csv?room=Lab+1").text

    assert "Ada Yıldız" in own
    assert "Zoe Lamb" not in own
    assert "Zoe Lamb" not in asked


def test_who_is_due_is_listed(as_name: As):
    text = as_name("n.okafor", "en").get("/agreements?answer=due").text

    assert "Will Ashe" in text
    assert "Ada Yıldız" not in text


def test_paper_says_who_printed_it(as_name: As):
    text = as_name("n.okafor", "en").get("/agreements/print").text

    assert re.search(r"printed by <bdi>Neil Okafor</bdi>, \d+ \w+ \d{4}, \d\d:\d\d", text)


def test_no_cell_of_the_csv_is_a_formula(as_name: As):
    from server.web.register import safe_cell

    hostile = ["=1+1", "+cmd", "-2", "@x", "\t=1", " =1", "\r=1", "＝1", "＋1", "－1", "＠x"]

    assert all(safe_cell(text)[0] in "'\u2409\u240d" for text in hostile)
    assert as_name("n.okafor").get("/agreements/register.csv").content.startswith(b"\xef\xbb\xbf")


def test_a_laptop_page_tells_confirmed_from_sent_and_why_it_refused(as_name: As):
    refused = as_name("t.ashby", "en").get(f"/devices/{L3}").text
    sent = as_name("t.ashby", "en").get(f"/devices/{school.LAPTOPS['L-010']}").text
    confirmed = as_name("t.ashby", "en").get(f"/devices/{school.LAPTOPS['L-001']}").text

    assert "It refused policy 1 and keeps the one before." in refused
    assert "unknown field usb" in refused
    assert "Sent, not confirmed" in sent
    assert "Confirmed today" in confirmed or "Confirmed yesterday" in confirmed


def test_what_a_laptop_lacks_is_said_with_its_reason(as_name: As):
    text = as_name("t.ashby", "en").get(f"/devices/{L3}").text

    assert "No voice is installed." in text
    assert "Run “gatepost-agent doctor” on the laptop" in text


def test_an_unknown_laptop_is_a_page_that_is_not_there(as_name: As):
    assert 404 == as_name("t.ashby").get("/devices/ffffffffffffffff").status_code
