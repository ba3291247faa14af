"""What is wrong with a list, or worth a look, in words: in English for the command line, or as pages read."""

from collections.abc import Mapping

from server.roster.archives import ArchiveRefused
from server.roster.drafts import Problem
from server.spreadsheets import TableRefused
from server.wording.entries import mark as _
from server.wording.values import ENGLISH, Speaker

STOPS: dict[str, str] = {
    "no-rows": _("There is nobody in the file."),
    "nobody": _("No line of the file could be read as a person."),
    "no-person-column": _(
        "No column holds the school's own id of each person, or the user name on laptops. Name the column."
    ),
    "no-name-column": _("No column holds names. Name the column."),
    "swapped": _(
        "The column “%(value)s” holds something else than it should: two columns may be swapped, or it is the"
        " wrong one."
    ),
    "not-tiers": _("The column “%(value)s” holds none of: early, junior, teen, adult, visitor."),
    "lacks-columns": _("These columns are missing: %(value)s."),
    "version": _("OneRoster %(value)s is not read; 1.1 and 1.2 are."),
    "no-such-org": _("There is no school “%(value)s” in it, or more than one."),
}
"""Nothing of such a file is taken."""
LEFT_OUT: dict[str, str] = {
    "invisible": _("“%(value)s” holds an invisible character."),
    "formula": _("“%(value)s” begins like a formula."),
    "too-long": _("“%(value)s” is too long."),
    "no-id": _("There is no id of the person (%(value)s)."),
    "no-name": _("There is no name."),
    "odd-name": _("“%(value)s” is no name."),
    "bad-date": _("“%(value)s” is no date. Write 2016-05-03 or 03.05.2016."),
    "bad-kind": _("“%(value)s” is no role that is known here."),
    "contradicts": _("The same person is on line %(value)s, and the lines contradict each other."),
    "bad-language": _("“%(value)s” is no language that is known here."),
    "bad-tier": _("“%(value)s” is none of: early, junior, teen, adult, visitor."),
    "no-tier": _(
        "Neither a tier, nor a grade (%(value)s), nor an age gives a tier. Choose bands, or one for all."
    ),
}
"""The line is left out, and whose it is stays as they are."""
NOTES: dict[str, str] = {
    "twice": _("%(value)s is in the file twice, with the same words. Counted once."),
    "unused-column": _("The column “%(value)s” is not used."),
    "family": _("Parents and guardians left out: %(value)s."),
    "no-role": _("Without a role that is known here, left out: %(value)s."),
    "disabled": _("Closed accounts left out: %(value)s."),
    "other-org": _("Of other schools, left out: %(value)s."),
    "class-without-room": _("Class %(value)s has no room."),
    "no-spelling": _("No user name can be made from “%(value)s”: it has letters without a spelling in a–z."),
    "bad-account": _("“%(value)s” cannot be a user name."),
    "collision": _("The user name %(value)s would be several people's; nobody gets it: %(person)s."),
    "collision-kept": _(
        "The user name %(value)s would be several people's; whoever has it keeps it: %(person)s."
    ),
    "reused": _("The user name %(value)s was somebody else's before. Their files may still lie on laptops."),
    "no-agreement": _("The school has no agreement for the tier “%(value)s”, and it has people: %(person)s."),
}
"""The people are taken; somebody should know."""
_ALL = {**STOPS, **LEFT_OUT, **NOTES}
TABLES: dict[str, str] = {
    "empty": _("The file is empty."),
    "too-large": _("The file is larger than what is read at once."),
    "too-many": _("There are more lines than are read at once (100,000)."),
    "encoding": _("This is neither UTF-8 nor UTF-16. Save it as “CSV UTF-8”, or choose its encoding below."),
    "not-text": _("This is no text file. Save it as CSV."),
    "quotes": _("A quotation mark is not closed, or stands inside a cell."),
    "cells": _("There are more cells than columns: a cell may hold the sign that divides cells."),
    "cell": _("A cell is far too long."),
    "columns": _("There are more than 200 columns."),
    "no-name": _("A cell stands under a column that has no name."),
    "twice": _("Two columns have the same name."),
}
ARCHIVES: dict[str, str] = {
    "empty": _("The file is empty."),
    "too-large": _("The file is larger than what is read at once."),
    "unreadable": _("The file cannot be read."),
    "many-files": _("There are more than 200 files in the zip."),
    "bad-zip": _("The zip is damaged, or locked with a password."),
    "twice": _("One of the files is in the zip twice."),
    "bomb": _("The zip unpacks to far more than a list would."),
    "path": _("A file in the zip has a path that leads out of it."),
    "no-users": _("There is neither users.csv (OneRoster) nor one CSV file alone in the zip."),
}
_LINE = _("%(file)s, line %(line)s: %(words)s")
_BARE_LINE = _("Line %(line)s: %(words)s")


def say_problem(problem: Problem, speaker: Speaker = ENGLISH, names: Mapping[str, str] | None = None) -> str:
    """Return one problem as a sentence; people by `names` where it knows them."""
    named = names or {}
    who = ", ".join(named.get(one, one) for one in problem.person.split(", "))
    words = speaker.say(_ALL.get(problem.code, problem.code), value=problem.value, person=who)
    if not problem.line:
        return words
    if not problem.file:
        return speaker.say(_BARE_LINE, line=problem.line, words=words)
    return speaker.say(_LINE, file=problem.file, line=problem.line, words=words)


def say_refusal(refused: TableRefused | ArchiveRefused, speaker: Speaker = ENGLISH) -> str:
    """Return why a file was not opened."""
    if isinstance(refused, ArchiveRefused):
        return speaker.say(ARCHIVES.get(refused.code, str(refused)))
    words = speaker.say(TABLES.get(refused.code, str(refused)))
    return words if refused.line is None else speaker.say(_BARE_LINE, line=refused.line, words=words)
