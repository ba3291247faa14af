"""Writing settings as TOML that people read and compare: one value a line, in one order, with a heading."""

from typing import Any

import tomlkit
from tomlkit.items import AoT, Array, InlineTable, Item, String, StringType, Table, Trivia

from policies.tree import Scope

_SCHOOL_HEADING = (
    "The settings of the whole school. Durations are in seconds unless the name says otherwise.",
    "What differs by tier or time stands at the end as [[when]]; what differs by place has files of its own:",
    "sites/NAME.toml, rooms/NAME.toml, groups/NAME.toml, devices/ID.toml. The narrower place holds.",
    "Look before you publish: gatepost-server policy check FOLDER, gatepost-server policy diff FOLDER.",
)
_PLACE_HEADING = (
    "What is not set here comes from a wider place. With tiers or times: [[when]], below.",
    "A value set here for everybody also ends what wider places set for tiers and times.",
)
_WORDS: dict[Scope, str] = {
    "school": "the school",
    "site": "the site",
    "room": "the room",
    "group": "the group",
    "device": "the laptop",
}
_WIDEST_LINE = 100


def school_text(table: dict[str, Any]) -> str:
    """Return school.toml."""
    return _text(table, _SCHOOL_HEADING)


def place_text(scope: Scope, name: str, table: dict[str, Any]) -> str:
    """Return the file of one site, room, group or laptop."""
    return _text(table, (f"Settings of {_WORDS[scope]} {_visible(name)}.", *_PLACE_HEADING))


def _visible(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable())


def _text(table: dict[str, Any], heading: tuple[str, ...]) -> str:
    document = tomlkit.document()
    for line in heading:
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    for key, value in _values_first(table):
        if value not in ("", [], {}):
            document.add(key, _item(value))
    text = tomlkit.dumps(document)
    return text.rstrip("\n") + "\n"


def _values_first(table: dict[str, Any]) -> list[tuple[str, Any]]:
    """TOML needs the plain values of a table before its tables."""
    return sorted(table.items(), key=lambda item: _is_table(item[1]))


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or _is_tables(value)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _item(value: Any) -> Item:
    if isinstance(value, dict):
        return _table(value)
    if _is_tables(value):
        several: AoT = tomlkit.aot()
        for each in value:
            several.append(_table(each))
        return several
    if isinstance(value, list):
        return _array(value)
    if isinstance(value, str) and "\n" in value.strip() and _is_plain(value):
        # The first line break after the quotes is no part of the value.
        return String(StringType.MLB, value, "\n" + value, Trivia())
    item: Item = tomlkit.item(value)
    return item


def _is_plain(text: str) -> bool:
    """Say whether a text can stand on several lines just as it is."""
    return '"""' not in text and "\\" not in text and all(c.isprintable() or c == "\n" for c in text)


def _table(content: dict[str, Any]) -> Table:
    inner = _values_first(content)
    table = tomlkit.table(is_super_table=bool(inner) and all(_is_table(value) for _key, value in inner))
    for key, value in inner:
        table.add(key, _item(value))
    return table


def _array(values: list[Any]) -> Array:
    array = tomlkit.array()
    for value in values:
        array.append(_inline(value))
    return array.multiline(len(array.as_string()) > _WIDEST_LINE)


def _inline(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    table: InlineTable = tomlkit.inline_table()
    table.update(value)
    return table
