"""`gatepost-server people` as a technician types it."""

import json
import zipfile

import pytest

from server.__main__ import main
from tests.support.rosters import one_roster, school_of, user, zipped


@pytest.fixture
def demo(tmp_path):
    folder = tmp_path / "school"
    made = ["--data", str(folder), "init", "--profile", "primary-england", "--host", "gatepost.test"]

    assert 0 == main([*made, "--port", "8443"])

    return folder


@pytest.fixture
def run(demo, capsys):
    capsys.readouterr()

    def command(*words):
        code = main(["--data", str(demo), "people", *map(str, words)])
        return code, *capsys.readouterr()

    return command


@pytest.fixture
def roster(tmp_path):
    def write(*users, **more):
        file = tmp_path / "export.zip"
        file.write_bytes(zipped(one_roster(users or [user(0), user(1)], [("u0", "c4a")], **more)))
        return file

    return write


def test_a_dry_run_says_everything_and_changes_nothing(run, roster):
    code, said, _ = run("import", roster(), "--dry-run")

    assert (0, True) == (code, said.startswith("export.zip (oneroster 1.1): 2 join, 0 return,"))
    assert "+ Ayşe Yıldız (u0), junior, Room 12, signs in as user0\n" in said
    assert said.endswith("nothing was changed\n")
    assert "" == "".join(line for line in run("list")[1].splitlines()[1:])


def test_an_import_is_applied_and_says_so_as_json(run, roster):
    code, said, _ = run("import", roster(), "--yes", "--json")
    answer = json.loads(said)

    assert (0, True, 2) == (code, answer["applied"], answer["counts"]["joins"])
    assert ["user0", "user1"] == [line.split()[0] for line in run("list")[1].splitlines()[1:]]


def test_a_change_is_said_field_by_field(run, roster):
    run("import", roster(), "--yes")
    said = run("diff", roster(user(0, grade="07"), user(1)))[1]

    assert "~ Ayşe Yıldız (u0) tier: junior → teen\n" in said


def test_a_file_that_would_end_very_many_needs_the_second_yes(run, roster):
    run("import", roster(*[user(n) for n in range(12)]), "--yes")
    code, _, complaint = run("import", roster(user(0)), "--yes")

    assert 1 == code
    assert "11 of 12 people would leave: is it the right file?" in complaint

    code, said, _ = run("import", roster(user(0)), "--yes", "--many-leave")

    assert (0, True) == (code, "11 leave" in said)
    assert 11 == len(json.loads(run("list", "--state", "left", "--json")[1]))


def test_a_file_that_is_no_list_is_refused_in_words(run, tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("id,name,tier\n1,junior,May Lamb\n2,teen,Tom Ash\n")
    code, _, complaint = run("import", file)

    assert 1 == code
    assert "The column “name” holds something else than it should: two columns may be swapped" in complaint

    file.write_bytes(b'id,name\n1,"May\n')

    assert "line 2: a quotation mark is not closed" in run("import", file)[2]


def test_accounts_can_be_made_by_a_template_that_is_remembered(run, roster):
    run("import", roster(), "--yes", "--accounts", "template", "--template", "{givenName:1}{familyName}")
    rules = json.loads(run("rules", "--json")[1])

    assert ("template", "{givenName:1}{familyName}") == (rules["accounts"], rules["template"])
    assert ["ayildiz", "cyildiz"] == sorted(line.split()[0] for line in run("list")[1].splitlines()[1:])


def test_a_mapping_file_gives_accounts(run, roster, tmp_path):
    mapping = tmp_path / "accounts.csv"
    mapping.write_text("id,user\nu0,ayse\n")
    run("import", roster(user(0, username="")), "--yes", "--accounts", "mapping", "--mapping", mapping)

    assert "ayse" in run("list")[1]


def test_progress_is_told_on_standard_error(run, tmp_path):
    file = tmp_path / "school.zip"
    file.write_bytes(zipped(school_of(1500)))
    told = run("import", file, "--dry-run", "--progress")[2]

    assert "users.csv: 1,000 lines\n" in told
    assert "compare\n" in told


def test_orphans_are_said(run, roster):
    run("import", roster(user(0, username=""), user(1)), "--yes")
    said = run("orphans")[1]

    assert "no account    Ayşe Yıldız   u0" in said
    assert "no laptop in  Room 12       1 people" in said


def test_the_export_is_read_back_without_a_change_and_runs_nothing(run, roster, tmp_path):
    run("import", roster(), "--yes")
    file = tmp_path / "out.csv"
    file.write_text(run("export")[1])
    code, said, _ = run("import", file, "--json")

    assert (0, {"changes": 0, "leaves": 0, "unchanged": 2}) == (
        code,
        {k: v for k, v in json.loads(said)["counts"].items() if k in ("changes", "leaves", "unchanged")},
    )


def test_r76_one_person_is_exported_whole_and_it_is_seen_in_oversight(demo, run, roster, tmp_path):
    run("import", roster(), "--yes")
    file = tmp_path / "u0.zip"
    code, said, _ = run("export-person", "u0", "--to", file)
    again, _, complaint = run("export-person", "u0", "--to", file)
    with zipfile.ZipFile(file) as packed:
        whole = json.loads(packed.read("everything.json"))

    assert (0, 1, "u0") == (code, again, whole["person"])
    assert "roster" in said
    assert "File exists" in complaint
    assert 1 == run("export-person", "nobody", "--to", tmp_path / "none.zip")[0]

    looks = whole["tables"]["looks"]

    assert ("person-export", "command line") == (looks[0]["what"], looks[0]["by_name"])
