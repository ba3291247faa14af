"""Where data lives (R78): every location that the code writes to stands on the page."""

import re
from pathlib import Path

from server import storage
from server.state import ServerState
from server.web.device_labels import LABELS
from tests.support.device_pages import Open, texts

AGENT = Path(__file__).resolve().parents[3] / "agent"


def test_r78_every_file_of_the_server_is_listed_with_what_for_and_until_when(
    opened: Open, laptops_house: ServerState
):
    (laptops_house.folder.path / "old-copy.sqlite").write_bytes(b"x" * 2_000_000)
    page = texts(opened("t.ashby").get("/devices/data").text)

    assert {
        entry.name.split("-wal")[0].split("-shm")[0] for entry in laptops_house.folder.path.iterdir()
    } <= {place.name for place in storage.locations(laptops_house.folder)}
    assert "old-copy.sqlite (1.9 MB)" in page
    assert "Nothing of ours by this name" in page
    assert all(name in page for _, name in storage.SERVER)


def test_r78_every_file_that_the_agent_s_code_names_is_listed():
    named = {name for _, names in storage.LAPTOP for name in names}
    written = {
        name for path in AGENT.rglob("*.py") for name in re.findall(r'\bstate / "([^"]+)"', path.read_text())
    }

    assert set() == written - named
    assert named - written == set()


def test_r78_every_place_has_words_for_what_it_is_for_and_until_when():
    codes = {code for code, _ in (*storage.SERVER, *storage.LAPTOP)} | {*storage.ELSEWHERE, "other"}

    assert codes == set(LABELS["data-what"]) == set(LABELS["data-until"])
    assert set(storage.ELSEWHERE) == set(LABELS["data-where"])
