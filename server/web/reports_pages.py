"""The officers' pages: shells around scripts that hold the keys. The server fills in words, never a story.

Inbox, case and print are one page: an officer's key lives in its memory only, so that moving between them
must not load another page. Scripts come under an address that names all of them at once.
"""

import functools
import hashlib
from datetime import UTC, datetime

from babel.messages.extract import extract_from_file
from litestar import Response, get
from litestar.datastructures import CacheControlHeader

from policies import sealing
from policies.settings import Language
from server import access, accounts, state
from server.errors import NotFound
from server.web import common, doors, render
from server.web.common import Asked
from server.web.words import translations

SCRIPTS = render.STATIC / "reports"
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Stricter than elsewhere: nothing somebody wrote can become markup, whatever a script does."""
KEYWORDS = {"say": None, "count": (1, 2)}


@functools.cache
def scripts() -> dict[str, bytes]:
    """Return every script of these pages by name."""
    return {path.name: path.read_bytes() for path in sorted(SCRIPTS.glob("*.js"))}


@functools.cache
def version() -> str:
    """Return one hash of all scripts: their address, and what a school can compare with a release's."""
    return hashlib.sha256(
        sealing.bind("scripts", *(part for pair in scripts().items() for part in pair))
    ).hexdigest()


def fingerprint() -> str:
    """Return that hash as people compare it."""
    return sealing.fingerprint(bytes.fromhex(version()))


@functools.cache
def script_words(language: Language) -> dict[str, str | list[str]]:
    """Return what the scripts say, by its English; empty for English."""
    if language == "en":
        return {}
    known, said = translations(language), dict[str, str | list[str]]()
    for path in sorted(SCRIPTS.glob("*.js")):
        for _, message, _, _ in extract_from_file("javascript", path, keywords=KEYWORDS):
            if isinstance(message, tuple):
                said[message[0]] = [known.ngettext(message[0], message[1], number) for number in (1, 2)]
            else:
                said[message] = known.gettext(message)
    return said


@get("/scripts/{script_version:str}/{name:str}", sync_to_thread=False)
def show_script(script_version: str, name: str) -> Response[bytes]:
    """Give one script; an address of another version is gone, so that a page is never half new."""
    found = scripts().get(name)
    if found is None or script_version != version()[:16]:
        raise NotFound("there is no such script")
    kept = CacheControlHeader(max_age=render.YEAR_SECONDS, immutable=True).to_header()
    return Response(found, media_type="text/javascript; charset=utf-8", headers={"Cache-Control": kept})


def _shell(request: Asked, template: str, page: str, here: str, facts: dict[str, object]) -> Response[str]:
    viewer = common.must_view(request)
    language = render.words_of(request, viewer).language
    shown = common.show(
        request,
        template,
        here,
        {
            "script": f"/scripts/{version()[:16]}/{page}.js",
            "script_words": script_words(language),
            "facts": {"scripts": fingerprint(), **facts},
            "icons": SHAPES,
            "token": access.csrf_token(request),
        },
    )
    shown.headers["Content-Security-Policy"] = CONTENT_POLICY
    return shown


@get("/reports", guards=[common.opens("reports")], sync_to_thread=True)
def show_reports(request: Asked) -> Response[str]:
    """Show the inbox of sealed reports."""
    return _cases(request)


@get("/reports/case/{case:str}", guards=[common.opens("reports")], sync_to_thread=True)
def show_case(request: Asked, case: str) -> Response[str]:
    """Show one case; whether it may be opened, the API and the reader's key decide."""
    return _cases(request)


@get("/reports/case/{case:str}/print", guards=[common.opens("reports")], sync_to_thread=True)
def print_case(request: Asked, case: str) -> Response[str]:
    """Show one case as it goes on paper, made in the officer's browser."""
    return _cases(request)


def _cases(request: Asked) -> Response[str]:
    with state.of(request).db.read() as connection:
        facts = common.policy_facts(connection)
        names = [person.display_name for person in accounts.list_staff(connection)]
    report = facts.report
    school: dict[str, object] = {
        "school": facts.school,
        "staff": names,
        "agencies": list(report.agencies),
        "enabled": report.enabled,
        "danger_minutes": report.danger_minutes,
        "soon_minutes": report.soon_minutes,
        "helplines_old": _is_old(report.helplines_checked),
    }
    return _shell(request, "reports.html", "cases_page", "reports", school)


def _is_old(checked: object) -> bool:
    """Say whether nobody has rung the helplines for a year (R88)."""
    return not hasattr(checked, "year") or (datetime.now(UTC).date() - checked).days > 365  # type: ignore[operator]


@get("/reports/keys", guards=[common.opens("keys")], sync_to_thread=True)
def show_keys(request: Asked) -> Response[str]:
    """Show one's own key, everybody's, and what is missing before reporting can be switched on."""
    with state.of(request).db.read() as connection:
        facts = common.policy_facts(connection)
    school: dict[str, object] = {"school": facts.school, "enabled": facts.report.enabled}
    return _shell(request, "reports_keys.html", "keys_page", "keys", school)


@get("/reports/write", sync_to_thread=True)
def show_write(request: Asked) -> Response[str]:
    """Show the form on which any member of staff writes a sealed report."""
    access.signed_in(request)
    with state.of(request).db.read() as connection:
        facts = common.policy_facts(connection)
        names = [person.display_name for person in accounts.list_staff(connection)]
    school: dict[str, object] = {
        "school": facts.school,
        "staff": names,
        "me": access.signed_in(request).display_name,
    }
    return _shell(request, "reports_write.html", "write_page", "concerns", school)


SHAPES = tuple(sorted({*doors.ICONS.values(), *(
    "lock", "unlock", "hand", "tick", "glass", "octagon", "info", "ring", "seal", "eye", "clock", "key",
    "printer", "plus", "search", "next", "back", "chat", "doc", "pause", "laptop", "people", "person",
    "phone", "tie", "check", "sent", "nosignal",
)}))  # fmt: skip
"""Icons that scripts may want: they clone them, because they cannot make markup."""
ROUTES = [show_script, show_reports, show_case, print_case, show_keys, show_write]
