"""Painting a cover with GDI: Windows has every letter itself, so nothing is drawn beforehand.

What GDI made (letters, brushes, pictures) pywin32 deletes with its last name here; it must be selected
nowhere by then.
"""

import sys

assert sys.platform == "win32"

from typing import Any

import win32con
import win32gui

from agent.backends.windows_desktop_slices import Board, Piece

_gdi: Any = win32gui
"""Untyped: its types want objects where tuples and numbers are what it takes, and read-only LOGFONTs."""
_FAMILY = "Segoe UI"
_CLEARTYPE = 5
_WRAPPED = win32con.DT_WORDBREAK | win32con.DT_NOPREFIX | win32con.DT_CENTER | win32con.DT_EDITCONTROL
_HIGH = 16_000


def measure(words: str, size: int, bold: bool, width: int) -> tuple[int, int]:
    """Return how wide and high these words are, wrapped to a width."""
    screen = _gdi.GetDC(0)
    try:
        font = _font(size, bold)
        before = _gdi.SelectObject(screen, font)
        _height, rect = _gdi.DrawText(
            screen, words, -1, (0, 0, width, _HIGH), _WRAPPED | win32con.DT_CALCRECT
        )
        _gdi.SelectObject(screen, before)
    finally:
        _gdi.ReleaseDC(0, screen)
    return int(rect[2]) - int(rect[0]), int(rect[3]) - int(rect[1])


def paint(window: int, board: Board) -> None:
    """Paint a board into its window, in memory first: nothing flickers."""
    screen, look = _gdi.BeginPaint(window)
    try:
        width, height = board.rect.width, board.rect.height
        paper = _gdi.CreateCompatibleDC(screen)
        picture = _gdi.CreateCompatibleBitmap(screen, width, height)
        before = _gdi.SelectObject(paper, picture)
        _fill(paper, (0, 0, width, height), board.ground)
        for piece in board.pieces:
            _paint_piece(paper, piece)
        _gdi.BitBlt(screen, 0, 0, width, height, paper, 0, 0, win32con.SRCCOPY)
        _gdi.SelectObject(paper, before)
        _gdi.DeleteDC(paper)
    finally:
        _gdi.EndPaint(window, look)


def _paint_piece(paper: int, piece: Piece) -> None:
    rect = piece.rect
    corners = (rect.x, rect.y, rect.x + rect.width, rect.y + rect.height)
    if piece.fill is not None:
        _fill(paper, corners, piece.fill)
    if piece.edge is not None and piece.thick > 0:
        for at in range(piece.thick):
            brush = _gdi.CreateSolidBrush(_colour(piece.edge))
            inner = (corners[0] + at, corners[1] + at, corners[2] - at, corners[3] - at)
            _gdi.FrameRect(paper, inner, brush)
    if piece.points:
        _polygon(paper, piece)
    if piece.words:
        font = _font(piece.size, piece.bold)
        before = _gdi.SelectObject(paper, font)
        _gdi.SetTextColor(paper, _colour(piece.ink))
        _gdi.SetBkMode(paper, win32con.TRANSPARENT)
        how = _WRAPPED if piece.centred else _WRAPPED & ~win32con.DT_CENTER
        _used, found = _gdi.DrawText(paper, piece.words, -1, corners, how | win32con.DT_CALCRECT)
        spare = max(0, (rect.height - (found[3] - found[1])) // 2)
        inner = (corners[0], corners[1] + spare, corners[2], corners[3])
        _gdi.DrawText(paper, piece.words, -1, inner, how | win32con.DT_END_ELLIPSIS)
        _gdi.SelectObject(paper, before)


def _polygon(paper: int, piece: Piece) -> None:
    brush = _gdi.CreateSolidBrush(_colour(piece.ink))
    pen = _gdi.CreatePen(win32con.PS_SOLID, 1, _colour(piece.ink))
    old_brush, old_pen = _gdi.SelectObject(paper, brush), _gdi.SelectObject(paper, pen)
    _gdi.Polygon(paper, list(piece.points))
    _gdi.SelectObject(paper, old_brush)
    _gdi.SelectObject(paper, old_pen)


def _fill(paper: int, corners: tuple[int, int, int, int], colour: int) -> None:
    brush = _gdi.CreateSolidBrush(_colour(colour))
    _gdi.FillRect(paper, corners, brush)


def _font(size: int, bold: bool) -> Any:
    wanted = _gdi.LOGFONT()
    wanted.lfHeight = -max(8, size)
    wanted.lfWeight = win32con.FW_BOLD if bold else win32con.FW_NORMAL
    wanted.lfQuality = _CLEARTYPE
    wanted.lfFaceName = _FAMILY
    return _gdi.CreateFontIndirect(wanted)


def _colour(rgb: int) -> int:
    """Return 0xRRGGBB as Windows has it, 0xBBGGRR."""
    return (rgb & 0xFF) << 16 | rgb & 0xFF00 | rgb >> 16 & 0xFF
