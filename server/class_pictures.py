"""The picture a child knows as theirs (R4): an animal in a colour, with a name to say; never a photo.

A picture says nothing about a child: it only helps one who cannot read yet to find their place on a tablet
that is handed round. Within one class no two are alike.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

ANIMALS = (
    "cat",
    "rabbit",
    "bear",
    "mouse",
    "elephant",
    "lion",
    "owl",
    "frog",
    "sheep",
    "duck",
    "fish",
    "snail",
    "turtle",
    "bee",
    "butterfly",
    "penguin",
)
COLOURS = ("green", "blue", "yellow", "orange", "white")
"""Each colour also has a ground of its own shape: nobody has to tell them by hue alone."""
MOST = len(ANIMALS) * len(COLOURS)


class Picture(NamedTuple):
    """One animal in one colour."""

    colour: str
    animal: str

    @property
    def code(self) -> str:
        """Return it as it is stored and stands in an address."""
        return f"{self.colour}-{self.animal}"


def read_picture(code: str) -> Picture | None:
    """Return the picture of a code, or None if there is none."""
    colour, _, animal = code.partition("-")
    return Picture(colour, animal) if colour in COLOURS and animal in ANIMALS else None


def decide_pictures(people: Iterable[str], held: Mapping[str, Picture]) -> dict[str, Picture]:
    """
    Return each person's picture, no two alike. Pure.

    Whoever has one keeps it; of two who meet in a class with the same, one gets another. Animals differ as
    long as there are enough of them: `green cat` and `blue cat` meet only in a class of more than sixteen.
    More than `MOST` people leave the last ones without.
    """
    order = sorted(set(people), key=lambda person: (_spread(person), person))
    found: dict[str, Picture] = {}
    taken: set[Picture] = set()
    for person in order:
        if person in held and held[person] not in taken:
            found[person] = held[person]
            taken.add(held[person])
    for person in order:
        picture = None if person in found else _free(person, taken)
        if picture is not None:
            found[person] = picture
            taken.add(picture)
    return found


def _free(person: str, taken: set[Picture]) -> Picture | None:
    """Return a picture nobody has: of the animals that are there least often, one that looks drawn by lot."""
    if len(taken) >= MOST:
        return None
    often = Counter(picture.animal for picture in taken)
    least = min(often[animal] for animal in ANIMALS)
    rare = [animal for animal in ANIMALS if often[animal] == least]
    choice = [picture for animal in rare for picture in _of(animal) if picture not in taken]
    return choice[_spread(person) % len(choice)]


def _of(animal: str) -> list[Picture]:
    return [Picture(colour, animal) for colour in COLOURS]


def _spread(person: str) -> int:
    """Return a number that follows neither the alphabet nor the register."""
    return int.from_bytes(hashlib.sha256(b"gatepost/picture\0" + person.encode()).digest()[:8])
