"""Finds every message the agent says by reading its code: `say("…")`, `say.you("…")`, `say.many(…)`."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Message(NamedTuple):
    """A message as the catalogue knows it. `context` is `adult` for the polite form."""

    text: str
    plural: str = ""
    context: str = ""


def messages_in(folder: Path) -> set[Message]:
    """Return what all modules below the folder say."""
    return {message for path in sorted(folder.rglob("*.py")) for message in _messages_of(path)}


def _messages_of(path: Path) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
        called = node.func
        if isinstance(called, ast.Name) and called.id in ("say", "self"):
            yield from _plain(texts)
        elif isinstance(called, ast.Attribute) and _is_say(called.value):
            if called.attr == "you":
                yield from _plain(texts)
                yield from (Message(each.text, context="adult") for each in _plain(texts))
            elif called.attr == "many":
                yield Message(str(texts[0]), str(texts[1]))


def _plain(texts: list[object]) -> Iterator[Message]:
    if texts and isinstance(texts[0], str):
        yield Message(texts[0])


def _is_say(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("say", "self")
