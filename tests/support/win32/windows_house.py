"""One Windows desktop over its fakes, with apps and windows of ours to open on it."""

import os

from agent.backends.desktop_windows import WindowsDesktop
from tests.support.win32.fake_desktop import SCREEN, FakeDesktop
from tests.support.win32.fake_processes import FakeProcesses


class House:
    """One desktop with its fakes."""

    def __init__(self, screens=(SCREEN,)):
        self.calls = FakeDesktop(screens)
        self.processes = FakeProcesses()
        self.own = self.processes.run("gatepost-session.exe", pid=os.getpid())
        self.clock = 100.0
        self.desktop = WindowsDesktop(self.calls, self.processes, self.calls.open_pump, lambda: self.clock)

    def app(self, program, **more):
        process = self.processes.run(program)
        return process, self.calls.open(process.pid, **more)

    def window_of_ours(self):
        process = self.processes.run("gatepost-session.exe", parent=os.getpid())
        return process, self.calls.open(process.pid, "TkTopLevel")
