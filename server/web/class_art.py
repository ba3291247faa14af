"""Pictures of animals for children who cannot read yet: drawn from a few lines, coloured by style sheet.

Dark outline, one coloured fill, white for the rest, as all pictures for the youngest. Each colour stands on a
ground of its own shape, so that a grey print or an eye that sees no colour tells them apart.
"""

import math
from functools import cache

from markupsafe import Markup

from server.class_pictures import Picture


def _eyes(*at: tuple[float, float], size: float = 3.4) -> str:
    return "".join(f'<circle class="ink" cx="{x}" cy="{y}" r="{size}"/>' for x, y in at)


def _ball(kind: str, x: float, y: float, r: float, tall: float | None = None) -> str:
    return f'<ellipse class="{kind}" cx="{x}" cy="{y}" rx="{r}" ry="{tall or r}"/>'


def _way(kind: str, d: str) -> str:
    return f'<path class="{kind}" d="{d}"/>'


def _round(kind: str, count: int, around: float, size: float, y: float = 60) -> str:
    """Return balls in a ring: a mane, or wool."""
    return "".join(
        _ball(
            kind,
            round(60 + around * math.cos(2 * math.pi * n / count), 1),
            round(y + around * math.sin(2 * math.pi * n / count), 1),
            size,
        )
        for n in range(count)
    )


_ANIMALS = {
    "cat": _way("fur", "M35 56 33 25 55 40zM85 56 87 25 65 40z")
    + _ball("fur", 60, 64, 30, 27)
    + _eyes((49, 60), (71, 60))
    + _way("ink", "M55 69h10l-5 6z")
    + _way("line", "M60 75v3q-5 6-10 2M60 78q5 6 10 2M40 70l-15-3M40 75l-15 4M80 70l15-3M80 75l15 4"),
    "rabbit": _ball("fur", 47, 31, 9, 24)
    + _ball("fur", 73, 31, 9, 24)
    + _way("line", "M47 22v20M73 22v20")
    + _ball("fur", 60, 74, 27, 24)
    + _eyes((50, 70), (70, 70))
    + _way("ink", "M56 77h8l-4 5z")
    + _way("white", "M55 86h10v9h-10z")
    + _way("line", "M60 86v9"),
    "bear": _ball("fur", 36, 39, 12)
    + _ball("fur", 84, 39, 12)
    + _ball("fur", 60, 64, 32, 30)
    + _ball("white", 60, 76, 15, 12)
    + _eyes((47, 57), (73, 57))
    + _ball("ink", 60, 71, 6, 4.5)
    + _way("line", "M60 75v6m-6 1q6 5 12 0"),
    "mouse": _ball("fur", 33, 42, 19)
    + _ball("fur", 87, 42, 19)
    + _ball("white", 33, 42, 10)
    + _ball("white", 87, 42, 10)
    + _way("fur", "M60 98C40 88 34 70 38 58 44 44 76 44 82 58 86 70 80 88 60 98z")
    + _eyes((50, 66), (70, 66))
    + _ball("ink", 60, 94, 5)
    + _way("line", "M48 86l-18-3M49 91l-16 5M72 86l18-3M71 91l16 5"),
    "elephant": _ball("fur", 27, 56, 19, 26)
    + _ball("fur", 93, 56, 19, 26)
    + _way(
        "fur",
        "M60 28c18 0 27 14 26 28-1 10-8 17-15 19-2 8 0 14 5 14 4 0 5-4 9-3 5 1 4 8 0 11-9 7-24 3-25-10"
        "l-1-12C44 74 35 68 34 56 33 42 42 28 60 28z",
    )
    + _eyes((49, 53), (71, 53))
    + _way("line", "M58 70q6 2 10 0M58 79q5 2 9 0"),
    "lion": _round("white", 12, 32, 11)
    + _ball("fur", 60, 60, 27)
    + _eyes((50, 55), (70, 55))
    + _way("ink", "M54 64h12l-6 7z")
    + _way("line", "M60 71v4q-6 6-11 1M60 75q6 6 11 1"),
    "owl": _way(
        "fur", "M34 46 33 20q14 2 18 9 9-2 18 0 4-7 18-9l-1 26q4 12 2 24c-4 34-52 34-56 0q-2-12 2-24z"
    )
    + _ball("white", 47, 51, 13)
    + _ball("white", 73, 51, 13)
    + _eyes((48, 52), (72, 52), size=5)
    + _way("white", "M55 61h10l-5 10z")
    + _way("line", "M50 80q4 4 8 0M62 80q4 4 8 0M56 88q4 4 8 0M46 96v6M54 98v6M66 98v6M74 96v6"),
    "frog": _ball("fur", 39, 43, 15)
    + _ball("fur", 81, 43, 15)
    + _ball("fur", 60, 70, 38, 26)
    + _ball("white", 39, 42, 8)
    + _ball("white", 81, 42, 8)
    + _eyes((39, 42), (81, 42), size=4)
    + _way("line", "M34 70q26 24 52 0")
    + _eyes((55, 62), (65, 62), size=1.8),
    "sheep": _round("white", 10, 28, 13, 54)
    + _ball("bare", 60, 54, 27)
    + _way("fur", "M34 56q-14 2-13 12 12 4 19-3zM86 56q14 2 13 12-12 4-19-3z")
    + _ball("fur", 60, 69, 20, 26)
    + _eyes((52, 64), (68, 64))
    + _way("line", "M54 80l6 4 6-4M60 84v5")
    + _ball("white", 60, 43, 13, 9),
    "duck": _way(
        "fur",
        "M16 62q8 6 18 5 8-1 14 2 10 2 12-7-9-6-9-17c0-12 9-20 20-20s20 8 20 20c0 8-4 13-8 18"
        " 6 8 7 16 3 23-6 11-18 15-34 15-24 0-38-14-36-39z",
    )
    + _way("white", "M89 40q14-4 20 3-6 8-21 7z")
    + _way("line", "M42 78q14 14 30 0")
    + _eyes((75, 40)),
    "fish": _way("fur", "M82 62 108 38q-5 12-5 24t5 24z")
    + _ball("fur", 52, 62, 38, 28)
    + _way("line", "M40 42q12 20 0 40M58 54q7 8 0 16M72 54q6 8 0 16")
    + _way("fur", "M44 35q10-16 26-10-2 10-6 14z")
    + _eyes((28, 56))
    + _way("line", "M16 70q6 3 10 0"),
    "snail": _way("white", "M12 96q8-12 20-12h46q8-10 8-28 0-10 10-10t11 12q0 26-16 38z")
    + _way("line", "M91 48l-5-17M101 48l6-16")
    + _eyes((86, 29), (107, 30), size=4)
    + _ball("fur", 52, 60, 32, 30)
    + _way("line", "M52 60q6-7 12 0 5 10-6 15-16 5-23-10-4-20 15-26 24-3 28 19")
    + _way("line", "M96 64q4 3 8 0"),
    "turtle": _way("white", "M88 74q-2-22 12-24t14 12-12 22z")
    + _way("white", "M24 80h20v18H26zM68 80h20l-2 18H68zM20 78 8 84l14 6z")
    + _way("fur", "M16 82C14 30 92 30 90 82z")
    + _way("line", "M42 46 36 62l8 20M64 46l6 16-8 20M36 62h34M36 62 20 66M70 62l16 4")
    + _eyes((103, 61)),
    "bee": _ball("white", 46, 36, 15, 20)
    + _ball("white", 72, 36, 15, 20)
    + _way("line", "M94 52q2-12 12-14M86 50q-2-12 6-18")
    + _ball("fur", 54, 72, 36, 26)
    + _way("ink", "M40 49q-12 22 0 46h10q-12-22 0-48zM62 47q-10 24 0 50l9-3q-8-22 0-43z")
    + _ball("fur", 90, 66, 18)
    + _eyes((95, 62))
    + _way("line", "M92 74q6 2 9-3"),
    "butterfly": _way("fur", "M57 58C40 20 10 22 14 44c2 14 14 18 24 18-16 2-20 14-14 26 8 12 28 8 33-18z")
    + _way("fur", "M63 58c17-38 47-36 43-14-2 14-14 18-24 18 16 2 20 14 14 26-8 12-28 8-33-18z")
    + _ball("white", 32, 44, 8)
    + _ball("white", 88, 44, 8)
    + _ball("white", 38, 80, 6)
    + _ball("white", 82, 80, 6)
    + _ball("ink", 60, 64, 4.5, 28)
    + _way("line", "M58 38q-2-14-12-18M62 38q2-14 12-18"),
    "penguin": _way("fur", "M33 58Q16 74 20 92q10-4 15-14zM87 58q17 16 13 34-10-4-15-14z")
    + _way("white", "M40 98q-14 2-14 8h26zM80 98q14 2 14 8H68z")
    + _way("fur", "M60 14c20 0 28 16 28 44 0 32-10 46-28 46S32 90 32 58c0-28 8-44 28-44z")
    + _way("white", "M60 44c6-10 20-6 20 6 4 34-4 46-20 46s-24-12-20-46c0-12 14-16 20-6z")
    + _eyes((51, 48), (69, 48))
    + _way("fur", "M54 54h12l-6 9z"),
}
_GROUNDS = {
    "green": '<circle class="ground" cx="60" cy="60" r="57"/>',
    "blue": '<rect class="ground" x="4" y="4" width="112" height="112" rx="10"/>',
    "yellow": _way(
        "ground",
        "M60 2 77 19h24v24l17 17-17 17v24H77l-17 17-17-17H19V77L2 60l17-17V19h24z",
    ),
    "orange": _way("ground", "M32 6h56l29 54-29 54H32L3 60z"),
    "white": _way(
        "ground",
        "M34 8q26-10 52 0 22 4 26 26 10 26 0 52-4 22-26 26-26 10-52 0-22-4-26-26-10-26 0-52Q12 12 34 8z",
    ),
}


@cache
def draw(picture: Picture) -> Markup:
    """Return the picture, hidden from screen readers: its name stands beside it."""
    inner = _GROUNDS[picture.colour] + _ANIMALS[picture.animal]
    whole = f'<svg class="animal {picture.colour}" viewBox="0 0 120 120" aria-hidden="true">{inner}</svg>'
    return Markup(whole)  # noqa: S704 - made of our own lines
