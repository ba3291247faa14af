"""Turkish is complete, compiled, and says what the templates ask for."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from server.web import device_labels, labels

HOUSE = Path(__file__).resolve().parents[3]
FOLDER = HOUSE / "server" / "translations"
PO = FOLDER / "tr" / "LC_MESSAGES" / "server.po"
SLOT = re.compile(r"%(?:\(\w+\))?s")


@pytest.fixture(scope="module")
def turkish() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="tr")


def texts(message) -> list[str]:  # type: ignore[no-untyped-def]
    return [message.string] if isinstance(message.string, str) else list(message.string)


def by_source(catalog: Catalog) -> dict[str, list[str]]:
    return {m.id if isinstance(m.id, str) else m.id[0]: texts(m) for m in catalog if m.id}


def test_extraction_finds_nothing_that_is_not_translated(turkish: Catalog, tmp_path: Path):
    pot = tmp_path / "server.pot"
    subprocess.run(
        [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", str(FOLDER / "babel.cfg"),
         "-k", "say", "-k", "count:1,2", "-o", str(pot), "."],
        cwd=HOUSE, check=True,
    )  # fmt: skip
    found = {message.id for message in read_po(io.BytesIO(pot.read_bytes())) if message.id}
    known = {message.id for message in turkish if message.id}

    assert set() == found - known, "translate these in server.po and compile it"
    assert set() == known - found, "these are used nowhere: remove them"


def test_no_text_is_empty_or_doubtful(turkish: Catalog):
    bad = [message.id for message in turkish if message.id and (message.fuzzy or not all(texts(message)))]

    assert [] == bad


def test_every_text_fills_the_same_slots(turkish: Catalog):
    bad = []
    for message in turkish:
        if not message.id:
            continue
        source = message.id if isinstance(message.id, str) else message.id[-1]
        bad += [
            message.id
            for text in texts(message)
            if sorted(SLOT.findall(source)) != sorted(SLOT.findall(text))
        ]

    assert [] == bad


def test_the_compiled_file_is_current(turkish: Catalog):
    with PO.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)

    assert by_source(turkish) == by_source(compiled)


def test_no_tab_reads_like_the_button_that_saves(turkish: Catalog):
    said = by_source(turkish)
    tabs = [*labels.LABELS["page"].values(), *device_labels.LABELS["device-page"].values()]

    assert [] == [tab for tab in tabs if said[tab] == said["Save"]]
