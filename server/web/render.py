"""From a page's facts to its HTML: one environment per language, autoescape on. Headers: `server.app`."""

import functools
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from markupsafe import Markup

from policies.settings import LANGUAGES, Language
from server.web import doors, labels, own_words
from server.web.help_view import Told
from server.web.names import harmless, name_markup
from server.web.words import LANGUAGE_COOKIE, LANGUAGE_NAMES, Words, choose_language, translations, words_in

HERE = Path(__file__).parent.parent
STATIC = HERE / "static"
TEMPLATES = HERE / "templates"
THEME_COOKIE = "gatepost_theme"
THEMES = ("light", "dark")
YEAR_SECONDS = 365 * 86400


@cache
def _icons() -> dict[str, str]:
    source = (STATIC / "icons.svg").read_text(encoding="utf-8")
    return dict(re.findall(r'<symbol id="([a-z]+)"[^>]*>(.*?)</symbol>', source, re.S))


_TURNING = {"door", "stick", "next", "back", "sent"}


def icon(name: str) -> Markup:
    """Return one icon, hidden from screen readers: the word beside it says the same."""
    turns = " turns" if name in _TURNING else ""
    body = Markup(_icons()[name])  # noqa: S704 - our own file, read at start
    return Markup('<svg class="ic{}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>').format(turns, body)


@cache
def static_address(name: str) -> str:
    """Return the address of a static file with its hash, so that an update is never half cached."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


@cache
def environment(language: Language) -> Environment:
    """Return the templates of one language."""
    words = words_in(language)
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(
        name=name_markup,
        plain_name=harmless,
        own=own_words.bind(words),
        refusal=own_words.bind_refusals(words),
        clock=words.clock,
        moment=words.moment,
        date=words.date,
        stamp=words.stamp,
        span=words.span,
        ago=words.ago,
        number=words.number,
        join_words=words.join,
        join_names=lambda names: _join_names(words, names),
        pair=lambda value: (value, harmless(value, 60)),
    )
    label = labels.bind(words)
    made.filters["role_label"] = functools.partial(label, "role")
    made.globals.update(beside=doors.beside, icon=icon, static=static_address, w=words, label=label)
    return made


def _join_names(words: Words, names: Iterable[object]) -> Markup:
    """Return "a, b and c" of names from elsewhere, each harmless and walled in."""
    return Markup(words.join(str(name_markup(name, 60)) for name in names))  # noqa: S704 - escaped one by one


def language_of(request: Request[Any, Any, Any], preferred: str | None = None) -> Language:
    """Return the language this request is answered in."""
    return choose_language(
        request.query_params.get("lang"),
        request.cookies.get(LANGUAGE_COOKIE),
        preferred,
        request.headers.get("accept-language", ""),
    )


def address_with(request: Request[Any, Any, Any], **changes: str) -> str:
    """Return the address of this page with some of its query changed."""
    kept = [(key, value) for key, value in request.query_params.multi_items() if key not in changes]
    query = urlencode([*kept, *changes.items()])
    return request.url.path + (f"?{query}" if query else "")


def words_of(request: Request[Any, Any, Any], viewer: doors.Viewer | None = None) -> Words:
    """Return the words this request is answered with."""
    return words_in(language_of(request, viewer.language if viewer else None))


def labels_of(request: Request[Any, Any, Any], viewer: doors.Viewer) -> Callable[[str, str], str]:
    """Return the lookup of words for codes in the language this request is answered in."""
    return labels.bind(words_of(request, viewer))


def module(language: Language, template: str, now: datetime) -> Any:
    """Return a template's macros, for a caller that draws many of them at one time."""
    return environment(language).get_template(template).make_module({"now": now})


def fragment(language: Language, template: str, macro: str, *given: object, **context: object) -> str:
    """Return one macro's HTML, for the parts of a page that arrive later."""
    macros = module(language, template, datetime.now(UTC))
    return str(getattr(macros, macro)(*given, **context)).strip()


def render(
    request: Request[Any, Any, Any],
    template: str,
    context: Mapping[str, object],
    *,
    viewer: doors.Viewer | None,
    csrf: str = "",
    school: str = "",
    status: int = 200,
    preferred: str | None = None,
    calls: Told | None = None,
) -> Response[str]:
    """
    Return a whole page in the reader's language and chosen look.

    `?lang=` and `?theme=` are remembered in a cookie; both work without script.
    """
    language = language_of(request, viewer.language if viewer else preferred)
    cookies = []
    asked = request.query_params.get("lang")
    if asked in LANGUAGES:
        cookies.append(_preference(LANGUAGE_COOKIE, asked))
    theme = request.query_params.get("theme")
    if theme is not None:
        cookies.append(_preference(THEME_COOKIE, theme if theme in THEMES else "system"))
    else:
        theme = request.cookies.get(THEME_COOKIE)
    filled = (
        environment(language)
        .get_template(template)
        .render(
            now=datetime.now(UTC),
            lang=language,
            languages=[(code, LANGUAGE_NAMES[code], address_with(request, lang=code)) for code in LANGUAGES],
            theme=theme if theme in THEMES else "system",
            themes=[(code, address_with(request, theme=code)) for code in ("system", *THEMES)],
            viewer=viewer,
            pages=[(page, f"/{page}", doors.ICONS[page]) for page in doors.pages_of(viewer)]
            if viewer
            else [],
            csrf=csrf,
            school=school,
            calls=calls or Told(),
            this_page=address_with(request),
            **context,
        )
    )
    return Response(filled, status_code=status, media_type=MediaType.HTML, cookies=cookies)


def _preference(key: str, value: str) -> Cookie:
    return Cookie(
        key=key, value=value, max_age=YEAR_SECONDS, path="/", secure=True, httponly=True, samesite="lax"
    )
