"""The whole report without a web view: the same questions in plain rows, screen after screen.

Which toolkit makes the rows is its maker's business; what is asked, and what an answer means, stands here.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import msgspec

from agent.link import pages
from agent.link.report_speech import titles, what_cards, who_cards
from agent.window.plain_rows import Kind, Maker
from agent.window.report_choices import (
    FIRST,
    MORE,
    Option,
    answer_words,
    harm_options,
    naming_options,
    problem_options,
    reader_options,
    role_words,
    subject_options,
    talk_options,
    where_options,
    whom_options,
)
from agent.window.report_draft import Picked, decide_readers, draft_of, picked_of
from agent.words import Say
from policies.drafts import MAX_WORDS_LETTERS

Field = Literal["harms", "readers", "subject", "whom", "where", "naming", "talk_to", "problem"]
Step = Literal["what", "who", "words", "next", "danger", "problem"]
_MANY = ("harms", "readers")
_MOST_ADDRESSES_SHOWN = 3


class PlainReport:
    """Builds the rows of one screen and keeps what was picked; says what is done through `act`."""

    def __init__(self, make: Maker, page: pages.ReportPage, act: Callable[[str, Picked], None]) -> None:
        self._make = make
        self.page = page
        self._act = act
        self.picked = picked_of(page)
        self.step: Step = "what"
        self._before: Step = "what"
        self._redraw: Callable[[], None] = lambda: None

    def when_changed(self, redraw: Callable[[], None]) -> None:
        """Call this when another screen is to be drawn."""
        self._redraw = redraw

    # ---- what is picked ----

    def _set(self, **changes: Any) -> None:
        self.picked = msgspec.structs.replace(self.picked, **changes)
        self._act("draft", self.picked)

    def go(self, step: Step) -> None:
        """Show another screen."""
        if self.step not in ("danger", "problem"):
            self._before = self.step
        self.step = step
        self._redraw()

    def buttons(self, say: Say) -> list[tuple[str, Callable[[], None]]]:
        """Return what stands beneath this screen."""
        leave = (say("Leave without telling"), self._leave)
        back = (say("Back"), lambda: self.go(self._before))
        if self.page.tier == "early":
            help_ = (say("A grown-up, please"), lambda: self._act("help", self.picked))
            stop = (say("Stop"), self._leave)
            return (
                [help_, stop]
                if self.step == "what"
                else [(say("Back"), lambda: self.go("what")), help_, stop]
            )
        match self.step:
            case "what":
                danger = (say("I am in danger now"), lambda: self.go("danger"))
                return [(say("Next"), lambda: self.go("words")), leave, danger]
            case "words":
                return [(say("Next"), lambda: self.go("next")), (say("Back"), lambda: self.go("what")), leave]
            case "next":
                return [(say("Tell them"), self._send), (say("Back"), lambda: self.go("words")), leave]
            case "danger":
                return [(say("Tell the school now"), lambda: self._send(danger=True)), back, leave]
        return [(say("Tell the technician"), lambda: self._act("problem", self.picked)), back, leave]

    def _leave(self) -> None:
        self._act("close", Picked())

    def _send(self, *, danger: bool = False) -> None:
        self.picked = msgspec.structs.replace(self.picked, danger=danger)
        self._act("send", self.picked)

    # ---- rows ----

    def rows(self, say: Say) -> list[Any]:
        """Return the rows of this screen, from the top."""
        self._make.begin()
        if self.page.tier == "early":
            return self._early(say)
        build: dict[Step, Callable[[Say], list[Any]]] = {
            "what": self._what,
            "words": self._words,
            "next": self._next,
            "danger": self._danger,
            "problem": self._problem,
        }
        return [self._hide_row(say), *build.get(self.step, self._what)(say)]

    def _label(self, words: str, kind: Kind = "text") -> Any:
        return self._make.label(words, kind)

    def _button(self, words: str, act: Callable[[], None]) -> Any:
        return self._make.button(words, act)

    def _hide_row(self, say: Say) -> Any:
        keys = f" ({self.page.shortcut})" if self.page.shortcut and self.page.tier != "early" else ""
        return self._button(say.you("Hide my screen") + keys, lambda: self._act("hide", self.picked))

    def _options(self, field: Field, options: tuple[Option, ...]) -> list[Any]:
        many, chosen = field in _MANY, getattr(self.picked, field)
        rows = [
            (
                each.label + (f": {each.small}" if each.small else ""),
                each.value in chosen if many else each.value == chosen,
            )
            for each in options
        ]
        return self._make.choices(
            rows, many=many, then=lambda at, on: self._toggled(field, options[at].value, on)
        )

    def _toggled(self, field: Field, value: str, on: bool) -> None:
        if field in _MANY:
            rest = tuple(each for each in getattr(self.picked, field) if each != value)
            self._set(**{field: (*rest, value) if on else rest})
        elif on:
            self._set(**{field: value})
        self._make.look_again()

    def _what(self, say: Say) -> list[Any]:
        return [
            self._label(say("What is it about?"), "title"),
            self._label(
                say.you(
                    "Pick what is nearest; it can be more than one. "
                    "Nothing is kept until you choose “Tell them”."
                )
            ),
            *self._options("harms", harm_options(say, self.page.tier, FIRST + MORE)),
            self._button(say("The laptop is acting strangely"), lambda: self.go("problem")),
            self._hard_stop(say),
            self._label(say("Who is it happening to?"), "heading"),
            *self._options("whom", whom_options(say, self.page.tier)),
            self._label(say("Where?"), "heading"),
            *self._options("where", where_options(say)),
            self._label(say("Who did it?"), "heading"),
            *self._options("subject", subject_options(say)),
            self._make.only_when(
                lambda: self.picked.subject == "staff",
                lambda: [
                    self._label(say("Is it one of these adults?"), "heading"),
                    self._label(say("Who is picked here cannot read it. Pick nobody if it is none of them.")),
                    *self._options("readers", reader_options(self.page, say)),
                ],
            ),
        ]

    def _hard_stop(self, say: Say) -> Any:
        words = say.you("Do not show, send or save the picture, not even as proof. Your words are enough.")
        return self._make.only_when(
            lambda: "sexual-image" in self.picked.harms, lambda: [self._label(words, "note")]
        )

    def _words(self, say: Say) -> list[Any]:
        rows = [
            self._label(say("Tell us, if you want to"), "title"),
            self._label(
                say.you("A few words help. You can leave all of it empty. Do not go back to look for it.")
            ),
            self._hard_stop(say),
            self._label(say("What happened?"), "heading"),
            self._make.long_text(self.picked.words, MAX_WORDS_LETTERS, lambda words: self._set(words=words)),
            self._label(say("A site or app, if you remember one"), "heading"),
            self._label(say.you("Please do not open it again to check.")),
        ]
        rows += [self._address(at) for at in range(_MOST_ADDRESSES_SHOWN)]
        rows.append(self._label(say.you("Whom would you like to talk to?"), "heading"))
        rows += self._options("talk_to", talk_options(self.page, say))
        rows.append(self._make.short_text(self.picked.talk_other, lambda words: self._set(talk_other=words)))
        rows.append(self._label(say.you("Your name"), "heading"))
        rows += self._options("naming", naming_options(say))
        return rows

    def _address(self, at: int) -> Any:
        def changed(words: str) -> None:
            known = [*self.picked.addresses, *([""] * _MOST_ADDRESSES_SHOWN)]
            known[at] = words
            self._set(addresses=tuple(known)[: max(len(self.picked.addresses), at + 1)])

        there = self.picked.addresses[at] if at < len(self.picked.addresses) else ""
        return self._make.short_text(there, changed)

    def _next(self, say: Say) -> list[Any]:
        draft = draft_of(self.page, self.picked, say.language)
        readers = decide_readers(self.page.readers, draft.subject, draft.not_to)
        rows = [
            self._label(say("What happens next"), "title"),
            self._label(say.you("You are not in trouble, and neither is a friend you tell about.")),
        ]
        if not self.page.online:
            rows.append(
                self._label(
                    say.you(
                        "This laptop has no connection to the school now. It sends this as soon as it can. "
                        "Tell an adult as well."
                    ),
                    "note",
                )
            )
        if readers:
            rows.append(self._label(say("Only these adults can read it:"), "heading"))
            rows += [self._label(f"• {reader.name}, {role_words(reader, say)}") for reader in readers]
        else:
            rows.append(
                self._label(
                    say.you(
                        "None of the adults who read reports here is left for this one. "
                        "Please tell an adult you trust."
                    ),
                    "note",
                )
            )
        rows.append(self._label(answer_words(self.page, say)))
        return [*rows, *self._help(say)]

    def _help(self, say: Say) -> list[Any]:
        rows = [self._label(say.you("If you need someone now"), "heading")]
        rows += [
            self._label("• " + ", ".join(part for part in (each.name, each.role, each.how) if part))
            for each in self.page.contacts
        ]
        rows += [self._label(f"• {each.name}: {each.how}") for each in self.page.helplines]
        if self.page.ceop:
            rows.append(self._label("• " + say("Report to CEOP") + ": CEOP Safety Centre, ceop.police.uk"))
        return rows

    def _danger(self, say: Say) -> list[Any]:
        emergency = [each for each in self.page.helplines if each.emergency]
        return [
            self._label(say.you("Get help now"), "title"),
            *(self._label(f"{each.name}: {each.how}", "heading") for each in emergency),
            self._label(say.you("Go to the nearest adult. Say: I need help now. You need not say more.")),
            *self._help(say),
            self._label(say.you("You can also tell the school from here. It goes before everything else.")),
        ]

    def _problem(self, say: Say) -> list[Any]:
        return [
            self._label(say("What is wrong with the laptop?"), "title"),
            self._label(say.you("The technician reads this. Please write nothing about people here.")),
            *self._options("problem", problem_options(say)),
            self._label(say.you("What do you see?") + " " + say("(optional)"), "heading"),
            self._make.short_text(
                self.picked.problem_words, lambda words: self._set(problem_words=words[:200])
            ),
        ]

    def _early(self, say: Say) -> list[Any]:
        what, who = titles(say.language)
        if self.step == "what":
            rows = [self._label(what, "title")]
            for card in what_cards(say.language):
                rows.append(self._button(card.words, partial(self._tapped, card.harm, card.subject)))
            return [*rows, self._hide_row(say)]
        rows = [self._label(who, "title")]
        for _picture, words, whom in who_cards(say.language):
            rows.append(self._button(words, partial(self._told, whom)))
        return [*rows, self._hide_row(say)]

    def _tapped(self, harm: str | None, subject: str) -> None:
        if harm is None:
            self._act("problem", msgspec.structs.replace(self.picked, problem="other"))
            return
        self._set(harms=(harm,), subject=subject)
        self.go("who")

    def _told(self, whom: str) -> None:
        self._set(whom=whom)
        self._send()
