"""The small window of one memory stick: shut, asked, being checked, open, or shut for good, and why."""

from datetime import date, datetime
from typing import Literal, NamedTuple

from agent.link import pages
from agent.window.markup import Html, icon, tag
from agent.window.parts import choice_button, contacts_list, report_button, small_window
from agent.window.wording import moment_of
from agent.words import Say
from policies.media import COMMAND_LINE, ShutReason

MOST_TRIES = 5
_SIZES = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"))
_SIGNS = {
    "shut": ("off", "ring"),
    "asked": ("wait", "glass"),
    "locked": ("wait", "lock"),
    "checking": ("info", "scan"),
    "open": ("ok", "tick"),
    "stays-shut": ("stop", "octagon"),
}


class StickWords(NamedTuple):
    """What the window says."""

    device: str
    state: str
    title: str
    said: str


def words_for(page: pages.StickPage, say: Say, now: datetime) -> StickWords:
    """Return the words of this moment."""
    title, said = _state_words(page, say, now)
    states = {
        "shut": say("Shut"),
        "asked": say("Asked"),
        "locked": say("Locked"),
        "checking": say("Checking"),
        "open": say("Opened"),
        "stays-shut": say("Stays shut"),
    }
    return StickWords(device_words(page, say), states[page.state], title, said)


def device_words(page: pages.StickPage, say: Say) -> str:
    """Return what kind of device it is, and how large."""
    kinds = {"phone": say("Phone or camera"), "card": say("Memory card"), "mixed": say("USB device")}
    kind = kinds.get(page.media, say("USB stick"))
    for size, unit in _SIZES:
        if page.size_bytes >= size:
            return f"{kind}, {round(page.size_bytes / size)} {unit}"
    return kind


def _time(written: str, say: Say, now: datetime) -> str:
    at = moment_of(written)
    if at is None:
        return ""
    local = at.astimezone(now.tzinfo)
    return (
        say.time(local)
        if local.date() == now.date()
        else f"{say.day(local.date(), now.date())}, {say.time(local)}"
    )


def _state_words(page: pages.StickPage, say: Say, now: datetime) -> tuple[str, str]:
    until = _time(page.until, say, now)
    match page.state:
        case "shut":
            for_now = say("This stick stays shut for now")
            return _shut_title(page, say) if page.access == "copy" else for_now, _why_asking(page, say)
        case "asked":
            at = _time(page.asked_at, say, now)
            return (
                say("Waiting for an adult"),
                say.you("Asked at {time}. You can go on working. Leave the stick in.", time=at),
            )
        case "locked":
            return say("This stick is encrypted"), _locked_words(page, say)
        case "checking":
            said = say("{name} said yes until {time}.", name=page.by, time=until)
            if page.by in ("", COMMAND_LINE):
                said = say("An adult said yes until {time}.", time=until)
            return say("Allowed. Now it is being checked"), f"{said} {say.you('Please leave the stick in.')}"
        case "open":
            return say("Ready to use"), _open_words(page, say, until, now)
    if page.reason is None:
        return (
            _shut_title(page, say),
            say.you(
                "You have asked for it many times. Speak to an adult, or take it out and plug it in again."
            ),
        )
    return _shut_words(page.reason, page, say)


def _shut_title(page: pages.StickPage, say: Say) -> str:
    """Return that it stays shut. Of a phone, *shut* would be heard as switched off."""
    titles = {
        "phone": say("This phone or camera is not opened here"),
        "card": say("This memory card stays shut"),
        "mixed": say("This device is not opened here"),
    }
    return titles.get(page.media, say("This stick stays shut"))


def _why_asking(page: pages.StickPage, say: Say) -> str:
    if page.reason == "denied":
        said = say("An adult said no this time.")
        return f"{said} {page.because}".strip()
    if page.reason == "expired":
        return say.you("The time it was allowed for is over. You can ask again.")
    if page.reason == "revoked":
        return say.you("An adult has ended the permission. You can ask again.")
    if page.access == "copy":
        return say.you(
            "You can ask for a copy of its files. An adult has to say yes, and the laptop checks them first."
        )
    return say("Sticks are opened only after an adult says yes and the laptop has checked them.")


def _locked_words(page: pages.StickPage, say: Say) -> str:
    given = say("Give its password, so that it can be checked. The password is used once and kept nowhere.")
    if page.tries_left >= MOST_TRIES:
        return given
    left = say.many("{n} more try.", "{n} more tries.", page.tries_left)
    return f"{say('That was not the password of this stick.')} {left}"


def _kept_words(page: pages.StickPage, say: Say, now: datetime) -> str:
    try:
        end = date.fromisoformat(page.kept_until)
    except ValueError:
        return ""
    return " " + say.you(
        "The copy is deleted after {day}. Save elsewhere what you change.", day=say.day(end, now.date())
    )


def _open_words(page: pages.StickPage, say: Say, until: str, now: datetime) -> str:
    checked = say.many(
        "{n} file was checked and nothing harmful was found.",
        "All {n} files were checked and nothing harmful was found.",
        page.of_files,
    )
    if page.access == "copy":
        return (
            checked
            + " "
            + say.you("You have a copy of them. The stick itself stays shut; you can take it out.")
            + _kept_words(page, say, now)
        )
    if page.access == "write":
        return checked + " " + say.you("You can use the stick until {time}.", time=until)
    return (
        checked
        + " "
        + say.you("You can read from the stick until {time}; you cannot save to it.", time=until)
    )


def _shut_words(reason: ShutReason, page: pages.StickPage, say: Say) -> tuple[str, str]:
    shut = _shut_title(page, say)
    unchecked = say("The check could not be done")
    calm = say.you("You are not in trouble: this happens by accident.")
    if reason == "harmful":
        found = say("One file looks harmful: {file}.", file=page.harmful) if page.harmful else ""
        found = found or say("Something on it looks harmful.")
        return shut, f"{found} {say('The technician will be told.')} {calm}"
    words: dict[str, tuple[str, str]] = {
        "forbidden": (shut, say("No sticks, phones or cameras are opened on this school’s laptops.")),
        "mixed": (shut, say("This device claims to be a keyboard and a stick at once. It is not opened.")),
        "not-for-pupils": (shut, say("Only staff may use sticks here, and only encrypted ones.")),
        "not-encrypted": (shut, say("It was allowed only if it is encrypted, and it is not.")),
        "not-listed": (
            shut,
            say("Phones and cameras cannot be checked here. A memory card can be, in a card reader."),
        ),
        "denied": (shut, say("An adult said no this time.")),
        "revoked": (shut, say("An adult has ended the permission.")),
        "expired": (shut, say("The time it was allowed for is over.")),
        "policy-changed": (shut, say("The school’s rules for sticks have just changed.")),
        "not-scanned": (
            unchecked,
            say("Some files could not be checked, perhaps because of a password or their size."),
        ),
        "too-large": (unchecked, say("There is more on this stick than can be checked.")),
        "no-room": (
            unchecked,
            say.you(
                "There is no room on this laptop for another copy. Delete copies that you no longer need."
            ),
        ),
        "unreadable": (
            unchecked,
            say("This stick cannot be read. It may be damaged, or made for another system."),
        ),
        "locked": (unchecked, say("This stick is encrypted and cannot be opened here.")),
        "changed": (shut, say("The stick was not the same at the end of the check as at its beginning.")),
        "unplugged": (shut, say("It was taken out before the check had ended.")),
        "cancelled": (shut, say.you("You stopped the check, or have finished with it.")),
        "no-scanner": (unchecked, say("This laptop has no scanner, so no stick can be opened here.")),
        "stale-signatures": (
            unchecked,
            say("The scanner on this laptop is out of date, so no stick can be opened here."),
        ),
        "login-over": (shut, say("The login it was opened in is over.")),
    }
    return words.get(reason, (shut, say("Something in Gatepost went wrong. A technician has to look at it.")))


class Button(NamedTuple):
    """One choice beneath the words."""

    label: str
    choice: Literal["ask", "withdraw", "cancel", "open", "finish", "unlock", "help", "close"]
    main: bool = False


def buttons_for(page: pages.StickPage, say: Say) -> tuple[Button, ...]:
    """Return what can be done now."""
    match page.state:
        case "shut":
            first = say("Ask for a copy") if page.access == "copy" else say("Ask to open it")
            return (Button(first, "ask", True), Button(say("Not now"), "close"))
        case "asked":
            return (Button(say("Stop asking"), "withdraw"), Button(say("Close"), "close"))
        case "locked":
            return (Button(say("Unlock and check"), "unlock", True), Button(say("Cancel"), "cancel"))
        case "checking":
            return (Button(say("Cancel"), "cancel"),)
        case "open":
            first = say("Open the copy") if page.access == "copy" else say("Open the stick")
            return (Button(first, "open", True), Button(say("I have finished with it"), "finish"))
    return (Button(say("Ask for help"), "help"), Button(say("Close"), "close"))


def progress_words(page: pages.StickPage, say: Say) -> str:
    """Return how far the check is."""
    if not page.of_files:
        return say("Looking at what is on it…")
    done = say("{n} of {all} files", n=min(page.files, page.of_files), all=page.of_files)
    if page.seconds_left is None:
        return done
    left = say("about {time} left", time=say.duration(max(1.0, page.seconds_left)))
    return f"{done} · {left}"


def block(page: pages.StickPage, say: Say, now: datetime) -> Html:
    """Return the window's one block."""
    words = words_for(page, say, now)
    kind, sign = _SIGNS[page.state]
    top = tag(
        "div",
        tag("span", icon("stick"), tag("b", words.device), class_="row"),
        tag("span", icon(sign), words.state, class_=f"state {kind}"),
        class_="row apart",
    )
    buttons = (
        choice_button(each.label, each.choice, class_="btn main wide" if each.main else "btn wide")
        for each in buttons_for(page, say)
    )
    contacts = contacts_list(page.contacts, 3) if page.state == "stays-shut" else None
    report = report_button(page, say, class_="btn slim wide")
    return small_window(
        say,
        top,
        tag("h1", words.title, id="title", tabindex=-1),
        tag("p", words.said, id="said", role="status"),
        _asking(page, say) if page.state == "shut" else None,
        _passphrase(say) if page.state == "locked" else None,
        _progress(page, say) if page.state == "checking" else None,
        tag("p", say.you("You can go to:"), class_="quiet") if contacts else None,
        contacts,
        tag("div", *buttons, report, class_="stack"),
    )


def _asking(page: pages.StickPage, say: Say) -> Html:
    label = tag(
        "label",
        say.you("What do you need it for?") + " ",
        tag("span", say("(optional)"), class_="quiet"),
        for_="reason",
    )
    field = tag("input", id="reason", type="text", maxlength=200, autocomplete="off", data_reason=True)
    box = None
    if page.asks_pupil_data:
        mark = tag("input", type="checkbox", data_pupil_data=True)
        box = tag("label", mark, " " + say("It is to carry information about pupils."), class_="row")
    return tag("div", tag("div", label, field, class_="field"), box, class_="stack tight")


def _passphrase(say: Say) -> Html:
    field = tag(
        "input", id="passphrase", type="password", maxlength=512, autocomplete="off", data_passphrase=True
    )
    label = tag("label", say("Password of the stick"), for_="passphrase")
    return tag("div", label, field, class_="field")


def _progress(page: pages.StickPage, say: Say) -> Html:
    words = progress_words(page, say)
    bar = tag(
        "progress",
        id="progress",
        max=max(1, page.of_files),
        value=min(page.files, page.of_files) if page.of_files else None,
    )
    return tag("div", tag("label", words, class_="quiet", for_="progress"), bar)
