"""What the cover of *Eyes to the front* says: from the teacher, and the way to help. It names no child."""

from datetime import datetime

from agent.backends.desktop import FrontWords
from agent.link.lab_pages import AttentionPage
from agent.words import Say
from policies.settings import Tier

MOST_LETTERS = 300
_TIER_SCALES: dict[Tier, int] = {"early": 140, "junior": 115}


def front_words(say: Say, page: AttentionPage) -> FrontWords:
    """Return the cover's words for one order."""
    said = " ".join(page.words.split())[:MOST_LETTERS]
    return FrontWords(
        title=say("Eyes to the front"),
        said=say("“{words}”", words=said) if said else "",
        by=_by(say, page),
        school=page.school,
        tell=tell_words(say, reports=page.reports),
        scale=max(page.text_scale, _TIER_SCALES.get(page.tier, 100)),
    )


def waiting_words(say: Say, *, school: str, tell: str) -> FrontWords:
    """Return what can be drawn before any teacher has said anything."""
    return FrontWords(say("Eyes to the front"), "", "", school, tell)


def tell_words(say: Say, *, reports: bool) -> str:
    """Return the way to a report; where nothing can be reported, to help."""
    return say("Something’s wrong") if reports else say("I need help")


def _by(say: Say, page: AttentionPage) -> str:
    try:
        back = say.time(datetime.fromisoformat(page.until).astimezone())
    except ValueError:
        back = ""
    if not back:
        return say.you("From {name} · your work is safe", name=page.by)
    return say.you("From {name} · your work is safe and comes back at {time}", name=page.by, time=back)
