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
    "clamav-daemon": "checks memory sticks; our own clamd is started only while one is checked",
    "clamav": "the same, where clamd cannot be started",
    "util-linux": "blkid: what a stick holds, by its superblock",
    "cryptsetup-bin": "opens encrypted memory sticks for their owner",
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
    "iproute2": "twenty laptops in networks of their own",
    "gettext": "checks that every sentence is translated",
    "poppler-utils": "pdftotext: reads the governors' pack back from its PDF",
    "git": "the house test asks which files are ours",
}

VM = {
    "qemu-system-x86": "the laptop of the VM tests, with real logins and real USB ports",
    "seabios": "the same",
    "mmdebstrap": "makes its disk from Debian packages",
    "erofs-utils": "the same: read-only, so that many machines can share it",
    "cpio": "the same: its first files",
    "zstd": "keeps the booted machine small",
    "dosfstools": "makes memory sticks: FAT",
    "mtools": "puts files on them",
    "exfatprogs": "makes memory sticks: exFAT",
    "e2fsprogs": "makes memory sticks: ext4",
}

WINE = {
    "wine64": "runs Windows' own Python: the agent for Windows, tested here",
    "gcc-mingw-w64-x86-64": "builds that Python's launcher",
    "osslsigncode": "checks that its libraries are signed by their makers",
    "python3-tk": "the standard library's tkinter, for the plain window there",
    "libtk8.6": "Tcl's and Tk's scripts, for the same",
    "xdotool": "answers the gate in Wine like a person",
    "xvfb": "the display on which it does",
}

PACKAGE = {
    "dpkg-dev": "builds the Debian package",
    "debhelper": "the same: units, maintainer scripts, checksums",
    "fakeroot": "the same, without root",
    "lintian": "reads the package as Debian's own people would",
}

MSI = {
    "wixl": "builds the Windows package",
    "msitools": "sets right what wixl leaves out, and reads the package back",
    "osslsigncode": "signs it, and looks at signatures",
    "gcc-mingw-w64-x86-64": "compiles what must not be Python: the program before the desktop",
}

RUN = BUILD | AGENT | SCREEN
EVERYTHING = RUN | TEST


def decide(command: str, *, with_vm: bool = False, with_wine: bool = False) -> dict[str, str]:
    """Return what this command of the installer needs."""
    match command:
        case "run":
            return RUN
        case "deb":
            return RUN | PACKAGE
        case "msi":
            return RUN | WINE | MSI
    more = (VM | PACKAGE if with_vm else {}) | (WINE | MSI if with_wine else {})
    return EVERYTHING | more if command in ("test", "bench") else EVERYTHING
