"""R32: the register of apps from a shell."""

import json
import signal

import pytest

from server.__main__ import main
from tests.server.test_apps import tell


@pytest.fixture
def run(here, capsys):
    """Run one command on the open school; return its exit code and what it wrote."""

    def command(*words):
        code = main(["--data", str(here.folder.path), *words])
        out, err = capsys.readouterr()
        return code, out, err

    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield command
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_r32_an_unknown_program_is_listed_looked_at_and_then_known(run, here, enrolled):
    tell(here, enrolled().device, ("StrangeGame", "game.x86_64"))
    assert "game.x86_64" in run("apps", "unknown")[1]
    code, out, _ = run(
        "apps", "set", "Strange Game", "--program", "StrangeGame", "--program", "game.x86_64",
        "--decision", "refused", "--by", "Ada Neve", "--risk", "RA-7", "--ages", "12-16", "--json",
    )  # fmt: skip
    entry = json.loads(out)
    assert (0, "refused", "RA-7", 12, 16) == (
        code, entry["decision"], entry["risk_reference"], entry["age_from"], entry["age_to"],
    )  # fmt: skip

    assert [] == json.loads(run("apps", "unknown", "--json")[1])


def test_an_entry_is_changed_by_its_name_and_the_rest_stays(run):
    run("apps", "set", "Tux", "--program", "tux", "--by", "Ada", "--risk", "RA-1")
    run("apps", "set", "tux", "--decision", "approved", "--review", "2027-09-01", "--ages", "7-")
    (entry,) = json.loads(run("apps", "list", "--json")[1])

    assert ("approved", "RA-1", "2027-09-01", 7, None, ["tux"]) == (
        entry["decision"], entry["risk_reference"], entry["review_on"], entry["age_from"], entry["age_to"],
        entry["names"],
    )  # fmt: skip


def test_the_register_goes_out_and_in_again(run, tmp_path):
    run("apps", "set", "Tux", "--program", "tux", "--by", "Ada", "--decision", "approved")
    file = tmp_path / "apps.csv"
    file.write_text(run("apps", "list", "--csv")[1])
    assert 1 == json.loads(run("apps", "import", str(file), "--json")[1])["same"]
    file.write_text("name,names,decision\nNew,new,open\nBad,,open\n")
    code, out, _ = run("apps", "import", str(file))
    assert (1, True) == (code, "line 3: " in out)
    file.write_text("name,names,decision\nNew,new,open\n")
    assert not json.loads(run("apps", "import", str(file), "--dry-run", "--json")[1])["kept"]
    assert json.loads(run("apps", "import", str(file), "--json")[1])["kept"]

    assert ["New", "Tux"] == [each["name"] for each in json.loads(run("apps", "list", "--json")[1])]


def test_an_app_goes_out_of_the_register(run):
    run("apps", "set", "Tux", "--program", "tux")
    assert 0 == run("apps", "remove", "TUX")[0]

    assert 1 == run("apps", "remove", "Tux")[0]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("set", "X"), 1, "how laptops name it"),
        (("set", "X", "--program", "x", "--decision", "approved"), 1, "who looked at it"),
        (("set", "X", "--program", "x", "--ages", "old"), 2, "7-11"),
        (("set", "X", "--program", "x", "--ages", "11-7"), 1, "lower one first"),
        (("import", "/nonexistent.csv"), 1, "No such file"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(run, words, code, said):
    found, _, err = run("apps", *words)

    assert (code, True) == (found, said in err)
