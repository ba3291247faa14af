"""Where a window stands: the gate covers every screen, small windows sit by the tray, large ones amid."""

from typing import Any, Protocol

from agent.link import pages

SMALL_WIDTH, SMALL_HEIGHT = 400, 460
LARGE = (1160, 780)
REPORT = (1280, 860)
"""As large as the screen lets it: three short screens should need no scrolling."""
FRAME = 40
GAP = 12
FRONT_EVERY_MILLISECONDS = 700


class Room(Protocol):
    """A rectangle of the screen, whichever toolkit tells of it."""

    @property
    def x(self) -> int:
        """The left edge."""
        ...

    @property
    def y(self) -> int:
        """The upper edge."""
        ...

    @property
    def width(self) -> int:
        """In the screen's points."""
        ...

    @property
    def height(self) -> int:
        """In the screen's points."""
        ...


class Place:
    """Size and position in screen pixels, and what the window manager should do about it."""

    def __init__(
        self, x: int, y: int, width: int, height: int, *, corner: bool, framed: bool, bare: bool
    ) -> None:
        self.x, self.y, self.width, self.height = x, y, width, height
        self.corner = corner
        """Kept at the bottom of the work area when its height changes."""
        self.framed = framed
        self.bare = bare
        """No window manager runs: nothing gives focus or keeps windows on top but ourselves."""
        self.on_top = not framed
        self.quiet = False
        """Comes by itself, so it takes no letter from whoever is typing."""
        self.scale = 1.0
        """Screen pixels to one of the page's: its words may be drawn larger."""
        self._floor = y + height
        self._middle = y + height // 2
        self._fits = not bare and not framed

    def settle(self, window: Any) -> None:
        """Say to the window manager what kind of window this is, before it is mapped."""
        window.set_skip_taskbar_hint(not self.framed)
        window.set_skip_pager_hint(not self.framed)
        window.set_focus_on_map(not self.quiet)
        window.move(self.x, self.y)

    def fit(self, window: Any, height: int) -> None:
        """Give a small window the height of its words; the bottom edge or the middle stays."""
        fitting = self.fitting(round(height * self.scale))
        if fitting is None:
            return
        top, height = fitting
        window.set_size_request(self.width, height)
        window.resize(self.width, height)
        window.move(self.x, top)

    def fitting(self, height: int) -> tuple[int, int] | None:
        """Return the top and the height for words so high, in the screen's points; None: it stays so."""
        if not self._fits:
            return None
        room = self._floor - GAP if self.corner else 2 * self._middle
        height = max(120, min(height, room))
        return (self._floor - height if self.corner else self._middle - height // 2), height


def place_for(page: pages.AnyPage) -> Place | None:
    """Return where this page's window goes on the display, or None if there is no display."""
    place = _place_for(page)
    if place is not None:
        place.scale = page.text_scale / 100
    return place


def _place_for(page: pages.AnyPage) -> Place | None:
    from gi.repository import Gdk

    display = Gdk.Display.get_default()
    if display is None:
        return None
    monitor = display.get_primary_monitor() or display.get_monitor(0)
    return place_in(page, monitor.get_workarea(), monitor.get_geometry(), bare=not has_window_manager())


def place_in(page: pages.AnyPage, area: Room, screen: Room, *, bare: bool, unit: float = 1.0) -> Place:
    """
    Return where this page's window goes on a screen whose `area` no panel takes. Pure.

    `unit` is how many of the screen's points one of ours takes.
    """
    hidden = isinstance(page, pages.ReportPage) and page.place == "hidden"
    if isinstance(page, pages.GatePage) or bare or hidden:
        return Place(screen.x, screen.y, screen.width, screen.height, corner=False, framed=False, bare=bare)
    frame, gap = round(FRAME * unit), round(GAP * unit)
    if isinstance(page, pages.ReportPage | pages.ReceiptPage):
        width = min(round(REPORT[0] * unit), area.width)
        height = min(round(REPORT[1] * unit), area.height - frame)
        left, top = area.x + (area.width - width) // 2, area.y + max(0, area.height - frame - height) // 2
        return Place(left, top, width, height, corner=False, framed=True, bare=False)
    if isinstance(page, pages.RulesPage | pages.RecordPage | pages.RepliesPage):
        width = min(round(LARGE[0] * unit), area.width - frame)
        height = min(round(LARGE[1] * unit), area.height - 2 * frame)
        left, top = area.x + (area.width - width) // 2, area.y + (area.height - height) // 2
        return Place(left, top, width, height, corner=False, framed=True, bare=False)
    width = min(round(SMALL_WIDTH * page.text_scale * unit) // 100, area.width)
    height = min(round(SMALL_HEIGHT * page.text_scale * unit) // 100, area.height)
    if isinstance(page, pages.PanelPage | pages.StickPage):
        left, top = area.x + area.width - width - gap, area.y + area.height - height - gap
        corner = Place(left, top, width, height, corner=True, framed=False, bare=False)
        corner.quiet = isinstance(page, pages.StickPage)
        return corner
    left, top = area.x + (area.width - width) // 2, area.y + (area.height - height) // 2
    middle = Place(left, top, width, height, corner=False, framed=False, bare=False)
    # An answer comes while they go on working; the question stands where their app was to be.
    middle.quiet = isinstance(page, pages.AppPage) and page.state in ("allowed", "denied")
    return middle


def has_window_manager() -> bool:
    """Say whether something on this display manages windows (EWMH, _NET_SUPPORTING_WM_CHECK)."""
    from gi.repository import Gdk

    screen = Gdk.Screen.get_default()
    return bool(
        screen is not None and screen.supports_net_wm_hint(Gdk.Atom.intern("_NET_ACTIVE_WINDOW", False))
    )


def keep_in_front(window: Any, place: Place) -> None:
    """Cover the other screens, follow changes of their size, stay on top and hold the input focus."""
    from gi.repository import Gdk, GLib, Gtk

    blank = Gtk.Window(type=Gtk.WindowType.POPUP)

    def cover(*_: Any) -> None:
        display = window.get_display()
        primary = display.get_primary_monitor() or display.get_monitor(0)
        area, everything = primary.get_geometry(), window.get_screen().get_root_window()
        window.set_size_request(area.width, area.height)
        window.resize(area.width, area.height)
        window.move(area.x, area.y)
        whole = (everything.get_width(), everything.get_height())
        if not place.bare or whole == (area.width, area.height):
            blank.hide()
            return
        blank.move(0, 0)
        blank.set_size_request(*whole)
        blank.show()
        window.get_window().raise_()

    def hold() -> bool:
        inner = window.get_window()
        if inner is None or window.in_destruction():
            return False
        if not window.is_active():
            inner.raise_()
            inner.focus(Gdk.CURRENT_TIME)
        return True

    screen = Gdk.Screen.get_default()
    screen.connect("monitors-changed", cover)
    screen.connect("size-changed", cover)
    window.connect("map-event", lambda *_: cover())
    window.connect("map-event", lambda *_: not hold())
    if not place.bare:  # on the bare display the session keeps the right one of several in front
        GLib.timeout_add(FRONT_EVERY_MILLISECONDS, hold)
        return
    window.connect("realize", lambda *_: _show_pointer(window))


def _show_pointer(window: Any) -> None:
    """Give the bare server's cross the shape of a pointer."""
    from gi.repository import Gdk

    window.get_window().set_cursor(Gdk.Cursor.new_from_name(window.get_display(), "default"))
