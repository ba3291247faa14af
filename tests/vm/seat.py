"""A pupil's seat in front of a virtual laptop: log in at a real display manager, look, type."""

import base64
import zlib
from pathlib import Path

from PIL import Image

from installer import places, processes
from tests.vm.machine import Machine

DISPLAY = "env DISPLAY=:0 XAUTHORITY=/var/run/lightdm/root/:0"
GATE = "agent window"
DESKTOP = "^(/usr/bin/)?openbox"
"""What `pgrep -f` finds of the agreement and of the desktop behind it."""
SIZE = (1280, 800)
FEW_COLOURS = 40
LOOK = (Path(__file__).parent / "look.py").read_text()
LOOK_EVERY_SECONDS = 2.0
LOGIN_SECONDS = 240.0
AUTOLOGIN = "/etc/lightdm/lightdm.conf.d/60-autologin.conf"


class Seat:
    """The laptop's screen and keyboard. The display manager logs `user` in, as many schools do."""

    def __init__(self, laptop: Machine, user: str, display: int = 0) -> None:
        self.laptop = laptop
        self.user = user
        self._display = f"env DISPLAY=:{display} XAUTHORITY=/var/run/lightdm/root/:{display}"

    def log_in(self) -> None:
        """Start the display manager, which logs the account in through PAM."""
        wish = f"[Seat:*]\\nautologin-user={self.user}\\ngreeter-hide-users=true\\n"
        self.laptop.sh(f"printf '{wish}' > {AUTOLOGIN}; systemctl start lightdm")
        self.laptop.wait_until(self._has_session(), seconds=LOGIN_SECONDS)

    def _has_session(self) -> str:
        return f"loginctl list-sessions --no-legend | grep -qE ' {self.user} +seat0'"

    def session(self) -> str:
        """Return logind's name of this login; empty if there is none."""
        said = self.laptop.run("loginctl list-sessions --no-legend").out.splitlines()
        return next((line.split()[0] for line in said if line.split()[2:4] == [self.user, "seat0"]), "")

    def log_in_at_the_greeter(self, password: str) -> None:
        """Type name and password into the display manager's own window."""
        self.wait_painted()
        for words in (self.user, password):
            self.type(words)
            self.keys("Return")
            self.laptop.sh("sleep 1")
        self.laptop.wait_until(self._has_session(), seconds=LOGIN_SECONDS)

    def path(self) -> str:
        """Return logind's object for this login."""
        manager = "org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager"
        said = self.laptop.sh(f"busctl call {manager} GetSession s {self.session()}")
        return said.split()[1].strip('"')

    def property(self, name: str) -> str:
        """Return what logind says about this login."""
        return self.laptop.sh(f"loginctl show-session {self.session()} --property {name} --value")

    def wait_gone(self, seconds: float = LOGIN_SECONDS) -> None:
        """Wait until logind knows no such login any more and none of its processes is left."""
        self.laptop.wait_until(f"! {self._has_session()}", seconds=seconds)

    # ---- what runs ----

    def has(self, pattern: str) -> bool:
        """Say whether a process of the account's has this in its command line."""
        return not self.laptop.run(["pgrep", "-u", self.user, "-f", pattern]).status

    def wait_has(self, pattern: str, seconds: float = LOGIN_SECONDS) -> list[int]:
        """Wait for such a process and return the pids."""
        said = self.laptop.wait_until(f"pgrep -u {self.user} -f '{pattern}'", seconds=seconds)
        return [int(word) for word in said.split()]

    def wait_has_not(self, pattern: str, seconds: float = LOGIN_SECONDS) -> None:
        """Wait until no such process is left."""
        self.laptop.wait_until(f"! pgrep -u {self.user} -f '{pattern}'", seconds=seconds)

    # ---- screen and keyboard ----

    def keys(self, *keys: str) -> None:
        """Press keys one after the other."""
        self.laptop.sh(f"{self._display} xdotool key --delay 150 {' '.join(keys)}")

    def type(self, text: str) -> None:
        """Type text."""
        self.laptop.sh([*self._display.split(), "xdotool", "type", "--delay", "80", text])

    def unlock(self, password: str) -> None:
        """Wake the locked screen and type the password, which appears nowhere."""
        self.keys("space")
        self.wait_painted()
        self.type(password)
        self.keys("Return")

    def click(self, x: int, y: int) -> None:
        """Move there and click."""
        self.laptop.sh(f"{self._display} xdotool mousemove {x} {y} sleep 0.2 click 1")

    def look(self) -> Image.Image:
        """Return what the screen shows now."""
        wide, high = SIZE
        said = self.laptop.sh([*self._display.split(), "python3", "-ISc", LOOK, str(wide), str(high)])
        return Image.frombytes("RGB", SIZE, zlib.decompress(base64.b64decode(said)), "raw", "BGRX")

    def wait_painted(self, seconds: float = LOGIN_SECONDS) -> None:
        """Wait until the screen shows many colours and no longer changes: a page, not an empty window."""

        def look() -> bool:
            before = self.look()
            if len(before.getcolors(SIZE[0] * SIZE[1]) or ()) <= FEW_COLOURS:
                return False
            return before.tobytes() == self.look().tobytes()

        processes.wait_for("a page on the laptop's screen", look, seconds, every=LOOK_EVERY_SECONDS)

    def picture(self, name: str) -> Path:
        """Save a picture of the screen under build/vm and return where."""
        folder = places.build_dir() / "vm"
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}.png"
        self.look().save(path)
        return path
