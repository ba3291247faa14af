"""What a display manager does: log the demo account in on a display, as Debian's Xsession would.

No file of the person's own machine is touched: our hook is sourced from where it lies, before the
account's own files, as `/etc/X11/Xsession.d` would.
"""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from installer import own, places, processes
from installer.accounts import DemoAccount
from installer.displays import Display

XSESSION = """\
#!/bin/sh
# Debian's /etc/X11/Xsession, as far as the gate meets it.
message() { echo "Xsession: $*" >&2; }
OPTIONFILE=/dev/null
STARTUP="@DESKTOP@"
. "@HOOK@"
# 40x11-common_xsessionrc: the account's own file comes after the gate.
if [ -r "$HOME/.xsessionrc" ]; then . "$HOME/.xsessionrc"; fi
exec dbus-run-session -- $STARTUP
"""

DESKTOP = """\
#!/bin/sh
xsetroot -solid '#39586b' -cursor_name left_ptr
tint2 -c "@FOLDER@/tint2rc" &
exec openbox
"""

TINT2 = """\
rounded = 0
border_width = 0
background_color = #1d2b33 100
border_color = #1d2b33 100

panel_items = PPTSCP
panel_size = 100% 40
panel_position = bottom center horizontal
panel_monitor = all
panel_background_id = 1
taskbar_mode = single_desktop
task_text = 1
task_icon = 1
task_font = DejaVu Sans 10
task_font_color = #ffffff 100
task_maximum_size = 220 36
systray_padding = 8 4 8
systray_icon_size = 28
time1_format = %H:%M
time1_font = DejaVu Sans 11
clock_font_color = #ffffff 100
clock_padding = 12 0

button = new
button_text = Writing
button_tooltip = Mousepad
button_font = DejaVu Sans 11
button_font_color = #ffffff 100
button_padding = 12 0
button_lclick_command = mousepad

button = new
button_text = Terminal
button_tooltip = xterm
button_font = DejaVu Sans 11
button_font_color = #ffffff 100
button_padding = 12 0
button_lclick_command = xterm

button = new
button_text = Sign out
button_tooltip = Ends this login
button_font = DejaVu Sans 11
button_font_color = #ffffff 100
button_padding = 12 0
button_lclick_command = openbox --exit
"""


def write_session_files(folder: Path, hook: Path) -> Path:
    """Write the Xsession and desktop scripts where the account can read them; return the Xsession."""
    places.open_folder(folder)
    desktop = folder / "desktop"
    xsession = folder / "xsession"
    (folder / "tint2rc").write_text(TINT2)
    desktop.write_text(DESKTOP.replace("@FOLDER@", str(folder)))
    xsession.write_text(XSESSION.replace("@DESKTOP@", str(desktop)).replace("@HOOK@", str(hook)))
    for path in (desktop, xsession):
        path.chmod(0o755)
    return xsession


class Login:
    """One login of the demo account on a display; the gate comes first."""

    def __init__(
        self, display: Display, account: DemoAccount, xsession: Path, *, language: str, log: Path
    ) -> None:
        cookie = account.home / ".Xauthority"
        _write_as(account, cookie, display.entry)
        run_dir = places.open_folder(places.base_dir() / "users") / str(account.uid)
        shutil.rmtree(run_dir, ignore_errors=True)
        run_dir.mkdir(mode=0o700)
        os.chown(run_dir, account.uid, account.gid)
        environment = {
            "DISPLAY": display.name,
            "XAUTHORITY": str(cookie),
            "HOME": str(account.home),
            "USER": account.name,
            "LOGNAME": account.name,
            "SHELL": "/bin/bash",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "LANGUAGE": language,
            "XDG_RUNTIME_DIR": str(run_dir),
            "XDG_SESSION_TYPE": "x11",
        }
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                own.bound("/bin/sh", str(xsession)), cwd=account.home, env=environment, user=account.uid,
                group=account.gid, extra_groups=[], start_new_session=True, stdin=subprocess.DEVNULL,
                stdout=out, stderr=out,
            )  # fmt: skip
        self.pid = self._process.pid
        self.account = account
        self.environment = environment

    def is_open(self) -> bool:
        """Say whether the login still stands (at the gate or at the desktop)."""
        return self._process.poll() is None

    def wait(self, seconds: float) -> int | None:
        """Return the exit code of the ended login, or None if it stands after `seconds`."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def start_app(self, *command: str) -> subprocess.Popen[bytes]:
        """Start an app on the desktop, as the pupil would from a menu."""
        return subprocess.Popen(
            list(command), cwd=self.account.home, env=self.environment, user=self.account.uid,
            group=self.account.gid, extra_groups=[], start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def close(self) -> None:
        """End the login the way a display manager does, with all that it started."""
        if self.is_open():
            os.killpg(self.pid, signal.SIGTERM)
        processes.stop(self._process, seconds=3)
        processes.end_all(lambda pid: processes.uid_of(pid) == self.account.uid)


def _write_as(account: DemoAccount, path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    os.chown(path, account.uid, account.gid)
