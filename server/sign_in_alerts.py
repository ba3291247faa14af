"""Telling the head outside the pages of what must not wait: the break-glass account, guessing at codes.

Through the addresses of `notices.toml`, as for reports; one fixed sentence without a name.
"""

import logging

from server import notices, sign_in_events
from server.db import Database
from server.settings import Folder

TITLES = {"en": "Gatepost: about signing in", "tr": "Gatepost: oturum açma hakkında"}
TEXTS = {
    "en": {
        "break-glass-used": "Somebody signed in with the break-glass account.",
        "code-guessing": "Somebody knows a colleague's password and guesses at the second step.",
    },
    "tr": {
        "break-glass-used": "Birisi acil durum hesabıyla oturum açtı.",
        "code-guessing": "Birisi bir meslektaşınızın parolasını biliyor ve ikinci adımı deniyor.",
    },
}
CLOSING = {
    "en": "Sign in and see Staff: {address}",
    "tr": "Oturum açıp Çalışanlar sayfasına bakın: {address}",
}
log = logging.getLogger(__name__)


def words(language: str, what: str, address: str) -> tuple[str, str]:
    """Return title and text of a message. Pure."""
    language = language if language in TITLES else "en"
    return TITLES[
        language
    ], f"{TEXTS[language][what]}\n{CLOSING[language].format(address=f'{address}/staff')}"


def send_due(db: Database, folder: Folder, address: str) -> int:
    """Tell every head with an address what they were not told yet; returns how many messages arrived."""
    with db.read() as connection:
        waiting = sign_in_events.list_waiting(connection)
        heads = sign_in_events.heads(connection)
    if not waiting:
        return 0
    known, sent = notices.read(folder), 0
    for event in waiting:
        arrived = False
        for name, language in heads:
            urls = known.to.get(name, ())
            if urls and notices.send(urls, *words(language, event.what, address)):
                arrived, sent = True, sent + 1
        if not arrived:
            log.warning("no head could be told about signing in: the pages say it")
        with db.write() as connection:
            sign_in_events.note_told(connection, event.id, arrived=arrived)
    return sent
