"""What a text promises and the settings do not keep: it says 5 minutes, the policy says 10 (R84).

Every text a person accepts is searched for a number of seconds, minutes, hours or days in a sentence about
something that a setting decides. Such a number has to be what holds, everywhere and for all who read it.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from policies import composing, resolving
from policies.agreements import Agreement, AgreementRefused
from policies.setting_names import get_value
from policies.settings import SettingsRefused, Tier
from policies.tree import PolicyTree

_UNITS = {
    "second": 1,
    "saniye": 1,
    "minute": 60,
    "dakika": 60,
    "hour": 3600,
    "saat": 3600,
    "day": 86400,
    "gün": 86400,
}
_NUMBER = re.compile(
    r"(?<![\d.,:])(\d{1,4})\s*[-\u2011 ]?\s*(second|saniye|minute|dakika|hour|saat|day|gün)", re.I
)


class Topic(NamedTuple):
    """What a sentence is about, and which setting decides it."""

    setting: str
    seconds_each: int
    """Seconds in one of what the setting counts."""
    about: re.Pattern[str]


TOPICS = (
    Topic(
        "lock.sign_out_after_seconds",
        1,
        re.compile(r"\bsign(s|ed)?\b[^.]*\bout\b|\blog(s|ged)?\b[^.]*\b(off|out)\b|oturum[^.]*kapa", re.I),
    ),
    Topic("lock.idle_after_seconds", 1, re.compile(r"\block(s|ed|ing)?\b|kilit", re.I)),
    Topic(
        "login.offline_days", 86400, re.compile(r"\boffline\b|without the server|çevrimdışı|sunucusuz", re.I)
    ),
    Topic("report.answer_within_hours", 3600, re.compile(r"\b(answer|repl(y|ies))|yanıt|cevap", re.I)),
    Topic("usb.longest_approval_days", 86400, re.compile(r"\b(approv|permission)|onay|izin", re.I)),
)
"""The first that fits counts: a sentence about signing out names the lock, too."""


class Promise(NamedTuple):
    """A number in a text that is not what holds."""

    sentence: str
    """As it stands in the text."""
    tiers: tuple[Tier, ...]
    """Who reads it."""
    setting: str
    said: int
    """As the setting counts it."""
    holds: tuple[Any, ...]
    """What holds instead, somewhere or for somebody."""


def broken_promises(tree: PolicyTree) -> list[Promise]:
    """Return each number in a text of this school that the settings do not keep."""
    found: dict[tuple[str, str, int], Promise] = {}
    for agreement in _agreements(tree):
        for sentence in _sentences(agreement):
            for topic, said in _numbers(sentence):
                holds = tuple(
                    value for value in _values(tree, topic.setting, agreement.tier) if value != said
                )
                if not holds:
                    continue
                key = (sentence, topic.setting, said)
                before = found.get(key)
                tiers = (*(before.tiers if before else ()), agreement.tier)
                found[key] = Promise(sentence, tiers, topic.setting, said, holds)
    return list(found.values())


def _agreements(tree: PolicyTree) -> tuple[Agreement, ...]:
    try:
        return composing.compose(tree.school, resolving.agreement_settings(tree), tree.tiers)
    except (AgreementRefused, SettingsRefused):
        return ()  # whoever saves it is told so; there is no text yet that could promise anything


def _sentences(agreement: Agreement) -> Iterator[str]:
    for text in agreement.texts:
        for words in _texts(msgspec.to_builtins(text)):
            yield from (each.strip() for each in re.split(r"(?<=[.!?…])\s+|\n", words) if each.strip())


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for each in part.values():
            yield from _texts(each)
    elif isinstance(part, list | tuple):
        for each in part:
            yield from _texts(each)


def _numbers(sentence: str) -> Iterator[tuple[Topic, int]]:
    topic = next((each for each in TOPICS if each.about.search(sentence)), None)
    if topic is None:
        return
    for number, unit in _NUMBER.findall(sentence):
        seconds = int(number) * _UNITS[unit.lower()]
        if seconds % topic.seconds_each == 0:
            yield topic, seconds // topic.seconds_each


def _values(tree: PolicyTree, setting: str, tier: Tier) -> list[Any]:
    """Return what this setting is anywhere, at any time, for people of this tier."""
    values = [get_value(tree.settings, setting)]
    for layer in tree.layers:
        if setting in layer.change and (not layer.tiers or tier in layer.tiers):
            value = layer.change[setting]
            values += [] if value in values else [value]
    return values
