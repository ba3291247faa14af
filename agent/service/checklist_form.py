"""The checklist as a page to tick: one file, no script, nothing from elsewhere, with what doctor says filled in."""
# ruff: noqa: E501 - a page, line by line

import datetime
import html
import re
from collections.abc import Mapping
from typing import NamedTuple

from agent.service import checklist

_STYLE = """
:root { color-scheme: light dark; --line: #8888; --quiet: #5f5f5f; }
@media (prefers-color-scheme: dark) { :root { --quiet: #b4b4b4; } }
body { font: 16px/1.45 "Segoe UI", system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: .75rem 0; padding: .75rem 1rem; }
legend { font-weight: 600; padding: 0 .4rem; }
p { margin: .3rem 0; } code { font: .92em Consolas, monospace; overflow-wrap: anywhere; }
label { margin-right: 1.2rem; white-space: nowrap; }
input[type=radio] { width: 1.1rem; height: 1.1rem; vertical-align: -.15rem; }
textarea, input[type=text] { font: inherit; width: 100%; box-sizing: border-box; margin-top: .4rem; padding: .3rem; }
.told { color: var(--quiet); } .bad { font-weight: 600; }
table { border-collapse: collapse; width: 100%; } td, th { border: 1px solid var(--line); padding: .3rem .5rem; }
th { text-align: left; font-weight: 600; } :focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
@media print { fieldset { break-inside: avoid; } body { margin: 0; } }
"""
_LINK = re.compile(r"\[([^]`]+)\]\([^)]+\)")
"""The form lies where no other page of ours does."""
_CHOICES = (("seen", "As written"), ("other", "Otherwise"), ("not", "Not tried"))


class Facts(NamedTuple):
    """What stands at the top."""

    made_at: datetime.datetime
    version: str
    device: str
    server: str
    policy: int


def page(facts: Facts, found: Mapping[str, tuple[str, str]]) -> str:
    """Return the page; `found`: doctor's state and reason by name. Pure."""
    states = {name: state for name, (state, _why) in found.items()}
    rows = [
        ("Written", facts.made_at.strftime("%Y-%m-%d %H:%M UTC")),
        ("Agent", facts.version),
        ("Device", facts.device or "not enrolled, or the service does not run"),
        ("Server", facts.server or "-"),
        ("Settings", str(facts.policy) if facts.policy else "none yet"),
    ]
    told = [
        (name, f"{state}: {why}" if why else state, state != "works") for name, (state, why) in found.items()
    ]
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><title>Gatepost: one Windows laptop</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_STYLE}</style></head><body><main>",
        "<h1>Gatepost: one Windows laptop, before a rollout</h1>",
        f"<p>{checklist.minutes()} minutes: the parts with a time. Tick, write, then print it or save it as PDF "
        "(Ctrl+P): the page keeps nothing by itself.</p>",
        _table("What the laptop says of itself", [(*row, False) for row in rows] + told),
        '<p><label for="who">Your name, the laptop\'s model, the version of Windows (winver)</label>'
        '<input type="text" id="who" autocomplete="off"></p>',
        "<h2>Before you begin</h2><ul>",
        *(f"<li>{_words(each)}</li>" for each in checklist.BEFORE),
        "</ul>",
    ]
    chapter = ""
    for number, part, step in checklist.numbered():
        if part.name != chapter:
            chapter = part.name
            parts.append(f"<h2>{number.partition('.')[0]}. {_words(checklist.title_of(part))}</h2>")
        parts.append(_step(number, step, states))
    parts += ["<h2>If something fails</h2>", *(f"<p>{_words(each)}</p>" for each in checklist.rescue())]
    parts += [
        '<p><label for="end">What you saw that stands nowhere here</label>'
        '<textarea id="end" rows="4"></textarea></p>',
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _table(caption: str, rows: list[tuple[str, str, bool]]) -> str:
    cells = "".join(
        f'<tr><th scope="row">{_words(name)}</th><td{" class=bad" if bad else ""}>{html.escape(value)}</td></tr>'
        for name, value, bad in rows
    )
    return f"<h2>{_words(caption)}</h2><table>{cells}</table>"


def _step(number: str, step: checklist.Step, states: Mapping[str, str]) -> str:
    name = f"step-{number.replace('.', '-')}"
    choices = "".join(
        f'<label><input type="radio" name="{name}" value="{value}"> {words}</label>'
        for value, words in _CHOICES
    )
    told = checklist.decide_told(step, states)
    says = f'<p class="told">Doctor: {_words(", ".join(told))}</p>' if told else ""
    return (
        f"<fieldset><legend>{number}</legend><p>{_words(step.do)}</p>"
        f"<p><strong>To be seen:</strong> {_words(step.see)}</p>{says}<p>{choices}</p>"
        f'<label for="{name}-note">Note</label><input type="text" id="{name}-note" autocomplete="off"></fieldset>'
    )


def _words(text: str) -> str:
    """Return text for the page: `code` and *names* of the server's pages set apart, other pages by name."""
    text = _LINK.sub(r"docs/\1", text).replace("**", "*")
    pieces = html.escape(text).split("`")
    for number in range(0, len(pieces), 2):
        plain = pieces[number].split("*")
        pieces[number] = "".join(
            f"<em>{each}</em>" if index % 2 else each for index, each in enumerate(plain)
        )
    for number in range(1, len(pieces), 2):
        pieces[number] = f"<code>{pieces[number]}</code>"
    return "".join(pieces)
