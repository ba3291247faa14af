"""Names from elsewhere, made harmless to show: a pupil chooses a user name, a laptop its host name."""

import unicodedata

from markupsafe import Markup, escape

LONGEST_SHOWN = 80
_MOST_MARKS = 3
"""Combining marks in a row; more only serve to paint over the neighbours."""
_KEPT_JOINERS = {"\u200c", "\u200d"}
"""Needed to write Persian and several Indian scripts; they turn nothing around."""


def _shown(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if char in _KEPT_JOINERS:
        return char
    if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return "\ufffd"
    return char


def harmless(value: object, longest: int = LONGEST_SHOWN) -> str:
    """
    Return the text with every control character as a visible symbol, clipped to `longest`.

    A tab, an escape or a right-to-left override is seen and does nothing. Not escaped for HTML yet.
    """
    text = str(value)[: longest * 4]
    out: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks > _MOST_MARKS:
            continue
        if len(out) >= longest:
            out[-1] = "…"
            break
        out.append(_shown(char))
    else:
        if len(str(value)) > len(text):
            out.append("…")
    return "".join(out)


def name_markup(value: object, longest: int = LONGEST_SHOWN) -> Markup:
    """Return a name for a page: harmless, escaped, and walled in `<bdi>` so that it turns nothing else."""
    return Markup("<bdi>{}</bdi>").format(escape(harmless(value, longest)))
