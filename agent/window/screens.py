"""Which sections of an agreement stand together on one screen. Pure."""

from typing import NamedTuple

from policies.agreements import AgreementText, Section
from policies.settings import Tier

EARLY_SCREENS = 2
EARLY_CARDS = 4


class Screen(NamedTuple):
    """What is shown at once: one section, or for the youngest several with their cards side by side."""

    sections: tuple[Section, ...]
    first: int
    """Index of its first section in the text."""


def screens_of(text: AgreementText, tier: Tier) -> tuple[Screen, ...]:
    """Return the screens in reading order: at most two for the youngest, else one per section."""
    if tier != "early":
        return tuple(Screen((section,), index) for index, section in enumerate(text.sections))
    sizes = [len(section.sentences) for section in text.sections]
    if sum(sizes) <= EARLY_CARDS or len(sizes) == 1:
        return (Screen(text.sections, 0),)
    cut = min(range(1, len(sizes)), key=lambda at: (abs(sum(sizes[:at]) - sum(sizes[at:])), -at))
    return (Screen(text.sections[:cut], 0), Screen(text.sections[cut:], cut))
