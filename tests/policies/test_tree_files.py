import contextlib
import tomllib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies import schools
from policies.file_names import file_stem, file_stems, is_stem_of, name_of_stem
from policies.resolving import tidy
from policies.setting_names import TYPES
from policies.settings import Contact, School, Settings, SettingsRefused
from policies.tree import Layer, Review
from policies.tree_files import read_folder, tree_of_files, tree_to_files, write_folder
from tests.support.policy_trees import room, tree, trees, windows

SCHOOL = """
tiers = ["junior"]
[school]
name = "Elm Row School"
contacts = [{name = "Ada Moss"}]
[school.consequences]
en = "An adult talks with you about it."
tr = "Bir yetişkin seninle konuşur."
"""
printable = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=120
)
lines = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=60)


@settings(max_examples=60, deadline=None)
@given(trees)
def test_a_tree_written_and_read_is_the_same_tree(school):
    files = tree_to_files(school)

    assert tidy(school) == tree_of_files(files)
    assert files == tree_to_files(tree_of_files(files))


@settings(max_examples=60, deadline=None)
@given(st.lists(printable, max_size=6, unique=True), windows(), lines, lines)
def test_any_name_and_any_words_survive_a_file(names, when, words, more):
    school = School(
        name="Elm & <Row>",
        contacts=(Contact(name="Ada", how=words),),
        consequences={"en": words + " and an adult talks with you.", "tr": more + " bir yetişkin konuşur."},
    )
    layers = [
        Layer(scope=scope, name=name, when=when, change={"lock.idle_after_seconds": 60}, note=more)
        for name in names
        for scope in ("room", "group")
    ]
    drawn = tree(*layers, school=school, review=Review(approved_by=words, early=more))

    assert tidy(drawn) == tree_of_files(tree_to_files(drawn))


@settings(max_examples=100, deadline=None)
@given(st.lists(printable, min_size=1, max_size=5, unique=True))
def test_every_place_has_a_file_of_its_own_on_every_system(names):
    stems = file_stems(names)

    assert len({stem.casefold() for stem in stems.values()}) == len(names)
    for name, stem in stems.items():
        assert not set(stem) & set('/\\:*?"<>|\0')
        assert len(f"{stem}.toml".encode()) <= 255
        assert stem[0] not in ".-"
        assert is_stem_of(stem, name)


def test_rooms_that_differ_in_capitals_have_files_that_no_system_mixes_up():
    stems = file_stems(["Lab", "lab", "Attic"])

    assert "Attic" == stems["Attic"]
    assert stems["Lab"].startswith("Lab~")
    assert stems["Lab"].casefold() != stems["lab"].casefold()
    school = tree(room("Lab", usb__mode="off"), room("lab", usb__mode="copy"))
    assert tidy(school) == tree_of_files(tree_to_files(school))


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Room 4", "Room 4"),
        ("Papatya sınıfı", "Papatya sınıfı"),
        ("3/4", "3%2F4"),
        ("..", "%2E%2E"),
        ("con", "%63on"),
        ("100 %", "100 %25"),
        ("a~b", "a%7Eb"),
    ],
)  # fmt: skip
def test_names_stay_readable_and_come_back(name, stem):
    assert stem == file_stem(name)
    assert name == name_of_stem(stem)


@pytest.mark.parametrize("name", schools.profile_names())
def test_every_example_is_a_school_toml(name):
    profile = schools.load_profile(name)
    text = (schools._profiles() / f"{name}.toml").read_text()
    read = tree_of_files({"school.toml": text})

    assert (profile.school, profile.tiers, profile.settings) == (read.school, read.tiers, read.settings)


def test_a_file_says_what_it_is_and_one_value_stands_on_a_line():
    files = tree_to_files(tree(room("Çizim/oda", lock__idle_after_seconds=600, usb__mode="copy")))

    expected = (
        "# Settings of the room Çizim/oda.\n"
        "# What is not set here comes from a wider place. With tiers or times: [[when]], below.\n"
        "# A value set here for everybody also ends what wider places set for tiers and times.\n"
        "\n"
        "[settings.lock]\n"
        "idle_after_seconds = 600\n"
        "\n"
        "[settings.usb]\n"
        'mode = "copy"\n'
    )
    assert expected == files["rooms/Çizim%2Foda.toml"]


def test_one_changed_value_is_one_changed_line():
    before = tree_to_files(
        tree(room(lock__idle_after_seconds=600, lock__countdown_seconds=9), room("B", usb__mode="off"))
    )
    after = tree_to_files(
        tree(room("B", usb__mode="off"), room(lock__countdown_seconds=9, lock__idle_after_seconds=900))
    )
    differ = [
        (path, old, new)
        for path in before
        for old, new in zip(before[path].splitlines(), after[path].splitlines(), strict=True)
        if old != new
    ]

    assert [("rooms/Room 4.toml", "idle_after_seconds = 600", "idle_after_seconds = 900")] == differ


def test_never_is_a_word_in_a_file():
    files = tree_to_files(tree(room(lock__sign_out_after_seconds=None)))

    assert 'sign_out_after_seconds = "never"' in files["rooms/Room 4.toml"]
    assert {"lock.sign_out_after_seconds": None} == tree_of_files(files).layers[0].change


# ---- folders ----


def test_a_folder_written_is_read_again_and_keeps_its_comments(tmp_path):
    first = tree(room(lock__idle_after_seconds=600), room("B", usb__mode="off"))
    write_folder(tmp_path, first)
    file = tmp_path / "rooms" / "Room 4.toml"
    file.write_text("# ours\n" + file.read_text())
    (tmp_path / "README.md").write_text("Our settings.")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.toml").write_text("no settings")

    write_folder(tmp_path, first)
    assert file.read_text().startswith("# ours\n")
    assert tidy(first) == read_folder(tmp_path)

    write_folder(tmp_path, tree(room(lock__idle_after_seconds=900)))
    assert not (tmp_path / "rooms" / "B.toml").exists()
    assert (tmp_path / "README.md").exists()
    assert tidy(tree(room(lock__idle_after_seconds=900))) == read_folder(tmp_path)


def refused(files: dict[str, str]) -> str:
    with pytest.raises(SettingsRefused) as problem:
        tree_of_files({"school.toml": SCHOOL} | files)
    return str(problem.value)


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("rooms/A.toml", "[settings.lock]\nidle = 3", "rooms/A.toml: settings.lock.idle: there is no such"),
        ("rooms/A.toml", "[settings.lock]\nidle_after_seconds = 3", "lock.idle_after_seconds: Expected"),
        ("rooms/A.toml", "[setings]", "rooms/A.toml: setings: there is no such setting"),
        ("rooms/A.toml", "x = ", "rooms/A.toml: this is not a TOML file"),
        ("rooms/A.toml", "a = " + "[" * 5000, "rooms/A.toml: this is not a TOML file"),
        ("rooms/A.toml", "[[when]]\ntiers=['tean']", "rooms/A.toml: when[0].tiers[0]"),
        ("rooms/A.toml", "[[when]]\nstarts='10:00'\nends='09:00'", "rooms/A.toml: when, number 1: ends has"),
        ("rooms/A.toml", "[[when]]\n[when.settings.lock]\nidle_after_seconds='x'", "when, number 1: s"),
        ("rooms/A.toml", "settings = 3", "rooms/A.toml: settings: Expected `object`"),
        ("rooms/A.toml", "name = 'B'", "rooms/A.toml: name: a file with this name is called rooms/B.toml"),
        ("room/A.toml", "", "room/A.toml: this is no part of the settings"),
        ("rooms/deep/A.toml", "", "rooms/deep/A.toml: this is no part"),
        ("other.toml", "", "other.toml: this is no part"),
        ("rooms/A.toml", "#" * 300_000, "rooms/A.toml: larger than 256 KiB"),
        ("school.toml", "tiers = []", "school.toml: "),
        ("school.toml", SCHOOL + "[setttings]", "school.toml: setttings: there is no such"),
        ("school.toml", SCHOOL.replace("tr =", "# tr ="), "school.toml: school.consequences.tr is missing"),
    ],
)  # fmt: skip
def test_an_error_names_the_file_and_the_field(path, text, words):
    assert words in refused({path: text})


def test_two_files_for_one_room_are_refused():
    said = refused({"rooms/%41.toml": "note='x'", "rooms/A.toml": "note='y'"})

    assert "rooms/%41.toml is for the same room" in said


def test_what_is_no_plain_file_is_not_followed(tmp_path):
    (tmp_path / "school.toml").write_text(SCHOOL)
    secret = tmp_path.parent / "secret.txt"
    secret.write_text("x")
    (tmp_path / "rooms").mkdir()
    (tmp_path / "rooms" / "A.toml").symlink_to(secret)
    with pytest.raises(SettingsRefused, match=r"rooms/A\.toml: this is no plain file"):
        read_folder(tmp_path)

    (tmp_path / "rooms" / "A.toml").unlink()
    (tmp_path / "groups").symlink_to(tmp_path.parent, target_is_directory=True)
    with pytest.raises(SettingsRefused, match="a folder that is only a link"):
        read_folder(tmp_path)


def test_a_missing_folder_and_bytes_that_are_no_text_are_refused(tmp_path):
    with pytest.raises(SettingsRefused, match="cannot be read"):
        read_folder(tmp_path / "nowhere")
    with pytest.raises(SettingsRefused, match=r"school\.toml: this is missing"):
        read_folder(tmp_path)
    (tmp_path / "school.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsRefused, match=r"school\.toml: this cannot be read"):
        read_folder(tmp_path)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80), st.text(max_size=20))
def test_a_hostile_file_is_refused_and_breaks_nothing(text, name):
    for path in (f"rooms/{name}.toml", name):
        with contextlib.suppress(SettingsRefused):
            tree_of_files({"school.toml": SCHOOL, path: text})


def test_the_school_file_holds_every_setting_there_is():
    written = tomllib.loads(tree_to_files(tree())["school.toml"])["settings"]
    named = {name for name in TYPES if _stands_in(written, name.split("."))}

    assert set(TYPES) - named == {
        "apps.review_on",
        "lock.sign_out_after_seconds",
        "report.helplines_checked",
    }, "what is nothing by itself cannot be written"
    assert Settings() == msgspec.convert(written, Settings)


def _stands_in(table: dict, steps: list[str]) -> bool:
    for step in steps[:-1]:
        table = table[step]
    return steps[-1] in table
