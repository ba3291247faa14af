"""The plain cover of *Hide my screen*: one window over every screen, drawn from what lies ready.

It is made beforehand, so hiding is one request. It captures nothing and holds no grab: a locker must be able
to take the keyboard above it. It is no lock: it hides the screen from whoever walks past.
"""

import contextlib
from collections.abc import Collection, Sequence
from typing import Any, Literal

from Xlib import XK, X, Xatom, error
from Xlib.protocol.event import ClientMessage

from agent.backends import cover_words
from agent.backends.cover_words import Strip, Wish
from agent.backends.desktop import CoverWords
from agent.backends.x11_cover import Rect
from agent.backends.x11_paint import Look, open_font, pixmap_of, plain_letters

GROUND, SURFACE, INK, FOCUS = 0xF3F6F3, 0xFFFFFF, 0x16231F, 0x1A4FD6
_LEFT_TAB = 0xFE20
"""XK_ISO_Left_Tab: what Shift and Tab make."""
_RACE = (error.BadWindow, error.BadDrawable, error.BadMatch, error.BadValue, error.BadAccess)
Button = Literal["tell", "uncover"]
_BUTTONS: tuple[Button, ...] = ("tell", "uncover")
_LOOKS = ("title", "tell", "tell-focused", "uncover", "uncover-focused")


class HidingCover:
    """Made once, shown and taken away as often as wanted."""

    def __init__(self, display: Any) -> None:
        self._x = display
        self._root = display.screen().root
        self._depth = display.screen().root_depth
        self._words = CoverWords("", "", "")
        self._place = Rect(0, 0, 0, 0)
        self._window: Any = None
        self._parts: dict[str, Any] = {}
        self._looks: dict[str, Look] = {}
        """The pictures of the title and of both buttons, plain and focused; the X server keeps them."""
        self._drawn: list[Strip] | None = None
        self._focused: Button = "tell"
        self.is_up = False

    # ---- before ----

    def prepare(self, words: CoverWords, first_screen: Rect) -> None:
        """Make the window and order its words; does nothing where both are as before."""
        if words == self._words and first_screen == self._place and self._window is not None:
            return
        self._words, self._place, self._drawn = words, first_screen, None
        if self._window is None:
            self._make()
        for name in _LOOKS:
            self._keep_look(name, *self._plain_look(name))
        self._dress()
        if self._depth in (24, 32):
            unit = max(0.75, min(first_screen.width / 1366, first_screen.height / 768))
            cover_words.order(Wish(words, unit, int(first_screen.width * 0.8)), self._take_drawn)

    def _take_drawn(self, strips: list[Strip]) -> None:
        self._drawn = strips  # from a thread: only noted, the loop puts it on the screen

    def _make(self) -> None:
        size = self._root.get_geometry()
        wanted = X.KeyPressMask | X.VisibilityChangeMask | X.FocusChangeMask | X.StructureNotifyMask
        self._window = self._root.create_window(
            0, 0, size.width, size.height, 0, X.CopyFromParent, X.InputOutput, X.CopyFromParent,
            background_pixel=GROUND, override_redirect=True, event_mask=wanted,
        )  # fmt: skip
        self._window.set_wm_name("Gatepost")
        for name in ("title", *_BUTTONS):
            part = self._window.create_window(
                0, 0, 1, 1, 0, X.CopyFromParent, X.InputOutput, X.CopyFromParent,
                background_pixel=GROUND, event_mask=X.ButtonPressMask if name != "title" else 0,
            )  # fmt: skip
            part.map()
            self._parts[name] = part

    # ---- its looks ----

    def take_drawn(self) -> None:
        """Put the drawn words in place of the plain ones, once they are there."""
        strips, self._drawn = self._drawn, None
        if strips is None:
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

    def _dress(self) -> None:
        """Give every part its picture and its place."""
        sizes: dict[str, tuple[int, int]] = {}
        for name, part in self._parts.items():
            look = self._looks[f"{name}-focused" if name == self._focused else name]
            part.change_attributes(background_pixmap=look.pixmap)
            sizes[name] = (look.width, look.height)
        self._lay_out(sizes)
        for part in self._parts.values():
            part.clear_area()
        self._x.flush()

    def _plain_look(self, name: str) -> tuple[Any, int, int]:
        """Write with what letters the server has; it always has some."""
        kind = name.removesuffix("-focused")
        text = plain_letters(getattr(self._words, kind))[:200]
        font = open_font(self._x)
        found = font.query_text_extents(text)
        width, height = max(8, found.overall_width) + 48, found.font_ascent + found.font_descent + 28
        pixmap = self._root.create_pixmap(width, height, self._depth)
        pen = pixmap.create_gc(foreground=GROUND if kind == "title" else SURFACE)
        pixmap.fill_rectangle(pen, 0, 0, width, height)
        if kind != "title":
            focused = name != kind
            pen.change(foreground=FOCUS if focused else INK, line_width=6 if focused else 2)
            pixmap.rectangle(pen, 1, 1, width - 3, height - 3)
        pen.change(foreground=INK, font=font)
        pixmap.draw_text(pen, 24, found.font_ascent + 14, text)
        pen.free()
        font.close()
        return pixmap, width, height

    def _lay_out(self, sizes: dict[str, tuple[int, int]]) -> None:
        """Put the title above the middle and the buttons beneath it, side by side where there is room."""
        place = self._place
        gap = max(12, place.height // 40)
        buttons = [sizes[name] for name in _BUTTONS]
        side_by_side = sum(width for width, _height in buttons) + gap <= place.width * 0.9
        y = place.y + place.height * 2 // 5 - sizes["title"][1]
        self._move("title", sizes["title"], place.x + (place.width - sizes["title"][0]) // 2, y)
        y += sizes["title"][1] + 2 * gap
        x = place.x + (place.width - sum(width for width, _height in buttons) - gap) // 2
        for name, size in zip(_BUTTONS, buttons, strict=True):
            self._move(name, size, x if side_by_side else place.x + (place.width - size[0]) // 2, y)
            x += size[0] + gap
            y += 0 if side_by_side else size[1] + gap

    def _move(self, name: str, size: tuple[int, int], x: int, y: int) -> None:
        self._parts[name].configure(x=x, y=y, width=max(1, size[0]), height=max(1, size[1]))

    # ---- up and down ----

    def show(self) -> None:
        """Cover everything, now; `prepare` comes first."""
        self.take_drawn()
        self._window.configure(stack_mode=X.Above)
        self._window.map()
        self._x.sync()
        self.is_up = True
        self._focus_on("tell")
        self._settle_size()
        self._take_keyboard()

    def hide(self) -> None:
        """Take the cover away."""
        self.is_up = False
        if self._window is not None:
            self._window.unmap()
            self._x.sync()

    def keep(self, own_windows: Collection[int], stack: Sequence[tuple[Any, Rect, bool]]) -> None:
        """
        Keep the cover above every window but our own and a locker's.

        `stack` is every visible top-level window from the bottom up: itself, its place, and whether no
        window manager manages it.
        """
        if not self.is_up or self._window is None:
            return
        self._settle_size()
        seen = [each for each in reversed(stack) if self._can_be_seen(each[1])]
        order = [window.id for window, _place, _unmanaged in seen]
        others = [each for each in seen if each[0].id != self._window.id]
        above: list[Any] = []
        beneath: Any = None
        for window, place, unmanaged in others:
            if window.id in own_windows:
                above.append(window)
                continue
            whole = place.width >= self._place.width and place.height >= self._place.height
            if unmanaged and whole:
                return  # a locker: it stands above us, and that is right
            beneath = window
            break
        wanted = [window.id for window in above] + [self._window.id]
        with contextlib.suppress(*_RACE):
            if order[: len(wanted)] != wanted:
                if above:
                    self._window.configure(sibling=above[-1], stack_mode=X.Below)
                elif beneath is not None:
                    self._window.configure(sibling=beneath, stack_mode=X.Above)
            if not own_windows:
                self._take_keyboard()
            self._x.sync()

    def _can_be_seen(self, place: Rect) -> bool:
        """Say whether a window shows anything: window managers keep some of one point, or far outside."""
        size = self._window.get_geometry()
        inside = place.x < size.width and place.y < size.height
        return inside and min(place.x + place.width, place.y + place.height, place.width, place.height) > 1

    def _take_keyboard(self) -> None:
        focus = self._x.get_input_focus().focus
        if getattr(focus, "id", 0) != self._window.id:
            with contextlib.suppress(*_RACE):
                self._window.set_input_focus(X.RevertToPointerRoot, X.CurrentTime)
                self._x.sync()

    def _settle_size(self) -> None:
        size, own = self._root.get_geometry(), self._window.get_geometry()
        if (size.width, size.height) != (own.width, own.height):
            self._window.configure(x=0, y=0, width=size.width, height=size.height)

    # ---- what is pressed ----

    def pressed(self, event: Any) -> Button | None:
        """Return the button this event presses, or None."""
        if not self.is_up:
            return None
        if event.type == X.ButtonPress:
            for name in _BUTTONS:
                if event.window == self._parts[name] and event.detail == X.Button1:
                    return name
            return None
        if event.type != X.KeyPress or event.window != self._window:
            return None
        key = self._x.keycode_to_keysym(event.detail, 0)
        if key in (XK.XK_Return, XK.XK_KP_Enter, XK.XK_space):
            return self._focused
        if key in (XK.XK_Tab, XK.XK_Left, XK.XK_Right, XK.XK_Up, XK.XK_Down, _LEFT_TAB):
            self._focus_on("uncover" if self._focused == "tell" else "tell")
        return None

    def _focus_on(self, button: Button) -> None:
        if button != self._focused:
            self._focused = button
            self._dress()


def top_level_of(display: Any, root: Any, window_id: int) -> int:
    """Return the child of the root in which this window lies: its window manager's frame, or itself."""
    at = display.create_resource_object("window", window_id)
    for _level in range(16):
        parent = at.query_tree().parent
        if not hasattr(parent, "id") or parent.id == root.id:
            break
        at = parent
    return int(at.id)


def managed_windows(display: Any, root: Any) -> list[int]:
    """Return the windows the window manager says it manages; none on a bare display."""
    found = root.get_full_property(display.get_atom("_NET_CLIENT_LIST"), Xatom.WINDOW)
    return [int(each) for each in found.value] if found is not None else []


def ask_for_front(display: Any, root: Any, window_id: int) -> None:
    """Ask the window manager to put this window in front (EWMH)."""
    window = display.create_resource_object("window", window_id)
    name = display.get_atom("_NET_ACTIVE_WINDOW")
    asked = ClientMessage(window=window, client_type=name, data=(32, [2, X.CurrentTime, 0, 0, 0]))
    root.send_event(asked, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
    display.flush()
