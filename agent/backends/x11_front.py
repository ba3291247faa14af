"""The cover of *Eyes to the front*: the session's own window over every screen, with one way on, to help.

It is up with one request, in plain letters; the drawn ones follow. It holds the keyboard, so that no key
reaches the work beneath, but lets go of it as soon as a locker wants it. It is no lock: where the policy asks
for one, a real locker stands above it.
"""

import contextlib
import itertools
import textwrap
import time
from collections.abc import Collection, Sequence
from typing import Any

from Xlib import XK, X, error
from Xlib.ext import shape

from agent.backends import front_words
from agent.backends.cover_words import Strip
from agent.backends.desktop import Cover, FrontWords
from agent.backends.front_keys import FrontKeys, Key
from agent.backends.front_words import FrontWish
from agent.backends.x11_cover import Rect, Stacked, decide_cover
from agent.backends.x11_paint import Look, open_font, pixmap_of, plain_letters

POST, BAND, ON_POST = 0x0C4A3C, 0x093A2F, 0xFFFFFF
LOCKER_GRACE_SECONDS = 20.0
"""A locker tries for less than that to get the keyboard."""
_RACE = (error.BadWindow, error.BadDrawable, error.BadMatch, error.BadValue, error.BadAccess)
_PARTS = ("title", "said", "by", "footer", "school", "tell")
_LOOKS = ("title", "said", "by", "school", "tell", "tell-focused")
_OURS, _STRANGER = 1, 2
_ENTER_KEYS = (XK.XK_Return, XK.XK_KP_Enter, XK.XK_space)
_SHORTCUTS = X.ControlMask | X.Mod1Mask | X.Mod4Mask


def decide_front(
    stack: Sequence[tuple[int, Rect]], screens: Sequence[Rect], cover: int, allowed: Collection[int]
) -> Cover:
    """
    Say whether the cover hides every screen. `stack` runs from the bottom to the top.

    What is `allowed` (a report begun from the cover, a locker) hides as well as the cover does. Pure.
    """
    marked = [
        Stacked(rect, _OURS if window == cover or window in allowed else _STRANGER) for window, rect in stack
    ]
    found = decide_cover(marked, screens, {_OURS})
    if found.covered or not any(window == cover for window, _rect in stack):
        return found if found.covered else Cover(False, "the cover is not on the screen")
    return Cover(False, found.problem.replace("the locker", "the cover"))


class FrontCover:
    """Made once, shown with a teacher's words and taken away as often as wanted."""

    def __init__(self, display: Any) -> None:
        self._x = display
        self._root = display.screen().root
        self._depth = display.screen().root_depth
        self._words = FrontWords("", "", "", "", "")
        self._place = Rect(0, 0, 1, 1)
        self._window: Any = None
        self._parts: dict[str, Any] = {}
        self._looks: dict[str, Look] = {}
        self._wish: FrontWish | None = None
        self._drawn: list[Strip] | None = None
        self._holds_keyboard = False
        self._hands_off_until = 0.0
        self._before: Any = None
        """What had the keyboard before the cover came, and gets it back."""
        self._keys = FrontKeys(time.monotonic)
        self.is_up = False

    # ---- before ----

    def prepare(self, words: FrontWords, first_screen: Rect) -> None:
        """Have ready what does not depend on the teacher: `words` without a sentence."""
        if self.is_up:
            return
        self._take_words(words, first_screen)

    def _take_words(self, words: FrontWords, first_screen: Rect) -> None:
        """Keep the pictures of what stays, write plainly what is new, and have it drawn."""
        if self._window is None:
            self._make()
        elif (words, first_screen) == (self._words, self._place) and self._looks:
            return
        before, same_place = self._words, first_screen == self._place
        self._words, self._place = words, first_screen
        for name in _LOOKS:
            kind = name.removesuffix("-focused")
            known = same_place and name in self._looks and getattr(before, kind) == getattr(words, kind)
            if not known:
                self._keep_look(name, *self._plain_look(name))
        self._dress()
        if self._depth in (24, 32):
            unit = max(0.75, min(first_screen.width / 1366, first_screen.height / 768))
            self._drawn = None
            self._wish = FrontWish(
                words, unit, int(first_screen.width * 0.9), int(first_screen.height * 0.72)
            )
            front_words.order(self._wish, self._note_drawn)

    def _note_drawn(self, wish: FrontWish, strips: list[Strip]) -> None:
        if wish is self._wish:
            self._drawn = strips  # from a thread: only noted, the loop puts it on the screen

    def _make(self) -> None:
        size = self._root.get_geometry()
        wanted = X.KeyPressMask | X.VisibilityChangeMask | X.FocusChangeMask | X.StructureNotifyMask
        wanted |= X.SubstructureNotifyMask  # what another program puts into it
        self._window = self._root.create_window(
            0, 0, size.width, size.height, 0, X.CopyFromParent, X.InputOutput, X.CopyFromParent,
            background_pixel=POST, override_redirect=True, event_mask=wanted,
        )  # fmt: skip
        self._window.set_wm_name("Gatepost")
        self._parts = {}
        for name in _PARTS:
            part = self._window.create_window(
                0, 0, 1, 1, 0, X.CopyFromParent, X.InputOutput, X.CopyFromParent,
                background_pixel=BAND if name == "footer" else POST,
                event_mask=X.ButtonPressMask if name == "tell" else 0,
            )  # fmt: skip
            part.map()
            self._parts[name] = part

    # ---- its looks ----

    def take_drawn(self) -> None:
        """Put the drawn words in place of the plain ones, once they are there."""
        strips, self._drawn = self._drawn, None
        if strips is None or self._window is None:
            return
        for strip in strips:
            if strip.name in _LOOKS and len(strip.data) == 4 * strip.width * strip.height:
                self._keep_look(
                    strip.name, pixmap_of(self._root, self._depth, strip), strip.width, strip.height
                )
        self._dress()

    def _keep_look(self, name: str, pixmap: Any, width: int, height: int) -> None:
        old = self._looks.get(name)
        self._looks[name] = Look(pixmap, width, height)
        if old is not None:
            old.pixmap.free()

    def _plain_look(self, name: str) -> tuple[Any, int, int]:
        """Write with what letters the server has, in as many lines as it takes."""
        kind = name.removesuffix("-focused")
        ground = BAND if kind in ("school", "tell") else POST
        font = open_font(self._x)
        metrics = font.query_text_extents(b"n")
        letter, rise, line = max(4, metrics.overall_width), metrics.font_ascent, metrics.font_ascent + 12
        columns = max(20, int(self._place.width * 0.8) // (letter + 2))
        lines = textwrap.wrap(getattr(self._words, kind), columns) or [""]
        texts = [plain_letters(each)[:200] for each in lines[: front_words.MOST_LINES]]
        widths = [font.query_text_extents(each).overall_width for each in texts]
        width, height = max(8, *widths, 8) + 48, line * len(texts) + 24
        pixmap = self._root.create_pixmap(width, height, self._depth)
        pen = pixmap.create_gc(foreground=ground)
        pixmap.fill_rectangle(pen, 0, 0, width, height)
        pen.change(foreground=ON_POST, font=font, line_width=6 if name != kind else 2)
        if kind == "tell":
            pixmap.rectangle(pen, 3, 3, width - 7, height - 7)
        for row, text in enumerate(texts):
            pixmap.draw_text(pen, (width - widths[row]) // 2, 12 + rise + row * line, text)
        pen.free()
        font.close()
        return pixmap, width, height

    def _dress(self) -> None:
        """Give every part its picture and its place; what has no words is put outside."""
        for name, part in self._parts.items():
            if name != "footer":
                look = self._looks["tell-focused" if name == "tell" and self._keys.focused else name]
                part.change_attributes(background_pixmap=look.pixmap)
        self._lay_out()
        for part in self._parts.values():
            part.clear_area()
        self._x.flush()

    def _lay_out(self) -> None:
        place, looks = self._place, self._looks
        tall = max(looks["tell-focused"].height, looks["school"].height) + max(16, place.height // 40)
        bottom = place.y + place.height - tall
        self._move("footer", place.x, bottom, place.width, tall)
        edge = max(16, place.width // 40)
        self._move_look("school", place.x + edge, bottom + (tall - looks["school"].height) // 2)
        tell = looks["tell-focused"]
        x = max(place.x + edge, place.x + place.width - edge - tell.width)
        self._move("tell", x, bottom + (tall - tell.height) // 2, tell.width, tell.height)
        shown = [name for name in ("title", "said", "by") if getattr(self._words, name)]
        gap = max(12, place.height // 32)
        y = place.y + max(8, (bottom - place.y - sum(looks[name].height + gap for name in shown) + gap) // 2)
        for name in ("title", "said", "by"):
            if name not in shown:
                self._move(name, -10, -10, 1, 1)
                continue
            self._move_look(name, place.x + (place.width - looks[name].width) // 2, y)
            y += looks[name].height + gap

    def _move_look(self, name: str, x: int, y: int) -> None:
        self._move(name, x, y, self._looks[name].width, self._looks[name].height)

    def _move(self, name: str, x: int, y: int, width: int, height: int) -> None:
        self._parts[name].configure(x=x, y=y, width=max(1, width), height=max(1, height))

    # ---- up and down ----

    def show(self, words: FrontWords, first_screen: Rect) -> None:
        """Cover everything, now."""
        self.take_drawn()
        self.is_up = True
        self._keys.came()
        self._take_words(words, first_screen)
        self._settle_size()
        focus = self._x.get_input_focus().focus
        if getattr(focus, "id", 0) not in (0, self.window_id):
            self._before = focus
        self._window.configure(stack_mode=X.Above)
        self._window.map()
        self._x.sync()
        self._take_keyboard()

    def hide(self) -> None:
        """Take the cover away; the work is as it was."""
        self.is_up = False
        self._keys.went()
        self._let_keyboard_go()
        if self._window is None:
            return
        had_keyboard = self.has_focus
        self._window.unmap()
        before, self._before = self._before, None
        if had_keyboard and before is not None:
            with contextlib.suppress(*_RACE):
                before.set_input_focus(X.RevertToParent, X.CurrentTime)
        self._x.sync()

    def locker_comes(self) -> None:
        """A locker has started: it needs the keyboard, which we hold."""
        self._hands_off_until = time.monotonic() + LOCKER_GRACE_SECONDS
        self._let_keyboard_go()

    def mend(self) -> bool:
        """Undo what another program can do to our window (unmap, end, shrink, shape); say if any had."""
        if self._window is None:
            return False
        try:
            shaped = self._window.shape_query_extents()
            done = bool(shaped.bounding_shaped or shaped.clip_shaped)
            if self._window.get_attributes().map_state == X.IsUnmapped:
                self._window.map()
                done = True
            done = self._settle_size() or done
            for kind in (shape.SK.Bounding, shape.SK.Clip, shape.SK.Input):
                self._window.shape_mask(shape.SO.Set, kind, 0, 0, X.NONE)
        except (*_RACE, AttributeError):
            self._window, self._looks = None, {}
            self._take_words(self._words, self._place)
            self._window.map()
            done = True
        self._x.sync()
        return done

    def put_strangers_out(self) -> bool:
        """
        Take away what another program shows *in* our window, which X lets anybody do; say if there was any.

        No stack of windows tells of it: our window is on top, and a game is played in it.
        """
        if self._window is None:
            return False
        ours = {part.id for part in self._parts.values()}
        found = False
        for place in (self._window, *self._parts.values()):
            with contextlib.suppress(*_RACE):
                for child in place.query_tree().children:
                    if child.id not in ours and child.get_attributes().map_state != X.IsUnmapped:
                        found = True
                        child.unmap()
        return found

    def is_beneath(self, stack: Sequence[tuple[int, Rect]], allowed: Collection[int]) -> bool:
        """Say whether a stranger's window lies above the cover. `stack` runs from the bottom to the top."""
        size = self._root.get_geometry()
        for window, rect in reversed(stack):
            if window == self.window_id:
                return False
            if window not in allowed and _can_be_seen(rect, size.width, size.height):
                return True
        return False

    def keep(self, own: Collection[int], lockers: Collection[int], stack: Sequence[tuple[Any, Rect]]) -> None:
        """
        Keep the cover above every window but these, and beneath them.

        `stack` is every visible top-level window from the bottom up.
        """
        size = self._root.get_geometry()
        seen = [each for each, rect in reversed(stack) if _can_be_seen(rect, size.width, size.height)]
        others = [window for window in seen if window.id != self._window.id]
        above = list(itertools.takewhile(lambda each: each.id in own or each.id in lockers, others))
        with contextlib.suppress(*_RACE):
            if [each.id for each in seen[: len(above) + 1]] != [*(each.id for each in above), self.window_id]:
                if above:  # a report that came while nobody knew it for ours lies beneath, and comes above
                    self._window.configure(sibling=above[-1], stack_mode=X.Below)
                else:
                    self._window.configure(stack_mode=X.Above)
            self._x.sync()
        if own or lockers:
            self._let_keyboard_go()
        else:
            self._take_keyboard()

    @property
    def window_id(self) -> int:
        """Return the cover's own window; 0 before it was made."""
        return int(self._window.id) if self._window is not None else 0

    @property
    def has_focus(self) -> bool:
        """Say whether keys go to the cover's own window."""
        return getattr(self._x.get_input_focus().focus, "id", -1) == self.window_id

    def _take_keyboard(self) -> None:
        if time.monotonic() < self._hands_off_until:
            return
        with contextlib.suppress(*_RACE):
            if not self._holds_keyboard:
                found = self._window.grab_keyboard(False, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
                self._holds_keyboard = found == X.GrabSuccess
            if not self.has_focus:
                self._window.set_input_focus(X.RevertToPointerRoot, X.CurrentTime)
            self._x.sync()

    def _let_keyboard_go(self) -> None:
        if self._holds_keyboard:
            self._holds_keyboard = False
            self._x.ungrab_keyboard(X.CurrentTime)
            self._x.sync()

    def _settle_size(self) -> bool:
        size, own = self._root.get_geometry(), self._window.get_geometry()
        if (own.x, own.y, own.width, own.height) == (0, 0, size.width, size.height):
            return False
        self._window.configure(x=0, y=0, width=size.width, height=size.height)
        return True

    # ---- what is pressed ----

    def pressed(self, event: Any) -> bool:
        """Say whether this event presses the way to help."""
        if not self.is_up or self._window is None:
            return False
        if event.type == X.ButtonPress:
            return bool(event.window == self._parts["tell"] and event.detail == X.Button1)
        if event.type != X.KeyPress or event.window != self._window:
            return False
        before = self._keys.focused
        pressed = self._keys.typed(_key_of(self._x.keycode_to_keysym(event.detail, 0), event.state))
        if self._keys.focused != before:
            with contextlib.suppress(*_RACE):
                self._dress()
        return pressed


def _key_of(symbol: int, state: int) -> Key:
    if state & _SHORTCUTS:  # Alt and Tab asks for another window, not for the button
        return "other"
    if symbol == XK.XK_Tab:
        return "tab"
    return "enter" if symbol in _ENTER_KEYS else "other"


def _can_be_seen(rect: Rect, width: int, height: int) -> bool:
    """Say whether a window shows anything: window managers keep some of one point, or far outside."""
    inside = rect.x < width and rect.y < height
    return inside and min(rect.x + rect.width, rect.y + rect.height, rect.width, rect.height) > 1
