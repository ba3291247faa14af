"""The password field on the lock screen, in the reader's language.

The locker (xsecurelock) starts this program with a window to draw in and passes the keys on; the locker's
own checker asks PAM. We only show what happens: the right password is never decided here. Whenever this
program cannot do its work it ends with CANNOT, and the locker's own plain field takes its place.
"""

import os
import select
import subprocess
import time
from pathlib import Path
from typing import Any, Literal

from agent.backends import lock_screen, own_process
from agent.backends.device import LockLook
from agent.backends.lock_talk import Field, Packet, Pressed, make_packet, take_packet
from agent.words import Say

OPENED, CLOSED, CANNOT = 0, 3, 97
"""Exit statuses; 1 is what a Python that cannot start says, and must not be taken for an answer."""
CHECKER_VARIABLE = "GATEPOST_LOCK_CHECKER"
WAIT_SECONDS = 40.0
TELL_SECONDS = 2.0
SIZE = (560, 190)
_FIELD, _EDGE, _WARN, _INK = "#ffffff", "#c9e0d7", "#f0c26b", "#16231f"
_LOCK_MASK = 2
_MAX_DOTS = 24
State = Literal["ask", "check", "wrong", "tell"]


def decide_line(state: State, told: str, look: LockLook) -> str:
    """Return the line above the field. Pure."""
    say = Say(look.language, look.tier)
    match state:
        case "check":
            return say("Checking…")
        case "wrong":
            return say.you("That was not right. Try again.")
        case "tell":
            return told
    return say.you("Your password")


class Dialog:
    """One conversation between a person, the locker's checker and a window."""

    def __init__(self, look: LockLook, window_id: int, checker: str) -> None:
        from Xlib import display

        self._look = look
        self._checker = checker
        self._x = display.Display()
        self._window = self._x.create_resource_object("window", window_id)
        self._field = Field()
        self._state: State = "ask"
        self._told = ""
        self._asked = ""
        self._tried = False
        self._place()

    def _place(self) -> None:
        """Take the middle of the first screen, where the picture leaves room."""
        root = self._x.screen().root
        size = root.get_geometry()
        x, y, width, height = 0, 0, size.width, size.height
        if self._x.has_extension("RANDR"):
            first = next(iter(root.xrandr_get_monitors().monitors), None)
            if first is not None:
                x, y, width, height = first.x, first.y, first.width_in_pixels, first.height_in_pixels
        self._window.configure(
            x=x + (width - SIZE[0]) // 2, y=y + height * 43 // 100, width=SIZE[0], height=SIZE[1]
        )
        self.draw()
        self._window.map()
        self._x.sync()

    def run(self) -> int:
        """Return OPENED once the checker says so, CLOSED when the person went away."""
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            command = [self._checker]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as checker:
                ended = self._talk(checker)
                if ended != "closed" and checker.wait() == 0:
                    return OPENED
                checker.kill()
            if ended == "closed":
                return CLOSED
            until = time.monotonic() + WAIT_SECONDS
            self._state, self._tried = ("wrong" if self._tried else "ask"), False
            self.draw()
        return CLOSED

    def _talk(self, checker: "subprocess.Popen[bytes]") -> Literal["closed", "over"]:
        """Carry one attempt from its first question to the checker's end."""
        if checker.stdout is None or checker.stdin is None:
            raise OSError("no way to talk to the checker")
        data, answers, asks = b"", checker.stdin, checker.stdout.fileno()
        until = time.monotonic() + WAIT_SECONDS
        while (left := until - time.monotonic()) > 0 or self._state == "check":
            # Keys wait in the pipe until there is a question: a quick typist's Enter must not be lost.
            ears = [0, asks] if self._asked else [asks]
            ready = select.select(ears, [], [], max(0.1, left))[0]
            if asks in ready:
                piece = os.read(asks, 4096)
                if not piece:
                    return "over"
                data += piece
                packet, data = take_packet(data)
                while packet is not None:
                    self._hear(packet)
                    packet, data = take_packet(data)
            elif 0 in ready:  # the checker is heard out before more keys are read
                key = os.read(0, 1)  # no further: what follows Enter belongs to the next question
                pressed = self._field.press(key)
                if not key or "cancel" in pressed:
                    return "closed"
                until = time.monotonic() + WAIT_SECONDS
                if pressed:
                    self._react(pressed[0], answers)
            if not self._asked or not select.select([0], [], [], 0)[0]:
                self.draw()
        return "closed"

    def _hear(self, packet: Packet) -> None:
        if packet.kind in "PU":
            self._asked = packet.kind.lower()
            self._state = "wrong" if self._tried else "ask"
            return
        self._state, self._told = "tell", packet.text
        self.draw()
        select.select([], [], [], TELL_SECONDS)

    def _react(self, pressed: Pressed, answers: Any) -> None:
        if self._state == "wrong" and len(self._field):
            self._state = "ask"
        if pressed == "enter" and self._asked:
            answers.write(make_packet(self._asked, self._field.take()))
            answers.flush()
            self._asked, self._tried, self._state = "", True, "check"

    # ---- drawing ----

    def draw(self) -> None:
        """Show the field as it is now."""
        import cairo

        surface = cairo.ImageSurface(cairo.FORMAT_RGB24, *SIZE)
        pen = cairo.Context(surface)
        caps = bool(self._x.screen().root.query_pointer().mask & _LOCK_MASK)
        draw_field(pen, decide_line(self._state, self._told, self._look), len(self._field), self._state)
        if caps:
            say = Say(self._look.language, self._look.tier)
            lock_screen.write(pen, say("Caps Lock is on."), 0, 158, SIZE[0], 18, _WARN)
        surface.flush()
        lock_screen.put(self._x, self._window, surface)


def draw_field(pen: Any, line: str, letters: int, state: State) -> None:
    """Draw the line, the field and one dot per letter."""
    lock_screen.fill(pen, lock_screen.POST)
    pen.paint()
    colour = _WARN if state in ("wrong", "tell") else lock_screen.ON_POST
    lock_screen.write(pen, line, 0, 12, SIZE[0], 24, colour, bold=True)
    left, top, width, height = 70.0, 72.0, SIZE[0] - 140.0, 58.0
    lock_screen.fill(pen, _EDGE if state == "check" else _FIELD)
    pen.rectangle(left, top, width, height)
    pen.fill()
    lock_screen.fill(pen, _INK)
    shown = min(letters, _MAX_DOTS)
    gap = 16.0
    start = left + 24
    for number in range(shown):
        pen.arc(start + number * gap, top + height / 2, 5, 0, 6.2832)
        pen.fill()
    if state != "check":
        pen.rectangle(start + shown * gap - (0 if shown else 4), top + 14, 2, height - 28)
        pen.fill()


def main(arguments: list[str]) -> int:
    """Talk for the locker; return OPENED, CLOSED or CANNOT."""
    del arguments
    own_process.harden(dies_with_parent=True)
    try:
        window = int(os.environ.get(lock_screen.WINDOW_VARIABLE, ""), 0)
        checker = os.environ[CHECKER_VARIABLE]
        look = lock_screen.read_look(os.environ.get(lock_screen.LOOK_VARIABLE, ""))
        return Dialog(look, window, str(Path(checker))).run()
    except Exception:  # whatever it is, the locker's own field must take over
        return CANNOT
