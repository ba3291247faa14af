"""The Debian packages Gatepost needs, by name, each with the reason it is here."""

BUILD = {
    "python3-venv": "makes the environment",
    "python3-dev": "evdev (of pynput) is compiled at installation",
    "gcc": "the same",
    "libc6-dev": "the same",
}

AGENT = {
    "python3-gi": "the windows' toolkit",
    "python3-gi-cairo": "the same",
    "gir1.2-gtk-3.0": "the same, and the plain window when no web view starts",
    "gir1.2-webkit2-4.1": "the web view of the gate",
    "libglib2.0-bin": "gdbus: is there a panel for the tray icon on the session bus",
    "gir1.2-notify-0.7": "notifications",
    "at-spi2-core": "screen readers see the windows",
    "dbus": "talk to logind and to programs that hold the screen on",
    "dbus-x11": "a session bus for the demo login",
    "libxss1": "the idle clock",
    "xsecurelock": "the locker",
    "i3lock": "the other locker, where xsecurelock cannot run",
    "xauth": "the key to a display",
    "espeak-ng": "reads the agreement aloud; the sound is made beforehand",
    "alsa-utils": "plays it",
    "fonts-dejavu-core": "letters for English and Turkish",
    "fonts-noto-core": "the same, and signs the first one lacks",
}

SCREEN = {
    "xvfb": "the school laptop's display where there is no screen",
    "xserver-xephyr": "the school laptop's display in a window of yours",
    "x11-utils": "xdpyinfo, xwininfo, xprop: is the display up, which window is where",
    "x11-xserver-utils": "xset, xrdb, xsetroot: the demo desktop's background",
    "openbox": "the demo desktop's window manager",
    "tint2": "its panel, with a place for the tray icon",
    "xterm": "an app to use",
    "mousepad": "another app to use",
    "procps": "pgrep and ps in the demo login",
    "passwd": "makes and removes the demo account",
    "xdotool": "clicks and types like a person, in the tour and the tests",
    "imagemagick": "screenshots",
    "chromium": "the teacher's browser, in the tour and the tests",
}

TEST = {
    "gettext": "checks that every sentence is translated",
    "git": "the house test asks which files are ours",
}

RUN = BUILD | AGENT | SCREEN
EVERYTHING = RUN | TEST
