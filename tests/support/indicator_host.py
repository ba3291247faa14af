"""The least of a panel that takes AppIndicators: owns the watcher's name and accepts whoever registers.

Real desktops have one (KDE, Xfce, GNOME with the extension). Prints `ready` when it owns the name and
`item NAME` for every indicator that came.
"""

import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

NAME = "org.kde.StatusNotifierWatcher"
SHAPE = """
<node><interface name="org.kde.StatusNotifierWatcher">
  <method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
  <method name="RegisterStatusNotifierHost"><arg type="s" direction="in"/></method>
  <property name="RegisteredStatusNotifierItems" type="as" access="read"/>
  <property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
  <property name="ProtocolVersion" type="i" access="read"/>
  <signal name="StatusNotifierItemRegistered"><arg type="s"/></signal>
  <signal name="StatusNotifierHostRegistered"/>
</interface></node>
"""


def say(line: str) -> None:
    """Tell whoever started us."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serve until the bus ends."""
    items: list[str] = []
    loop = GLib.MainLoop()

    def call(connection, sender, path, interface, method, parameters, invocation):  # type: ignore[no-untyped-def]
        if method == "RegisterStatusNotifierItem":
            items.append(f"{sender}{parameters.unpack()[0]}")
            say(f"item {items[-1]}")
            signal = GLib.Variant("(s)", (items[-1],))
            connection.emit_signal(None, path, interface, "StatusNotifierItemRegistered", signal)
        invocation.return_value(None)

    def read(connection, sender, path, interface, name):  # type: ignore[no-untyped-def]
        return {
            "RegisteredStatusNotifierItems": GLib.Variant("as", items),
            "IsStatusNotifierHostRegistered": GLib.Variant("b", True),
            "ProtocolVersion": GLib.Variant("i", 0),
        }[name]

    def have_bus(connection, name):  # type: ignore[no-untyped-def]
        shape = Gio.DBusNodeInfo.new_for_xml(SHAPE).interfaces[0]
        connection.register_object("/StatusNotifierWatcher", shape, call, read, None)

    Gio.bus_own_name(
        Gio.BusType.SESSION,
        NAME,
        Gio.BusNameOwnerFlags.NONE,
        have_bus,
        lambda *_: say("ready"),
        lambda *_: loop.quit(),
    )
    loop.run()


if __name__ == "__main__":
    main()
