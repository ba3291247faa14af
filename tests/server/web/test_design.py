"""The look is one: the same tokens in both places, every pair of colours readable, nothing inline."""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[3]
STATIC = HOUSE / "server" / "static"
TEMPLATES = sorted((HOUSE / "server" / "templates").glob("*.html"))
STATES = ("ok", "wait", "stop", "info", "off", "help", "sealed")
TEXT = [
    (ink, ground)
    for ink in ("ink", "ink-quiet", "link", "gate")
    for ground in ("ground", "surface", "sunken")
]
TEXT += [("on-gate", "gate"), ("on-gate", "gate-deep"), ("gate-ink", "gate-soft"), ("ink", "gate-soft")]
TEXT += [("on-post", "post"), ("on-post-quiet", "post")]
TEXT += [(s, g) for s in STATES for g in (f"{s}-soft", "surface", "ground", "sunken")]
TEXT += [(ink, f"{s}-soft") for s in STATES for ink in ("ink", "ink-quiet")]
PARTS = [
    ("edge", "surface"),
    ("edge", "ground"),
    ("edge", "sunken"),
    ("focus", "surface"),
    ("focus", "ground"),
]
PARTS += [(f"plot-{n}", "surface") for n in (1, 2, 3, 4)]


def block(start: str) -> dict[str, str]:
    css = re.sub(r"/\*.*?\*/", "", (STATIC / "tokens.css").read_text(), flags=re.S)
    at = css.index("{", css.index(start))
    return dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6})", css[at : css.index("}", at)]))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def ratio(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_laptop_and_server_share_their_tokens():
    assert (HOUSE / "agent" / "pages" / "tokens.css").read_bytes() == (STATIC / "tokens.css").read_bytes()


@pytest.mark.parametrize("theme", [":root {", ':root:not([data-theme="light"])'])
def test_every_pair_of_colours_can_be_read(theme: str):
    colours = block(theme)
    weak = [pair for pair in TEXT if ratio(colours[pair[0]], colours[pair[1]]) < 4.5]
    weak += [pair for pair in PARTS if ratio(colours[pair[0]], colours[pair[1]]) < 3.0]

    assert [] == weak


def test_dark_is_the_same_by_choice_and_by_system():
    assert block(':root:not([data-theme="light"])') == block(':root[data-theme="dark"]')


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_styles_or_scripts_inline(template: Path):
    text = template.read_text()

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)|https?://", text)


@pytest.mark.parametrize("sheet", ["components.css", "pages.css"])
def test_sheets_fetch_nothing_and_upper_case_nothing(sheet: str):
    text = (STATIC / sheet).read_text()

    assert not re.search(r"url\((?!#)|@import|uppercase", text)
