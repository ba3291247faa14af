"""What Gatepost itself wrote where people write their name or reason, said in the reader's language.

Kept in English, as it was said when it happened; whatever people wrote stays as they wrote it.
"""

import re
from collections.abc import Callable

from policies.media import COMMAND_LINE
from server.web.policy_labels import LABELS
from server.web.policy_view import stop_reason
from server.web.words import Words


def _(message: str) -> str:
    """Mark a text for translation; it is said later, in the reader's language."""
    return message


_WHOLE = {
    COMMAND_LINE: _("command line"),
    "the first policy": _("the first settings"),
    "back to the last good settings": _("back to the last good settings"),
    "reporting is switched on": _("reporting is switched on"),
    "reporting is switched off": _("reporting is switched off"),
    "every helpline was tried": _("every helpline was tried"),
    "the machine was enrolled again": _("the machine was enrolled again"),
    "two different records at one place: a copied or rolled back disk": _(
        "two different records at one place: a copied or rolled back disk"
    ),
}
_OFFICERS = re.compile(r"officers, list (\d{1,9})")
_ANEW = re.compile(r"made anew as (\d{1,9})")
_STOPPED = re.compile(r"rollout (\d{1,9}) was stopped: (.*)", re.DOTALL)
_BY = re.compile(r"stopped by (.*)", re.DOTALL)
_UNSAID = "it did not say why"
_NOT_REACHED = re.compile(r"nothing answered at (.*?); still with (.*)", re.DOTALL)


def bind(words: Words) -> Callable[[object], object]:
    """Return the lookup in one language; what people wrote comes back as it is, not yet harmless."""

    def own(value: object) -> object:
        text = str(value)
        if text in _WHOLE:
            return words.say(_WHOLE[text])
        if found := _OFFICERS.fullmatch(text):
            return words.say(_("officers, list %(number)s"), number=found[1])
        if found := _ANEW.fullmatch(text):
            return words.say(_("made anew as change %(number)s"), number=found[1])
        if found := _STOPPED.fullmatch(text):
            return words.say(
                _("Rollout %(number)s was stopped. %(why)s"), number=found[1], why=_why(words, found[2])
            )
        return value

    return own


def bind_refusals(words: Words) -> Callable[[object], object]:
    """Return the lookup of why a laptop refused its settings; its own words come back as they are."""

    def refusal(value: object) -> object:
        text = str(value)
        if text == _UNSAID:
            return words.say(_("It did not say why."))
        if found := _NOT_REACHED.fullmatch(text):
            return words.say(
                _("Nothing answered at %(tried)s; still with %(kept)s."), tried=found[1], kept=found[2]
            )
        return value

    return refusal


def _why(words: Words, note: str) -> str:
    if found := _BY.fullmatch(note):
        name = words.say(_WHOLE[found[1]]) if found[1] in _WHOLE else found[1]
        return words.say(_("By %(name)s."), name=name)
    code = stop_reason(note)
    known = LABELS["stop-reason"][code]
    return words.say(known) if code else note
