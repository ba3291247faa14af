"""A tray icon over D-Bus alone, for panels that take StatusNotifier items (KDE, Xfce, GNOME's extension).

pystray's own way there loads GTK: 29 MiB for one picture (docs/figures.md). GLib's D-Bus costs two. A
click is `Activate`; panels that open a menu instead get one of a single entry (com.canonical.dbusmenu).
"""

import os
import threading
from collections.abc import Callable
from typing import Any

from agent.errors import DeviceFailed

_WATCHER = "org.kde.StatusNotifierWatcher"
_WATCHER_PATH = "/StatusNotifierWatcher"
_ITEM, _ITEM_PATH = "org.kde.StatusNotifierItem", "/StatusNotifierItem"
_MENU, _MENU_PATH = "com.canonical.dbusmenu", "/MenuBar"
_ENTRY = 1
_READY_SECONDS = 5.0
_CALL_MS = 5000
_ITEM_SHAPE = """
<node><interface name="org.kde.StatusNotifierItem">
<property name="Category" type="s" access="read"/><property name="Id" type="s" access="read"/>
<property name="Title" type="s" access="read"/><property name="Status" type="s" access="read"/>
<property name="WindowId" type="i" access="read"/><property name="IconName" type="s" access="read"/>
<property name="IconPixmap" type="a(iiay)" access="read"/>
<property name="AttentionIconName" type="s" access="read"/>
<property name="OverlayIconName" type="s" access="read"/>
<property name="IconThemePath" type="s" access="read"/>
<property name="ToolTip" type="(sa(iiay)ss)" access="read"/>
<property name="ItemIsMenu" type="b" access="read"/><property name="Menu" type="o" access="read"/>
<method name="Activate"><arg type="i" direction="in"/><arg type="i" direction="in"/></method>
<method name="SecondaryActivate"><arg type="i" direction="in"/><arg type="i" direction="in"/></method>
<method name="ContextMenu"><arg type="i" direction="in"/><arg type="i" direction="in"/></method>
<method name="Scroll"><arg type="i" direction="in"/><arg type="s" direction="in"/></method>
<signal name="NewTitle"/><signal name="NewIcon"/><signal name="NewToolTip"/>
</interface></node>"""
_MENU_SHAPE = """
<node><interface name="com.canonical.dbusmenu">
<property name="Version" type="u" access="read"/><property name="Status" type="s" access="read"/>
<property name="TextDirection" type="s" access="read"/>
<property name="IconThemePath" type="as" access="read"/>
<method name="GetLayout"><arg type="i" direction="in"/><arg type="i" direction="in"/>
<arg type="as" direction="in"/><arg type="u" direction="out"/>
<arg type="(ia{sv}av)" direction="out"/></method>
<method name="GetGroupProperties"><arg type="ai" direction="in"/><arg type="as" direction="in"/>
<arg type="a(ia{sv})" direction="out"/></method>
<method name="GetProperty"><arg type="i" direction="in"/><arg type="s" direction="in"/>
<arg type="v" direction="out"/></method>
<method name="Event"><arg type="i" direction="in"/><arg type="s" direction="in"/>
<arg type="v" direction="in"/><arg type="u" direction="in"/></method>
<method name="EventGroup"><arg type="a(isvu)" direction="in"/><arg type="ai" direction="out"/></method>
<method name="AboutToShow"><arg type="i" direction="in"/><arg type="b" direction="out"/></method>
<method name="AboutToShowGroup"><arg type="ai" direction="in"/><arg type="ai" direction="out"/>
<arg type="ai" direction="out"/></method>
<signal name="LayoutUpdated"><arg type="u"/><arg type="i"/></signal>
</interface></node>"""


class IndicatorIcon:
    """
    One item on the session bus, served in a thread of its own; registered again when the panel returns.

    `pixels(viewed)` returns the side in points and the picture, four bytes (ARGB) a point.
    Raises DeviceFailed without a bus.
    """

    def __init__(
        self,
        title: str,
        item: str,
        viewed: bool,
        pixels: Callable[[bool], tuple[int, bytes]],
        on_click: Callable[[], None],
    ) -> None:
        from gi.repository import Gio, GLib

        self._gio, self._glib = Gio, GLib
        self._title, self._entry, self._viewed = title, item, viewed
        self._pixels, self._on_click = pixels, on_click
        self._problem = ""
        self._ready = threading.Event()
        self._context = GLib.MainContext()
        self._loop = GLib.MainLoop(self._context)
        self._thread = threading.Thread(target=self._serve, name="tray", daemon=True)
        self._thread.start()
        if not self._ready.wait(_READY_SECONDS) or self._problem:
            raise DeviceFailed(f"no place on the session bus: {self._problem or 'it does not answer'}")

    def is_alive(self) -> bool:
        """Say whether it is still on the bus."""
        return self._thread.is_alive()

    def change(self, title: str, viewed: bool) -> None:
        """Say something else and show it, soon."""
        source = self._glib.Idle()
        source.set_callback(lambda *_: self._change(title, viewed))
        source.attach(self._context)

    # ---- the thread that serves ----

    def _serve(self) -> None:
        gio = self._gio
        self._context.push_thread_default()
        try:
            address = gio.dbus_address_get_for_bus_sync(gio.BusType.SESSION, None)
            flags = gio.DBusConnectionFlags
            # A connection of our own: the shared one would end this process with the bus.
            self._bus = gio.DBusConnection.new_for_address_sync(
                address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None
            )
            self._bus.set_exit_on_close(False)
            self._bus.connect("closed", lambda *_: self._loop.quit())
            for shape, path in ((_ITEM_SHAPE, _ITEM_PATH), (_MENU_SHAPE, _MENU_PATH)):
                interface = gio.DBusNodeInfo.new_for_xml(shape).interfaces[0]
                self._bus.register_object(path, interface, self._called, self._read, None)
            name = f"{_ITEM}-{os.getpid()}-1"
            gio.bus_own_name_on_connection(self._bus, name, gio.BusNameOwnerFlags.NONE, None, None)
            gio.bus_watch_name_on_connection(
                self._bus, _WATCHER, gio.BusNameWatcherFlags.NONE, lambda *_: self._register(name), None
            )
        except self._glib.Error as problem:
            self._problem = problem.message
            return
        finally:
            self._ready.set()
        self._loop.run()

    def _register(self, name: str) -> None:
        """A panel is there: ask it to show us."""
        given = self._glib.Variant("(s)", (name,))
        self._bus.call(
            _WATCHER, _WATCHER_PATH, _WATCHER, "RegisterStatusNotifierItem", given, None,
            self._gio.DBusCallFlags.NONE, _CALL_MS, None, None,
        )  # fmt: skip

    def _change(self, title: str, viewed: bool) -> bool:
        self._title, self._viewed = title, viewed
        for signal in ("NewTitle", "NewToolTip", "NewIcon"):
            self._bus.emit_signal(None, _ITEM_PATH, _ITEM, signal, None)
        return False

    def _called(
        self, _bus: Any, _by: str, _path: str, _of: str, method: str, given: Any, answer: Any
    ) -> None:
        variant = self._glib.Variant
        match method:
            case "Activate" | "SecondaryActivate" | "ContextMenu":
                self._on_click()
                answer.return_value(None)
            case "Event":
                self._event(given[0], given[1])
                answer.return_value(None)
            case "EventGroup":
                for event in given[0]:
                    self._event(event[0], event[1])
                answer.return_value(variant("(ai)", ([],)))
            case "GetLayout":
                inside = [variant("(ia{sv}av)", (_ENTRY, self._of_entry(), []))] if given[0] == 0 else []
                own = {"children-display": variant("s", "submenu")} if given[0] == 0 else self._of_entry()
                answer.return_value(variant("(u(ia{sv}av))", (1, (given[0], own, inside))))
            case "GetGroupProperties":
                found = [(_ENTRY, self._of_entry())] if not given[0] or _ENTRY in given[0] else []
                answer.return_value(variant("(a(ia{sv}))", (found,)))
            case "GetProperty":
                answer.return_value(variant("(v)", (self._of_entry().get(given[1], variant("s", "")),)))
            case "AboutToShow":
                answer.return_value(variant("(b)", (False,)))
            case "AboutToShowGroup":
                answer.return_value(variant("(aiai)", ([], [])))
            case _:
                answer.return_value(None)

    def _event(self, entry: int, what: str) -> None:
        if entry == _ENTRY and what == "clicked":
            self._on_click()

    def _of_entry(self) -> dict[str, Any]:
        variant = self._glib.Variant
        return {
            "label": variant("s", self._entry),
            "enabled": variant("b", True),
            "visible": variant("b", True),
        }

    def _read(self, _bus: Any, _by: str, _path: str, _of: str, name: str) -> Any:
        variant = self._glib.Variant
        match name:
            case "Category":
                return variant("s", "ApplicationStatus")
            case "Id":
                return variant("s", "gatepost")
            case "Title":
                return variant("s", self._title)
            case "Status":
                return variant("s", "Active" if _of == _ITEM else "normal")
            case "WindowId":
                return variant("i", 0)
            case "IconPixmap":
                side, picture = self._pixels(self._viewed)
                return variant("a(iiay)", [(side, side, picture)])
            case "ToolTip":
                return variant("(sa(iiay)ss)", ("", [], self._title, ""))
            case "ItemIsMenu":
                return variant("b", False)
            case "Menu":
                return variant("o", _MENU_PATH)
            case "Version":
                return variant("u", 3)
            case "TextDirection":
                return variant("s", "ltr")
            case "IconThemePath" if _of == _MENU:
                return variant("as", [])
            case _:
                return variant("s", "")
