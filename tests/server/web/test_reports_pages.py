"""The shells of the officers' pages: who gets one, what stands in it, and what scripts say and may not do."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from litestar.testing import TestClient

from server.web import render, reports_pages
from server.web.reports_pages import SCRIPTS, script_words, scripts, version

SAID = re.compile(r'\b(?:say|count)\("((?:[^"\\]|\\.)*)"')
SLOTS = re.compile(r"\{\w+\}")
Client = Callable[[str], TestClient[Any]]


def test_everything_that_scripts_say_is_known_in_turkish():
    known = script_words("tr")
    said = {found for source in scripts().values() for found in SAID.findall(source.decode())}

    assert set() == said - set(known)
    assert {} == script_words("en")


def test_no_sentence_is_said_inside_a_template_string():
    """The extractor does not look there."""
    inside = {
        name: template
        for name, source in scripts().items()
        for template in re.findall(r"`[^`]*`", source.decode())
        if SAID.search(template)
    }

    assert {} == inside


def test_turkish_fills_the_same_slots():
    wrong = [
        english
        for english, turkish in script_words("tr").items()
        for text in ([turkish] if isinstance(turkish, str) else turkish)
        if set(SLOTS.findall(english)) - {"{n}"} != set(SLOTS.findall(text)) - {"{n}"}
    ]

    assert [] == wrong


def code_of(source: bytes) -> str:
    """Return a script without its comments, where types are imported."""
    return re.sub(r"/\*.*?\*/|(?m:^\s*//.*$)", "", source.decode(), flags=re.S)


def test_no_script_makes_markup_or_speaks_to_others():
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|https?://|import\("
    )

    assert [] == [name for name, source in scripts().items() if forbidden.search(code_of(source))]


def test_private_keys_are_never_kept_by_the_browser():
    """Only what is public of the list and sealed drafts are stored, nothing else."""
    kept = re.findall(r"(?:localStorage|sessionStorage|indexedDB)\.\w+\([^)]*", "".join(
        source.decode() for source in scripts().values()
    ))  # fmt: skip

    public = ("(PIN", "(COMPARED")
    assert all(any(name in one for name in public) for one in kept if one.startswith("local"))
    assert all("draft-" in one for one in kept if one.startswith("session"))
    assert not any(one.startswith("indexedDB") for one in kept)


@pytest.mark.parametrize(
    ("path", "opens_to"),
    [
        ("/reports", {"r.carver", "n.okafor", "g.hall"}),
        ("/reports/case/" + "a" * 32, {"r.carver", "n.okafor", "g.hall"}),
        ("/reports/case/" + "a" * 32 + "/print", {"r.carver", "n.okafor", "g.hall"}),
        ("/reports/keys", {"r.carver", "n.okafor", "g.hall"}),
        ("/reports/write", {"r.carver", "n.okafor", "g.hall", "t.ashby", "j.reed"}),
    ],
)
def test_a_shell_opens_to_whom_it_should_and_forbids_markup(
    browser_of: Client, path: str, opens_to: set[str]
):
    for name in ("r.carver", "n.okafor", "g.hall", "t.ashby", "j.reed"):
        answer = browser_of(name).get(path, follow_redirects=False)
        assert (200 if name in opens_to else 403) == answer.status_code, name
        if name in opens_to:
            policy = answer.headers["content-security-policy"]
            assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
            assert "'unsafe" not in policy
            assert f"/scripts/{version()[:16]}/" in answer.text


def test_scripts_come_whole_under_the_address_of_all_of_them(browser_of: Client):
    client = browser_of("j.reed")
    for name, source in scripts().items():
        answer = client.get(f"/scripts/{version()[:16]}/{name}")
        assert (200, source) == (answer.status_code, answer.content)
        assert "immutable" in answer.headers["cache-control"]
        for imported in re.findall(r'from "\./([\w]+\.js)"', source.decode()):
            assert imported in scripts()

    assert 404 == client.get(f"/scripts/{'0' * 16}/bytes.js").status_code
    assert 404 == client.get(f"/scripts/{version()[:16]}/%2e%2e%2flab.js").status_code
    assert SCRIPTS.parent == render.STATIC
    assert reports_pages.fingerprint().count(" ") == 7
