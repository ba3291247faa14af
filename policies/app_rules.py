"""What follows when an app comes to the front, by the lists of the settings. Pure."""

import unicodedata
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

import msgspec

from policies.lab_settings import AppAnswer, AppRule, AppsSettings, Session
from policies.settings_base import Tier

DESKTOP_PARTS = frozenset(
    (
        *("xfdesktop", "xfce4-panel", "xfce4-session", "xfce4-session-logout", "xfce4-notifyd", "xfwm4"),
        *("xfce4-power-manager", "wrapper-2.0", "gnome-shell", "gnome-session", "plasmashell", "ksmserver"),
        *("lxqt-panel", "lxqt-session", "lxqt-leave", "lxpanel", "lxsession-logout", "pcmanfm-desktop"),
        *("mate-panel", "mate-session", "mate-session-save", "cinnamon", "cinnamon-session", "tint2"),
        *("openbox", "nm-applet", "blueman-applet", "polkit-gnome-authentication-agent-1", "xfce-polkit"),
        *("explorer", "startmenuexperiencehost", "shellexperiencehost", "searchhost", "searchapp"),
        *("shellhost", "applicationframehost", "lockapp", "logonui", "consent", "textinputhost", "osk"),
        *("narrator", "magnify", "utilman", "atbroker"),
        *("lxpolkit", "orca", "onboard", "florence", "magnus", "ibus-ui-gtk3"),
    )
)
"""What a desktop is made of, how one signs out of it, and what helps to see and to type: *every other app*
never means these. A row of their own does."""


ANSWERS: tuple[AppAnswer, ...] = ("allow", "notify", "ask", "close")
"""From the weakest to the strictest."""


class Verdict(NamedTuple):
    """What follows, and the row that says so."""

    answer: AppAnswer
    rule: AppRule | None
    lacks_consent: bool = False
    """A parent has not consented: no teacher's yes opens it."""


def key_of(name: str) -> str:
    """Fold a name as the register of apps does: case and width do not matter."""
    return unicodedata.normalize("NFKC", name).casefold().strip()[:200]


def decide_app(
    apps: AppsSettings, session: Session, app: str, program: str, consents: Collection[str] = ()
) -> Verdict:
    """
    Return what follows for this window class and program; both empty (no window) are always allowed.

    A row may name either. With a row for both, the stricter holds.
    """
    keys = {key_of(app), key_of(program)} - {""}
    if not keys:
        return Verdict("allow", None)
    found = [rule for rule in apps.rules if key_of(rule.app) in keys]
    if not found and keys & DESKTOP_PARTS:
        return Verdict("allow", None)
    if not found:
        return Verdict(apps.unlisted_in_club if session == "club" else apps.unlisted, None)
    rule = max(found, key=lambda each: ANSWERS.index(each.club if session == "club" else each.lesson))
    consented = {key_of(each) for each in consents}
    if any(each.consent and key_of(each.app) not in consented for each in found):
        return Verdict("close", rule, lacks_consent=True)
    return Verdict(rule.club if session == "club" else rule.lesson, rule)


def uses_rules(apps: AppsSettings) -> bool:
    """Say whether any app is treated otherwise than allowed: then the app in front has to be sensed."""
    return (
        apps.unlisted != "allow"
        or apps.unlisted_in_club != "allow"
        or any(_is_special(rule) for rule in apps.rules)
    )


def _is_special(rule: AppRule) -> bool:
    return rule.consent or {rule.lesson, rule.club} != {"allow"}


def opens_more(before: Iterable[AppRule], after: Iterable[AppRule], unlisted: AppsSettings) -> bool:
    """
    Say whether some app may be used more easily by the rows `after` than by those `before`.

    `unlisted` says what followed until now for an app without a row. A row taken out counts, unless it said
    no more than *allowed*: another row may name the same app by its other name.
    """
    old, new = ({key_of(each.app): each for each in rows} for rows in (before, after))
    if any(key not in new and _is_special(row) for key, row in old.items()):
        return True
    usual = AppRule(app="-", lesson=unlisted.unlisted, club=unlisted.unlisted_in_club)
    return any(_is_easier(row, old.get(key, usual)) for key, row in new.items())


def _is_easier(row: AppRule, than: AppRule) -> bool:
    return (
        ANSWERS.index(row.lesson) < ANSWERS.index(than.lesson)
        or ANSWERS.index(row.club) < ANSWERS.index(than.club)
        or (than.consent and not row.consent)
    )


def lists_bind(apps: AppsSettings, tier: Tier) -> bool:
    """Say whether somebody of this tier is bound by the lists. Adults never are."""
    return tier != "adult" and uses_rules(apps)


LISTS = ("apps.rules", "apps.unlisted", "apps.unlisted_in_club")
"""The settings that make a list."""


def listed_anywhere(values: Iterable[Any]) -> bool:
    """Say whether one of these values of LISTS, however written, treats an app otherwise than allowed."""
    for value in values:
        if isinstance(value, str):
            if value != "allow":
                return True
            continue
        rules = msgspec.convert(msgspec.to_builtins(value), tuple[AppRule, ...])
        if any(_is_special(rule) for rule in rules):
            return True
    return False
