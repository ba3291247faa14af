"""The demo laptop's sign-in screen: what a display manager shows, reduced to choosing who you are.

Run as a program of its own: `python -m installer.greeter NAME=LABEL …`; prints the chosen name.
"""

import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402

STYLE = b"""
window { background-color: #1d2b33; }
label { color: #ffffff; font: 13pt "DejaVu Sans"; }
.title { font: bold 22pt "DejaVu Sans"; }
.quiet { color: #b9c6cd; }
button { padding: 14px 28px; min-width: 340px; background: #f4f6f4; border: 2px solid #f4f6f4; }
button:hover, button:focus { background: #ffffff; border-color: #e9a13b; }
button label { color: #16242b; font: 14pt "DejaVu Sans"; }
"""


def main(arguments: list[str]) -> int:
    """Show the choices over the whole screen; print the chosen account and end."""
    provider = Gtk.CssProvider()
    provider.load_from_data(STYLE)
    screen = Gdk.Screen.get_default()
    Gtk.StyleContext.add_provider_for_screen(screen, provider, Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION)
    window = Gtk.Window(title="Sign in")
    window.set_decorated(False)
    area = Gdk.Display.get_default().get_monitor(0).get_geometry()
    window.set_default_size(area.width, area.height)
    window.move(0, 0)
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=14)
    box.set_halign(Gtk.Align.CENTER)
    box.set_valign(Gtk.Align.CENTER)
    box.pack_start(_label("School laptop", "title"), False, False, 0)
    box.pack_start(
        _label("Who are you? (A real laptop asks for your password here.)", "quiet"), False, False, 12
    )
    for argument in arguments:
        name, _, label = argument.partition("=")
        button = Gtk.Button(label=label)
        button.connect("clicked", _choose, name)
        box.pack_start(button, False, False, 0)
    window.add(box)
    window.connect("destroy", Gtk.main_quit)
    window.show_all()
    gdk_window = window.get_window()
    gdk_window.focus(Gdk.CURRENT_TIME)
    Gtk.main()
    return 0


def _label(text: str, style: str) -> Gtk.Label:
    label = Gtk.Label(label=text)
    label.get_style_context().add_class(style)
    return label


def _choose(_button: Gtk.Button, name: str) -> None:
    sys.stdout.write(name + "\n")
    sys.stdout.flush()
    Gtk.main_quit()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
