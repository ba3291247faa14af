"""What lies where on a cover of ours: pure, told only how large words are."""

from collections.abc import Callable, Sequence
from typing import Literal

from agent.backends.desktop import CoverWords, FrontWords
from agent.backends.windows_desktop_slices import Board, Piece, Rectangle

GROUND, SURFACE, INK, EDGE, FOCUS = 0xF3F6F3, 0xFFFFFF, 0x16231F, 0x66766F, 0x1A4FD6
POST, BAND, ON_POST, QUIET = 0x0C4A3C, 0x093A2F, 0xFFFFFF, 0xC9E0D7
"""Our tokens, as the covers of the other system have them."""
Measure = Callable[[str, int, bool, int], tuple[int, int]]
"""Words, size, bold, width to wrap to: how wide and high they are."""
HideButton = Literal["tell", "uncover"]
_MARK = ((4.5, 7), (7.5, 3), (10.5, 7), (10.5, 25), (4.5, 25))
_RAILS = (9.0, 15.0, 21.0)


def unit_of(screen: Rectangle) -> float:
    """Return how large things are on this screen; 1 on one of 1366 by 768."""
    return max(0.75, min(screen.width / 1366, screen.height / 768))


def hiding_boards(
    words: CoverWords, focused: HideButton, screens: Sequence[Rectangle], measure: Measure
) -> list[Board]:
    """Return the cover of *Hide my screen*, the same on every screen."""
    return [Board(screen, GROUND, _hiding(words, focused, screen, measure)) for screen in screens]


def _hiding(words: CoverWords, focused: HideButton, screen: Rectangle, measure: Measure) -> tuple[Piece, ...]:
    unit = unit_of(screen)
    room, size, small = round(screen.width * 0.8), round(34 * unit), round(20 * unit)
    _wide, title_high = measure(words.title, size, True, room)
    inner = round(28 * unit), round(18 * unit)
    labels = (("tell", words.tell), ("uncover", words.uncover))
    widest = max(measure(label, small, True, room)[0] for _name, label in labels)
    width = min(widest + 2 * inner[0], room)
    heights = [measure(label, small, True, width - 2 * inner[0])[1] + 2 * inner[1] for _name, label in labels]
    gap, between = round(40 * unit), round(18 * unit)
    left, top = (screen.width - room) // 2, _top(screen, [title_high, gap, *heights, between])
    pieces = [Piece(Rectangle(left, top, room, title_high), words.title, size, True, INK)]
    at = top + title_high + gap
    for (name, label), high in zip(labels, heights, strict=True):
        box = Rectangle((screen.width - width) // 2, at, width, high)
        pieces += _button(box, label, small, name, name == focused, unit, INK, SURFACE, EDGE, FOCUS)
        at += high + between
    return tuple(pieces)


def _top(screen: Rectangle, heights: Sequence[int]) -> int:
    return max(8, (screen.height - sum(heights)) // 2)


def _button(
    box: Rectangle,
    label: str,
    size: int,
    press: str,
    focused: bool,
    unit: float,
    ink: int,
    fill: int,
    edge: int,
    ring: int,
) -> list[Piece]:
    pieces: list[Piece] = []
    if focused:
        out = round(6 * unit) + 2
        around = Rectangle(box.x - out, box.y - out, box.width + 2 * out, box.height + 2 * out)
        pieces.append(Piece(around, edge=ring, thick=max(3, round(3 * unit))))
    pieces.append(Piece(box, label, size, True, ink, fill, edge, max(2, round(2 * unit)), press))
    return pieces


def front_boards(
    words: FrontWords, screens: Sequence[Rectangle], measure: Measure, *, focused: bool
) -> list[Board]:
    """Return the cover of *Eyes to the front*, the same on every screen; `focused` is its one button."""
    return [Board(screen, POST, _front(words, screen, measure, focused)) for screen in screens]


def _front(words: FrontWords, screen: Rectangle, measure: Measure, focused: bool) -> tuple[Piece, ...]:
    unit = unit_of(screen)
    footer, foot_top = _footer(words, screen, unit, measure, focused)
    scale = max(1.0, min(words.scale, 200) / 100)
    pieces = _middle(words, screen, unit * scale, measure)
    while scale > 1.0 and _height(pieces) > foot_top * 0.9:
        scale = max(1.0, scale - 0.1)
        pieces = _middle(words, screen, unit * scale, measure)
    down = max(8, (foot_top - _height(pieces)) // 2)
    return (*(_moved(piece, down) for piece in pieces), *footer)


def _height(pieces: Sequence[Piece]) -> int:
    return max((piece.rect.y + piece.rect.height for piece in pieces), default=0)


def _moved(piece: Piece, down: int) -> Piece:
    rect = piece.rect
    return piece._replace(
        rect=Rectangle(rect.x, rect.y + down, rect.width, rect.height),
        points=tuple((x, y + down) for x, y in piece.points),
    )


def _middle(words: FrontWords, screen: Rectangle, unit: float, measure: Measure) -> list[Piece]:
    """Return the board on its legs, title, sentence and name, one beneath the other from 0 on."""
    room = round(screen.width * 0.9)
    pieces = _blackboard(screen, unit)
    at = _height(pieces) + round(22 * unit)
    rows = [(words.title, round(62 * unit), True, ON_POST, room)]
    if words.said:
        letters = 34 if len(words.said) <= 140 else 62
        rows.append((words.said, round(29 * unit), True, ON_POST, min(room, int(letters * 15.5 * unit))))
    if words.by:
        rows.append((words.by, round(21 * unit), False, QUIET, room))
    for text, size, bold, ink, width in rows:
        _wide, high = measure(text, size, bold, width)
        place = Rectangle((screen.width - width) // 2, at, width, high)
        pieces.append(Piece(place, text, size, bold, ink))
        at += high + round(24 * unit)
    return pieces


def _blackboard(screen: Rectangle, unit: float) -> list[Piece]:
    side = 76 * unit
    point, left = side / 24, (screen.width - side) / 2
    thick = max(2, round(1.4 * point))
    frame = Rectangle(round(left + 3.5 * point), round(4 * point), round(17 * point), round(10 * point))
    legs = [
        ((12 - 0.6, 14), (12 + 0.6, 14), (8.6, 20), (7.4, 20)),
        ((12 - 0.6, 14), (12 + 0.6, 14), (16.6, 20), (15.4, 20)),
    ]
    pieces = [Piece(frame, edge=ON_POST, thick=thick)]
    for leg in legs:
        points = tuple((round(left + x * point), round(y * point)) for x, y in leg)
        pieces.append(
            Piece(Rectangle(points[3][0], points[0][1], 1, round(6 * point)), ink=ON_POST, points=points)
        )
    return pieces


def _footer(
    words: FrontWords, screen: Rectangle, unit: float, measure: Measure, focused: bool
) -> tuple[list[Piece], int]:
    """Return the band beneath with mark, school and the way to help; and where it begins."""
    edge, small = max(16, screen.width // 40), round(20 * unit)
    across, down = round(26 * unit), round(13 * unit)
    tell_room = round(screen.width * 0.5)
    tell_wide, tell_high = measure(words.tell, small, True, tell_room)
    width, high = tell_wide + 2 * across, tell_high + 2 * down
    mark, gap = round(28 * unit), round(10 * unit)
    room = max(40, screen.width - width - mark - gap - 3 * edge)
    school_wide, school_high = measure(words.school, round(19 * unit), True, room)
    tall = max(high + round(16 * unit), school_high) + max(16, screen.height // 40)
    top = screen.height - tall
    pieces = [Piece(Rectangle(0, top, screen.width, tall), fill=BAND)]
    pieces += _gate(edge, top + (tall - mark) // 2, mark)
    name = Rectangle(
        edge + mark + gap, top + (tall - school_high) // 2, min(room, school_wide + 8), school_high
    )
    pieces.append(Piece(name, words.school, round(19 * unit), True, ON_POST, centred=False))
    box = Rectangle(screen.width - edge - width, top + (tall - high) // 2, width, high)
    pieces += _button(box, words.tell, small, "tell", focused, unit, ON_POST, BAND, ON_POST, ON_POST)
    return pieces, top


def _gate(left: int, top: int, side: int) -> list[Piece]:
    """Return our mark: the post with its pointed top, and the rails."""
    point = side / 28
    post = tuple((round(left + x * point), round(top + y * point)) for x, y in _MARK)
    pieces = [Piece(Rectangle(left, top, side, side), ink=ON_POST, points=post)]
    for rail in _RAILS:
        bar = Rectangle(
            round(left + 13 * point), round(top + rail * point), round(11 * point), max(2, round(3 * point))
        )
        pieces.append(Piece(bar, fill=ON_POST))
    return pieces
