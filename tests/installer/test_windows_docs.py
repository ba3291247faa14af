"""What docs/windows.md claims: every line names a test that there is, of the kind that the line says."""

import re

import pytest

from tests.test_house import HOUSE

PAGE = HOUSE / "docs" / "windows.md"
KINDS = ("Windows", "Wine", "fakes", "not possible", "here")


def table() -> list[tuple[str, str, str]]:
    """What, where it has run, and the test: each line of the table but its headings."""
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split(" | "))
        for line in PAGE.read_text().partition("## What has run where")[2].splitlines()
        if line.startswith("| ") and "::" in line
    ]
    return [(what, where, test) for what, where, test in rows]


def test_there_is_a_line_for_each_matter():
    headings = re.findall(r"(?m)^\| \*\*(.+)\*\* \| \| \|$", PAGE.read_text())

    assert 6 == len(headings)
    assert len(table()) > 35


@pytest.mark.parametrize(("what", "where", "test"), table(), ids=lambda text: text[:30])
def test_every_line_names_a_test_of_its_kind(what, where, test):
    named = re.fullmatch(r"`(tests/[a-z_/]+\.py)::(test_\w+)`", test)
    assert named, test
    file = HOUSE / named[1]

    assert file.exists()
    assert re.search(rf"(?m)^\s*def {named[2]}\(", file.read_text())
    assert where.startswith(KINDS)
    assert not where.startswith("Wine") or named[1].startswith("tests/wine/")
    assert not where.startswith("fakes") or "fakes: Wine" in where or not named[1].startswith("tests/wine/")


def test_nothing_is_said_to_have_run_on_windows():
    """The day somebody fills in the checklist, this test goes with that line."""
    assert [] == [what for what, where, _test in table() if where.startswith("Windows")]


def test_the_page_names_the_properties_the_package_knows():
    from installer import msi_repair

    ours = [name for name in msi_repair.SECURE if not name.startswith("WIX_")]

    assert [] == [name for name in ours if f"`{name}" not in PAGE.read_text()]
