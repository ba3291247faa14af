"""What pages of a class that accepts together are made of: pictures with their names, and addresses (R4)."""

import re
from functools import cache
from typing import NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from policies.agreements import PICTURES
from server.class_lists import Child
from server.class_pictures import Picture
from server.class_standing import Sitting, Standing
from server.web import class_art, labels, render
from server.web.words import Words

STEPS = ("read", "here", "tablet", "witness")


class Row(NamedTuple):
    """One child on the adult's page."""

    child: Child
    art: Markup
    said: str
    """The picture's name."""
    answer: str
    """accepted, declined, help, withdrawn or empty."""
    here: bool


def picture_name(words: Words, picture: Picture) -> str:
    """Return a picture's name as it is said: *Green cat*."""
    label = labels.bind(words)
    return words.say(
        "%(colour)s %(animal)s",
        colour=label("colour", picture.colour),
        animal=label("animal", picture.animal),
    )


def rows_of(words: Words, children: list[Child], standing: Standing) -> list[Row]:
    """Return the children of a class by name, with what each answered."""
    return [
        Row(
            each,
            class_art.draw(each.picture),
            picture_name(words, each.picture),
            _answer_of(each, standing),
            each.person in standing.here,
        )
        for each in children
    ]


def _answer_of(child: Child, standing: Standing) -> str:
    if child.person in standing.withdrawn:
        return "withdrawn"
    given = standing.answers.get(child.person)
    return given.what if given else ""


def decide_step(wanted: str, standing: Standing) -> str:
    """Return the step to show: the one that was asked for, or the next that has anything to do. Pure."""
    if standing.handed:
        return "tablet"
    if wanted in STEPS and (standing.here or wanted in ("read", "here")):
        return wanted
    if not standing.here:
        return "read"
    return "witness" if standing.answers else "tablet"


def address_of(sitting: Sitting, step: str = "") -> str:
    """Return the address of the adult's page of a sitting."""
    return f"/lab/{quote(sitting.lab)}/class/{sitting.id}" + (f"?step={step}" if step else "")


def class_name(sitting: Sitting) -> str:
    """Return what the class is called: its year group, or the list's room."""
    return sitting.year or sitting.room


@cache
def card(name: str) -> Markup:
    """Return one of the agreement's pictures, hidden from screen readers: its sentence stands beside it."""
    if name not in PICTURES:
        return Markup("")
    source = (render.STATIC / "cards" / f"{name}.svg").read_text(encoding="utf-8")
    inner = re.sub(
        r"^<svg[^>]*>", '<svg class="art" viewBox="0 0 240 150" aria-hidden="true">', source.strip()
    )
    return Markup(inner)  # noqa: S704 - our own file, the same as on laptops
