"""The settings tree as a folder of TOML files, for people and their git repositories.

`school.toml`, and a file for each place that differs: `sites/NAME.toml`, `rooms/NAME.toml`,
`groups/NAME.toml`, `devices/ID.toml`. Writing what was read changes no file; equal trees are equal files.
"""

import os
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from policies import file_names, toml_writing
from policies.resolving import tidy
from policies.schools import DemoPerson, DemoStaff, SchoolFile, ToSupply
from policies.setting_names import TYPES, plain_value
from policies.settings import Line, Name, Part, School, Settings, SettingsRefused, Tier, refusal_sentence
from policies.tree import SCOPES, Layer, PolicyTree, Review, Scope
from policies.windows import ClockTime, Weekday, Window

File = TypeVar("File")
FOLDERS: dict[Scope, str] = {"site": "sites", "room": "rooms", "group": "groups", "device": "devices"}
SCHOOL_FILE = "school.toml"
MOST_FILES = 2001
MOST_FILE_BYTES = 256 * 1024
MOST_BYTES = 8 * 1024 * 1024
NEVER = "never"
"""How a file says that something never happens: TOML has no word for nothing."""


class WhenEntry(Part, frozen=True, kw_only=True):
    """One `[[when]]`: settings for some tiers, at some times."""

    tiers: tuple[Tier, ...] = ()
    days: tuple[Weekday, ...] | None = None
    starts: ClockTime | None = None
    ends: ClockTime | None = None
    from_day: date | None = None
    until_day: date | None = None
    note: Line = ""
    settings: dict[str, Any] = msgspec.field(default_factory=dict)

    def window(self) -> Window | None:
        """Return the times; None where the entry names none."""
        given = {
            field: value
            for field in ("days", "starts", "ends", "from_day", "until_day")
            if (value := getattr(self, field)) is not None
        }
        return msgspec.convert(given, Window) if given else None


class PlaceFile(Part, frozen=True, kw_only=True):
    """A site, a room, a group or a laptop."""

    name: Annotated[str, Meta(max_length=120)] = ""
    """Needed only where the file's name cannot hold it."""
    note: Line = ""
    settings: dict[str, Any] = msgspec.field(default_factory=dict)
    when: tuple[WhenEntry, ...] = ()


class SchoolToml(Part, frozen=True, kw_only=True):
    """The school. The last three are read from an example and kept nowhere."""

    profile: Name = "school"
    school: School
    tiers: Annotated[tuple[Tier, ...], Meta(min_length=1, max_length=5)]
    settings: Settings = Settings()
    review: Review = Review()
    when: tuple[WhenEntry, ...] = ()
    must_supply: tuple[ToSupply, ...] = ()
    people: tuple[DemoPerson, ...] = ()
    staff: tuple[DemoStaff, ...] = ()


# ---- files to tree ----


def read_folder(path: Path) -> PolicyTree:
    """
    Return the tree in a folder.

    Raises SettingsRefused, naming file and field. A TOML file that is no part of it is refused too: settings
    in a misspelt folder would silently not hold.
    """
    files: dict[str, str] = {}
    total = 0
    for file in _toml_files(path):
        relative = file.relative_to(path).as_posix()
        try:
            if file.is_symlink() or not file.is_file():
                raise SettingsRefused(f"{relative}: this is no plain file. Copy it here, or take it out.")
            if file.stat().st_size > MOST_FILE_BYTES:
                raise SettingsRefused(f"{relative}: larger than {MOST_FILE_BYTES // 1024} KiB.")
            files[relative] = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise SettingsRefused(f"{relative}: this cannot be read: {problem}.") from problem
        total += len(files[relative])
        if len(files) > MOST_FILES or total > MOST_BYTES:
            raise SettingsRefused(f"More than {MOST_FILES} files, or {MOST_BYTES // 1024**2} MiB of them.")
    return tree_of_files(files)


def _toml_files(path: Path) -> list[Path]:
    found: list[Path] = []
    try:
        for folder, folders, names in os.walk(path, onerror=_raise):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in folders:
                if (Path(folder) / name).is_symlink():
                    raise SettingsRefused(f"{name}: a folder that is only a link is not followed.")
            found += [Path(folder) / name for name in sorted(names) if _is_ours(name)]
            if len(found) > MOST_FILES:
                break
    except OSError as problem:
        raise SettingsRefused(f"{path}: this folder cannot be read: {problem}.") from problem
    return found


def _raise(problem: OSError) -> None:
    raise problem


def _is_ours(name: str) -> bool:
    return name.lower().endswith(".toml") and not name.startswith(".")


def tree_of_files(files: Mapping[str, str]) -> PolicyTree:
    """Return the tree in these files: path below the folder → text. Raises SettingsRefused likewise."""
    if SCHOOL_FILE not in files:
        raise SettingsRefused(f"{SCHOOL_FILE}: this is missing. A folder of settings begins with it.")
    if len(files) > MOST_FILES or sum(map(len, files.values())) > MOST_BYTES:
        raise SettingsRefused(f"More than {MOST_FILES} files, or {MOST_BYTES // 1024**2} MiB of them.")
    school = _read(SCHOOL_FILE, files[SCHOOL_FILE], SchoolToml)
    try:
        # What the whole file must fulfil stands there once.
        SchoolFile(school=school.school, tiers=school.tiers, settings=school.settings)
    except ValueError as problem:
        raise SettingsRefused(f"{SCHOOL_FILE}: {problem}.") from problem
    layers = [_when_layer(SCHOOL_FILE, number, "school", "", entry) for number, entry in _numbered(school)]
    seen: dict[tuple[Scope, str], str] = {}
    for path in sorted(files):
        if path == SCHOOL_FILE:
            continue
        scope, stem = _place_of(path)
        place = _read(path, files[path], PlaceFile)
        name = place.name or file_names.name_of_stem(stem)
        if place.name and not file_names.is_stem_of(stem, place.name):
            right = f"{FOLDERS[scope]}/{file_names.file_stem(place.name)}.toml"
            raise SettingsRefused(
                f"{path}: name: a file with this name is called {right}. Rename one of both."
            )
        if (scope, name) in seen:
            raise SettingsRefused(f"{path}: {seen[scope, name]} is for the same {scope}. Keep one of both.")
        seen[scope, name] = path
        if place.settings or place.note:
            change = _change(path, "settings", place.settings)
            layers.append(_layer(path, scope=scope, name=name, change=change, note=place.note))
        layers += [_when_layer(path, number, scope, name, entry) for number, entry in _numbered(place)]
    if len(layers) > 2000:
        raise SettingsRefused(f"{len(layers)} places and times; at most 2000 can be.")
    return tidy(
        PolicyTree(
            school=school.school,
            tiers=school.tiers,
            settings=school.settings,
            layers=tuple(layers),
            review=school.review,
            profile=school.profile,
        )
    )


def school_times(entries: Iterable[Mapping[str, Any]]) -> tuple[Layer, ...]:
    """Return the layers of an example's `[[when]]`. Raises SettingsRefused, naming entry and field."""
    layers = []
    for number, entry in enumerate(entries, 1):
        try:
            read = msgspec.convert(entry, WhenEntry)
        except msgspec.ValidationError as problem:
            raise SettingsRefused(f"when, number {number}: {refusal_sentence(problem)}") from problem
        layers.append(_when_layer(SCHOOL_FILE, number, "school", "", read))
    return tuple(layers)


def _numbered(file: SchoolToml | PlaceFile) -> list[tuple[int, WhenEntry]]:
    return list(enumerate(file.when, 1))


def _place_of(path: str) -> tuple[Scope, str]:
    folder, _, name = path.partition("/")
    for scope, known in FOLDERS.items():
        if folder == known and "/" not in name and name.endswith(".toml") and name != ".toml":
            return scope, name.removesuffix(".toml")
    raise SettingsRefused(
        f"{path}: this is no part of the settings. There are {SCHOOL_FILE} and the folders "
        f"{', '.join(FOLDERS.values())}, with files that end in .toml."
    )


def _read(path: str, text: str, kind: type[File]) -> File:
    if len(text) > MOST_FILE_BYTES:
        raise SettingsRefused(f"{path}: larger than {MOST_FILE_BYTES // 1024} KiB.")
    try:
        return msgspec.convert(tomllib.loads(text), kind)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as problem:
        if isinstance(problem, msgspec.ValidationError):
            raise SettingsRefused(f"{path}: {refusal_sentence(problem)}") from problem
        raise SettingsRefused(f"{path}: this is not a TOML file: {problem}.") from problem


def _when_layer(path: str, number: int, scope: Scope, name: str, entry: WhenEntry) -> Layer:
    where = f"when, number {number}"
    try:
        window = entry.window()
    except msgspec.ValidationError as problem:
        raise SettingsRefused(f"{path}: {where}: {refusal_sentence(problem)}") from problem
    change = _change(path, f"{where}: settings", entry.settings)
    return _layer(
        path, scope=scope, name=name, tiers=entry.tiers, when=window, change=change, note=entry.note
    )


def _layer(path: str, **fields: Any) -> Layer:
    try:
        return msgspec.convert(fields, Layer)
    except msgspec.ValidationError as problem:
        raise SettingsRefused(f"{path}: {refusal_sentence(problem)}") from problem


def _change(path: str, where: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Return nested tables as setting → value."""
    change = {}
    for name, value in _flat(settings, ""):
        value = None if value == NEVER and name == "lock.sign_out_after_seconds" else value
        try:
            change[name] = plain_value(name, value)
        except SettingsRefused as problem:
            raise SettingsRefused(f"{path}: {where}.{problem}") from problem
    return change


def _flat(table: dict[str, Any], before: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in table.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and name not in TYPES and name.count(".") < 3:
            found += _flat(value, f"{name}.")
        else:
            found.append((name, value))
    return found


# ---- tree to files ----


def tree_to_files(tree: PolicyTree) -> dict[str, str]:
    """Return the files of this tree, path below the folder → text. Equal trees give equal texts."""
    tree = tidy(tree)
    places: dict[tuple[Scope, str], list[Layer]] = defaultdict(list)
    for layer in tree.layers:
        places[layer.scope, layer.name].append(layer)
    files = {SCHOOL_FILE: toml_writing.school_text(_school_table(tree, places.pop(("school", ""), [])))}
    for scope in SCOPES[1:]:
        names = [name for at, name in places if at == scope]
        for name, stem in file_names.file_stems(names).items():
            table = _place_table(name, stem, places[scope, name])
            files[f"{FOLDERS[scope]}/{stem}.toml"] = toml_writing.place_text(scope, name, table)
    return files


def write_folder(path: Path, tree: PolicyTree) -> None:
    """
    Make the folder say what the tree says.

    A file that says so already stays as it is, with its comments; a place that is no longer set loses its
    file. Raises OSError.
    """
    wanted = tree_to_files(tree)
    for file in _toml_files(path) if path.exists() else []:
        relative = file.relative_to(path).as_posix()
        folder = relative.partition("/")[0]
        if relative not in wanted and folder in FOLDERS.values() and relative.count("/") == 1:
            file.unlink()
    for relative, text in wanted.items():
        file = path / relative
        if file.is_symlink() or not _says_the_same(file, text):
            file.parent.mkdir(parents=True, exist_ok=True)
            made = file.with_name(f".{file.name[:100]}.new")
            made.write_text(text, encoding="utf-8")
            made.replace(file)


def _says_the_same(file: Path, text: str) -> bool:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8")) == tomllib.loads(text)
    except (OSError, ValueError, RecursionError):
        return False


def _school_table(tree: PolicyTree, layers: list[Layer]) -> dict[str, Any]:
    table: dict[str, Any] = {"profile": tree.profile, "tiers": list(tree.tiers)}
    table["school"] = msgspec.to_builtins(tree.school)
    table["review"] = msgspec.to_builtins(tree.review)
    table["settings"] = _written(msgspec.to_builtins(tree.settings, builtin_types=(date,)))
    table["when"] = [_when_table(layer) for layer in layers]
    return table


def _place_table(name: str, stem: str, layers: list[Layer]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    if file_names.name_of_stem(stem) != name or "~" in stem:
        table["name"] = name
    plain = next((layer for layer in layers if not layer.tiers and layer.when is None), None)
    if plain is not None and (plain.change or plain.note):
        layers = [layer for layer in layers if layer is not plain]
        table["note"] = plain.note
        table["settings"] = _nested(plain.change)
    table["when"] = [_when_table(layer) for layer in layers]
    return table


def _when_table(layer: Layer) -> dict[str, Any]:
    table: dict[str, Any] = {}
    if layer.tiers:
        table["tiers"] = list(layer.tiers)
    if layer.when is not None:
        table |= msgspec.to_builtins(layer.when, builtin_types=(date,))
    table["note"] = layer.note
    table["settings"] = _nested(layer.change)
    return {key: value for key, value in table.items() if value not in (None, "", {})}


def _nested(change: Mapping[str, Any]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name in sorted(change, key=list(TYPES).index):
        value = msgspec.to_builtins(msgspec.convert(change[name], TYPES[name]), builtin_types=(date,))
        place = table
        *steps, last = name.split(".")
        for step in steps:
            place = place.setdefault(step, {})
        place[last] = NEVER if value is None else value
    return table


def _written(settings: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is nothing: in the school's own file that is what nothing means."""
    return {
        part: {field: value for field, value in fields.items() if value is not None}
        for part, fields in settings.items()
    }
