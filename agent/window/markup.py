"""HTML built from data so that no text can become markup.

A child given as `str` is always escaped; only what `tag` itself made (`Html`) goes in as it is.
"""

import html
import re
from functools import lru_cache
from pathlib import Path

PAGES = Path(__file__).parent.parent / "pages"
_VOID = frozenset(("br", "meta", "hr", "input"))
_SYMBOL = re.compile(r'<symbol id="([a-z]+)" viewBox="([0-9 ]+)">(.*?)</symbol>', re.DOTALL)
_ART = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_TURNING = frozenset(("door", "next", "back", "stick"))
NO_PICTURE = "rules"
_HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ue000-\uf8ff]")


class Html(str):
    """Markup that `tag` made."""

    __slots__ = ()


def harmless(text: str) -> str:
    """
    Return the text with every control character made visible, so that none can act.

    C0 controls become their pictures (U+2400…); other controls, direction overrides and letters of no
    meaning (surrogates, private use) become U+FFFD.
    """
    return _HARMFUL.sub(_harmless_letter, text)


def _harmless_letter(found: re.Match[str]) -> str:
    letter = found.group()
    if letter in "\n\t":
        return " "
    code = ord(letter)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "�"


def tag(element: str, /, *children: str | None, **attributes: str | int | bool | None) -> Html:
    """Return one element. `class_` is *class*, `aria_label` is *aria-label*; None and False leave out."""
    written = [element]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        written.append(key if value is True else f'{key}="{html.escape(harmless(str(value)))}"')
    opening = "<" + " ".join(written) + ">"
    if element in _VOID:
        return Html(opening)
    inner = "".join(child if isinstance(child, Html) else escaped(child) for child in children if child)
    return Html(f"{opening}{inner}</{element}>")


def escaped(text: str) -> Html:
    """Return text as markup that shows exactly this text."""
    return Html(html.escape(harmless(text), quote=True))


def together(*parts: str) -> Html:
    """Return the parts one after the other, escaping what is not markup yet."""
    return Html("".join(part if isinstance(part, Html) else escaped(part) for part in parts))


def name_of(person: str) -> Html:
    """Return a person's name, kept apart from the direction of the words around it."""
    return tag("bdi", person)


def sentence_with(sentence: str, mark: str, piece: Html) -> Html:
    """Return the sentence with `{mark}` replaced by markup; the words around it are escaped."""
    before, _, after = sentence.partition("{" + mark + "}")
    return together(before, piece, after)


def icon(name: str) -> Html:
    """Return a line icon; always beside a word, so hidden from screen readers."""
    view, inner = _icons()[name]
    turning = " turns" if name in _TURNING else ""
    return Html(f'<svg class="ic{turning}" viewBox="{view}" aria-hidden="true">{inner}</svg>')


def has_icon(name: str) -> bool:
    """Say whether there is a line icon of this name."""
    return name in _icons()


def mark() -> Html:
    """Return the gate itself, the only brand sign."""
    return Html(
        '<svg viewBox="0 0 28 28" aria-hidden="true"><path fill="currentColor" '
        'd="M4.5 7 7.5 3l3 4v18h-6zM13 9h11v3H13zm0 6h11v3H13zm0 6h11v3H13z"/></svg>'
    )


@lru_cache(maxsize=32)
def picture(name: str) -> Html:
    """Return a picture card's drawing; an unknown name gives the neutral one."""
    path = PAGES / "pictures" / f"{name}.svg"
    if not re.fullmatch(r"[a-z-]+", name) or not path.is_file():
        path = PAGES / "pictures" / f"{NO_PICTURE}.svg"
    found = _ART.search(path.read_text(encoding="utf-8"))
    inner = found.group(1).strip() if found else ""
    return Html(f'<svg class="art" viewBox="0 0 240 150" aria-hidden="true">{inner}</svg>')


@lru_cache(maxsize=1)
def _icons() -> dict[str, tuple[str, str]]:
    text = (PAGES / "icons.svg").read_text(encoding="utf-8")
    return {name: (view, inner) for name, view, inner in _SYMBOL.findall(text)}
