"""A page as plain blocks of words, for the fallback that has no web view. Same words, same order. Pure."""

from datetime import datetime
from typing import Literal, NamedTuple

from agent.link import pages
from agent.link.front import front_words
from agent.link.report_speech import receipt_lines
from agent.link.speech import kept_headings, sentence_line
from agent.window import app_ask, gate, lesson, notice, receipt, stick
from agent.window.screens import Screen, screens_of
from agent.window.wording import entry_words, look_words, looks_words, moment_words, period_words
from agent.words import Say
from policies.agreements import AgreementText, Section, text_in


class Block(NamedTuple):
    """One paragraph."""

    kind: Literal["title", "heading", "text", "item", "note"]
    words: str


class Sheet(NamedTuple):
    """What is shown at once, and which sections of the agreement that is."""

    blocks: tuple[Block, ...]
    sections: tuple[int, ...] = ()


def sheets_of(page: pages.AnyPage, say: Say, now: datetime) -> tuple[Sheet, ...]:
    """Return what to show, sheet by sheet; only the gate has more than one."""
    if isinstance(page, pages.GatePage):
        text = gate.text_of(page, say.language)
        return tuple(_gate_sheet(page, say, text, screen) for screen in screens_of(text, page.tier))
    if isinstance(page, pages.CountdownPage):
        return (Sheet(_countdown(page, say)),)
    if isinstance(page, pages.PanelPage):
        return (Sheet(_panel(page, say)),)
    if isinstance(page, pages.RulesPage):
        return (Sheet(_rules(page, say, now)),)
    if isinstance(page, pages.RecordPage):
        return (Sheet(_record(page, say, now)),)
    if isinstance(page, pages.StickPage):
        return (Sheet(_stick(page, say, now)),)
    if isinstance(page, pages.AppPage):
        return (Sheet(_app(page, say)),)
    if isinstance(page, pages.AttentionPage):
        front = front_words(say, page)
        return (Sheet((Block("title", front.title), Block("text", front.said), Block("text", front.by))),)
    if isinstance(page, pages.MessagePage):
        return (Sheet(_message(page, say)),)
    if isinstance(page, pages.ReceiptPage):
        return (Sheet(_receipt(page, say)),)
    if isinstance(page, pages.RepliesPage):
        return (Sheet(_replies(page, say, now)),)
    if not isinstance(page, pages.NoticePage):
        raise TypeError(f"no plain words for {type(page).__name__}")
    title, said = notice.words_for(page, say, now)
    return (Sheet((Block("title", title), Block("text", said), *_contacts(page, say))),)


def choices_of(page: pages.AnyPage, say: Say) -> tuple[tuple[str, str], ...]:
    """Return the buttons beneath, each as its words and its choice."""
    if isinstance(page, pages.GatePage):
        early = page.tier == "early"
        return (
            (say("Yes, I will") if early else say("I accept"), "accepted"),
            (say("I need help"), "help"),
            (say("Stop") if early else say("Sign out"), "declined"),
            *(((say("Something’s wrong"), "report"),) if page.reports else ()),
        )
    if isinstance(page, pages.CountdownPage):
        return ((say("I’m still here"), "here"),)
    report = ((say("Something’s wrong"), "report"),) if page.reports else ()
    if isinstance(page, pages.PanelPage):
        first = _panel_choices(page, say) if page.reports else ((say("Something’s wrong"), "help"),)
        return (
            *first,
            (say.you("Lock my screen"), "lock"),
            (say.you("The rules I accepted"), "rules"),
            (say("What is recorded about me"), "record"),
            (say("Close"), "close"),
        )
    if isinstance(page, pages.StickPage):
        return (*((each.label, each.choice) for each in stick.buttons_for(page, say)), *report)
    if isinstance(page, pages.AppPage):
        return (*((each.label, each.choice) for each in app_ask.buttons_for(page, say)), *report)
    if isinstance(page, pages.MessagePage):
        return (*((each.label, each.choice) for each in lesson.buttons_for(page, say)), *report)
    if isinstance(page, pages.AttentionPage):
        return report or ((say("I need help"), "help"),)
    if isinstance(page, pages.ReceiptPage):
        more = ((say("Tell something more"), "report"),) if page.tier != "early" else ()
        return ((say("Done"), "close"), *more)
    helps = isinstance(page, pages.NoticePage) and page.kind in notice.REFUSING
    closes = notice.closing_words(page, say) if isinstance(page, pages.NoticePage) else say("Close")
    return (*report, *(((say("I need help"), "help"),) if helps else ()), (closes, "close"))


def _panel_choices(page: pages.PanelPage, say: Say) -> tuple[tuple[str, str], ...]:
    replies = ((say.you("An adult answered you"), "replies"),) if page.replies else ()
    return (
        (say("Something’s wrong"), "report"),
        *replies,
        (say("I need help"), "help"),
        (say.you("Hide my screen"), "hide"),
    )


def _receipt(page: pages.ReceiptPage, say: Say) -> tuple[Block, ...]:
    if page.tier == "early":
        first, *rest = receipt_lines(say.language)[page.state]
        return (Block("title", first), *(Block("text", words) for words in rest))
    title, lead = receipt.title_words(page, say)
    blocks = [Block("title", title), Block("text", lead)]
    if page.state == "sent" and page.readers:
        names = ", ".join(reader.name for reader in page.readers)
        blocks.append(Block("note", say("Only these adults can read it:") + " " + names))
    blocks += [Block("item", words) for words in receipt.next_words(page, say)]
    blocks += [Block("item", f"{each.name}: {each.how}") for each in page.helplines]
    return (*blocks, *_contacts(page, say))


def _replies(page: pages.RepliesPage, say: Say, now: datetime) -> tuple[Block, ...]:
    blocks = [Block("title", say.you("What adults answered you"))]
    for reply in page.replies:
        blocks.append(Block("heading", f"{reply.by}, {moment_words(say, reply.at, now)}"))
        blocks.append(Block("text", reply.words))
    return (*blocks, *_contacts(page, say))


def _stick(page: pages.StickPage, say: Say, now: datetime) -> tuple[Block, ...]:
    words = stick.words_for(page, say, now)
    blocks = (
        Block("note", f"{words.device}: {words.state}"),
        Block("title", words.title),
        Block("text", words.said),
    )
    return (*blocks, Block("text", stick.progress_words(page, say))) if page.state == "checking" else blocks


def _app(page: pages.AppPage, say: Say) -> tuple[Block, ...]:
    words = app_ask.words_for(page, say)
    return (
        Block("note", f"{app_ask.app_name(page, say)}: {words.state}"),
        Block("title", words.title),
        Block("text", words.said),
    )


def _message(page: pages.MessagePage, say: Say) -> tuple[Block, ...]:
    return (
        Block("note", page.by),
        Block("title", lesson.title_words(page, say)),
        Block("text", page.words),
        Block("text", lesson.closing_line(page, say)),
    )


def _gate_sheet(page: pages.GatePage, say: Say, text: AgreementText, screen: Screen) -> Sheet:
    blocks = [Block("title", text.title), Block("text", text.intro)]
    if page.help_asked:
        asked = say.you("The school has your call for help. If nobody comes soon, go to an adult.")
        blocks += [Block("note", asked)]
        blocks += _contacts(page, say)
    for section in screen.sections:
        blocks += _section(section, say)
    if not page.help_asked:
        blocks += _contacts(page, say)
    return Sheet(tuple(blocks), tuple(range(screen.first, screen.first + len(screen.sections))))


def _section(section: Section, say: Say) -> list[Block]:
    kept, never = kept_headings(say.language)
    blocks = [Block("heading", section.heading)]
    blocks += [Block("item", sentence_line(sentence)) for sentence in section.sentences]
    if section.for_adults:
        return [*blocks, Block("text", say("For the adult beside you") + ": " + section.for_adults)]
    for heading, items in ((kept, section.kept), (never, section.never_kept)):
        if items:
            blocks += [Block("heading", heading), *(Block("item", item) for item in items)]
    return blocks


def _contacts(
    page: pages.GatePage | pages.PanelPage | pages.NoticePage | pages.ReceiptPage | pages.RepliesPage,
    say: Say,
) -> list[Block]:
    if not page.contacts:
        return []
    lines = (
        ", ".join(part for part in (contact.name, contact.role, contact.how) if part)
        for contact in page.contacts
    )
    return [Block("text", say.you("You can go to:")), *(Block("item", line) for line in lines)]


def _countdown(page: pages.CountdownPage, say: Say) -> tuple[Block, ...]:
    return (
        Block("title", say.you("Still there?")),
        Block(
            "text",
            say.you("It locks soon, so that nobody else can use your session. Your work stays open."),
        ),
    )


def _panel(page: pages.PanelPage, say: Say) -> tuple[Block, ...]:
    blocks = [Block("title", page.school)]
    if page.viewing:
        blocks.append(Block("note", page.viewing))
    if page.help_asked:
        heard = say.you("The school has your call for help. If nobody comes soon, go to an adult.")
        blocks.append(Block("note", say.you("You told. That was right.") + " " + heard))
    if not page.online:
        blocks.append(Block("note", say("This laptop has no connection to the school now.")))
    return (*blocks, *_contacts(page, say))


def _rules(page: pages.RulesPage, say: Say, now: datetime) -> tuple[Block, ...]:
    text = text_in(page.agreement, say.language)
    when = moment_words(say, page.accepted_at, now)
    blocks = [
        Block("title", text.title),
        Block("note", say("Version {n}, accepted: {when}", n=page.agreement.version, when=when)),
    ]
    for section in text.sections:
        blocks += _section(section, say)
    return tuple(blocks)


def _record(page: pages.RecordPage, say: Say, now: datetime) -> tuple[Block, ...]:
    blocks = [
        Block("title", say("What is recorded about me")),
        Block("text", period_words(say, page)),
    ]
    if not page.online:
        blocks.append(
            Block(
                "note",
                say("No connection to the school now: only what this laptop itself remembers is shown."),
            )
        )
    for entry in page.entries:
        words = entry_words(say, entry, now)
        blocks.append(Block("item", " · ".join(part for part in words if part)))
    blocks.append(Block("heading", say("Who looked")))
    blocks.append(Block("text", looks_words(say, page)))
    blocks += [
        Block("item", f"{look.by}, {moment_words(say, look.at, now)}: {look_words(say, look.what)}")
        for look in page.looks
    ]
    return tuple(blocks)
