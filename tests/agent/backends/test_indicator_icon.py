"""The icon over D-Bus, on a real bus with the least of a panel: shown, clicked, changed, shown again."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from agent.backends import indicator_icon
from agent.backends.indicator_icon import IndicatorIcon
from agent.backends.tray_icon import draw_argb
from agent.errors import DeviceFailed
from installer.processes import stop, wait_for

HOST = Path(__file__).resolve().parents[2] / "support" / "indicator_host.py"
NAME = f"org.kde.StatusNotifierItem-{os.getpid()}-1"
pytestmark = pytest.mark.skipif(not shutil.which("gdbus"), reason="gdbus is not installed")


class Bus:
    """A session bus of the test's own."""

    def __init__(self, folder):
        self.folder = folder
        self.address = f"unix:path={folder}/bus"
        self.daemon = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", f"--address={self.address}"], stderr=subprocess.DEVNULL
        )
        wait_for("the bus", self.listens, 30)
        self.hosts = []

    def listens(self):
        """Say whether it takes calls: its socket is there a moment before it listens."""
        with socket.socket(socket.AF_UNIX) as caller:
            return caller.connect_ex(str(self.folder / "bus")) == 0

    def start_panel(self):
        environment = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": self.address}
        log = self.folder / f"host-{len(self.hosts)}"
        with log.open("wb") as out:
            self.hosts.append(subprocess.Popen([sys.executable, str(HOST)], stdout=out, env=environment))
        return log

    def has_item(self):
        """Say whether the item has its name: the bus gives it a moment after the icon is there."""
        return "true" in self.ask("/", "org.freedesktop.DBus.NameHasOwner", NAME, of="org.freedesktop.DBus")

    def ask(self, path, method, *arguments, of=NAME):
        done = subprocess.run(
            ["gdbus", "call", "--address", self.address, "--dest", of, "--object-path", path,
             "--method", method, "--", *arguments],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def close(self):
        for process in (*self.hosts, self.daemon):
            stop(process, seconds=2)


@pytest.fixture
def bus(tmp_path, monkeypatch):
    started = Bus(tmp_path)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", started.address)
    monkeypatch.setattr(indicator_icon, "_READY_SECONDS", 30.0)  # how long this machine takes is no matter
    yield started
    started.close()


@pytest.fixture
def icon(bus):
    clicks = []
    shown = IndicatorIcon("Okul dizüstü", "Aç", False, draw_argb, lambda: clicks.append(1))
    shown.clicks = clicks
    wait_for("its name", bus.has_item, 30)
    return shown


def item(name):
    return ("/StatusNotifierItem", "org.freedesktop.DBus.Properties.Get", "org.kde.StatusNotifierItem", name)


def test_a_panel_that_is_there_shows_it(bus):
    log = bus.start_panel()
    wait_for("the panel", lambda: "ready" in log.read_text(), 30)
    IndicatorIcon("title", "open", False, draw_argb, lambda: None)

    assert wait_for("the item", lambda: "item" in log.read_text(), 30)


def test_a_panel_that_comes_later_or_again_shows_it_too(bus, icon):
    for _ in range(2):
        log = bus.start_panel()
        wait_for("the item", lambda log=log: NAME in log.read_text(), 30)
        stop(bus.hosts[-1], seconds=2)

    assert icon.is_alive()


def test_one_click_is_a_click(bus, icon):
    bus.ask("/StatusNotifierItem", "org.kde.StatusNotifierItem.Activate", "10", "10")

    assert [1] == icon.clicks


def test_the_one_entry_of_its_menu_is_a_click_too(bus, icon):
    layout = bus.ask("/MenuBar", "com.canonical.dbusmenu.GetLayout", "0", "-1", "[]")
    bus.ask("/MenuBar", "com.canonical.dbusmenu.Event", "1", "clicked", "<''>", "0")

    assert "'Aç'" in layout
    assert [1] == icon.clicks


def test_its_title_and_picture_change_while_somebody_looks(bus, icon):
    before = bus.ask(*item("IconPixmap"))
    icon.change("Ms Adair is viewing this lab", True)

    assert wait_for("the new title", lambda: "Ms Adair" in bus.ask(*item("ToolTip")), 30)
    assert before != bus.ask(*item("IconPixmap"))


def test_it_is_gone_with_its_bus(bus, icon):
    stop(bus.daemon, seconds=2)

    wait_for("the icon ends", lambda: not icon.is_alive(), 30)


def test_without_a_bus_there_is_a_clear_no(monkeypatch):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")

    with pytest.raises(DeviceFailed):
        IndicatorIcon("title", "open", False, draw_argb, lambda: None)
