"""A page as data becomes one HTML document. Pure: no clock beyond `now`, no window, no network.

The document carries everything it needs and may load nothing: style and script are inlined under their
hashes, and its policy forbids the rest.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Literal

from agent.link import pages
from agent.window import (
    app_ask,
    countdown,
    gate,
    lesson,
    notice,
    panel,
    receipt,
    record,
    report,
    rules,
    stick,
)
from agent.window.markup import PAGES, Html, tag, together
from agent.window.report_draft import decide_readers, picked_json
from agent.words import Say
from policies.settings import LANGUAGES, Language

Theme = Literal["", "light", "dark"]
STYLES = ("tokens.css", "components.css", "window.css")


class Paper:
    """What a page is drawn with besides its data: the local time, and whether a desktop is around it."""

    def __init__(self, now: datetime, *, bare: bool = False) -> None:
        self.now = now
        self.bare = bare
        """No window manager: the window is the whole screen."""


def languages_of(page: pages.AnyPage) -> tuple[Language, ...]:
    """Return the languages the reader may switch between, in the order offered."""
    if isinstance(page, pages.GatePage | pages.RulesPage):
        return tuple(text.language for text in page.agreement.texts)
    if isinstance(page, pages.RecordPage | pages.ReportPage | pages.ReceiptPage | pages.RepliesPage):
        return LANGUAGES
    return (page.language,)


def first_language(page: pages.AnyPage) -> Language:
    """Return the language shown first."""
    offered = languages_of(page)
    return page.language if page.language in offered else offered[0]


def render(page: pages.AnyPage, now: datetime, *, bare: bool = False, theme: Theme = "") -> str:
    """Return the whole document. `now` is local and aware."""
    style, script = _style(), _script(kind_of(page))
    policy = (
        "default-src 'none'; "
        f"style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'; form-action 'none'"
    )
    first = first_language(page)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title_of(page)),
        Html(f"<style>{style}</style>"),
    )
    document = tag(
        "html",
        head,
        tag("body", body(page, now, bare=bare), Html(f"<script>{script}</script>"), **_marks(page)),
        lang=first,
        dir="ltr",
        data_tier=page.tier,
        data_theme=theme or None,
    )
    return "<!doctype html>\n" + document


def body(page: pages.AnyPage, now: datetime, *, bare: bool = False) -> Html:
    """Return the blocks of the page, one per language and screen; all but one are hidden by the script."""
    paper = Paper(now, bare=bare)
    return together(
        *(_blocks(page, Say(language, page.tier), paper) for language in languages_of(page)),
    )


def title_of(page: pages.AnyPage) -> str:
    """Return the window's title."""
    say = Say(first_language(page), page.tier)
    return _titles(page, say)


def _titles(page: pages.AnyPage, say: Say) -> str:
    titles: dict[type[pages.Page], Callable[[Say], str]] = {
        pages.CountdownPage: lambda say: say.you("Still there?"),
        pages.PanelPage: lambda say: "Gatepost",
        pages.RulesPage: lambda say: say.you("The rules I accepted"),
        pages.RecordPage: lambda say: say("What is recorded about me"),
        pages.NoticePage: lambda say: "Gatepost",
        pages.StickPage: lambda say: say("USB stick"),
        pages.ReportPage: lambda say: say("Something’s wrong"),
        pages.ReceiptPage: lambda say: say("Something’s wrong"),
        pages.RepliesPage: lambda say: say.you("What adults answered you"),
        pages.AttentionPage: lambda say: say("Eyes to the front"),
        pages.MessagePage: lambda say: say("From your teacher"),
        pages.AppPage: lambda say: say("Apps"),
    }
    if isinstance(page, pages.GatePage):
        return gate.text_of(page, say.language).title
    return titles[type(page)](say)


def _blocks(page: pages.AnyPage, say: Say, paper: Paper) -> Html:
    if isinstance(page, pages.GatePage):
        return gate.blocks(page, say)
    if isinstance(page, pages.CountdownPage):
        return countdown.block(page, say)
    if isinstance(page, pages.PanelPage):
        return panel.block(page, say)
    if isinstance(page, pages.RulesPage):
        return rules.block(page, say, paper.now)
    if isinstance(page, pages.RecordPage):
        return record.block(page, say, paper.now)
    if isinstance(page, pages.StickPage):
        return stick.block(page, say, paper.now)
    if isinstance(page, pages.ReportPage):
        return report.blocks(page, say)
    if isinstance(page, pages.ReceiptPage):
        return receipt.receipt(page, say)
    if isinstance(page, pages.RepliesPage):
        return receipt.replies(page, say, paper.now)
    if isinstance(page, pages.AppPage):
        return app_ask.block(page, say)
    if isinstance(page, pages.AttentionPage):
        return lesson.attention(page, say)
    if isinstance(page, pages.MessagePage):
        return lesson.message(page, say)
    return notice.block(page, say, paper.now, bare=paper.bare)


def _marks(page: pages.AnyPage) -> dict[str, str | int]:
    marks: dict[str, str | int] = {"data_kind": kind_of(page)}
    if isinstance(page, pages.GatePage) and page.reads_at_once and page.read_aloud:
        marks["data_reads"] = 1
    if isinstance(page, pages.CountdownPage):
        marks["data_seconds"] = page.seconds
    if isinstance(page, pages.ReportPage):
        marks["data_picked"] = picked_json(page)
        marks["data_readers"] = json.dumps(readers_of(page))
        marks["data_first"] = 1 if page.draft is not None and page.draft.words else 0
    return marks


def readers_of(page: pages.ReportPage) -> list[str]:
    """Return the ids of those who would read it as it stood when the window opened."""
    draft = page.draft
    found = decide_readers(
        page.readers, draft.subject if draft else "nobody-known", draft.not_to if draft else ()
    )
    return [reader.id for reader in found]


def kind_of(page: pages.AnyPage) -> str:
    """Return the page's tag: gate, countdown, panel, report, receipt and so on."""
    return str(type(page).__struct_config__.tag)


@lru_cache(maxsize=1)
def _style() -> str:
    return "\n".join((PAGES / name).read_text(encoding="utf-8") for name in STYLES)


@lru_cache(maxsize=2)
def _script(kind: str) -> str:
    names = ("window.js", "report.js") if kind == "report" else ("window.js",)
    return "\n".join((PAGES / name).read_text(encoding="utf-8") for name in names)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
