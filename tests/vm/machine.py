"""One virtual laptop: start or restore it, run commands in it, plug things into its USB ports.

No network cable is needed for commands: they go over a virtio-serial port. QEMU is killed by the kernel when
the thread that started it ends, so that nothing is left behind by a test run that was itself killed.
"""

import contextlib
import ctypes
import itertools
import json
import os
import queue
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Self

from tests.vm.qmp import Qmp, QmpRefused

MEMORY_MEGABYTES = 2048
POLITENESS = 5
"""A virtual laptop takes a whole processor: whoever else works on this machine goes first."""
START_SECONDS = 20.0
RESTORE_SECONDS = 60.0
SAVE_SECONDS = 120.0
LOOK_SELDOM_SECONDS = 2.0
GUEST_ADDRESS = "10.0.2.15/24"
HOST_ADDRESS = "10.0.2.2"
"""What the laptop calls the machine that runs the tests."""
# A busy host makes the guest measure its own TSC and APIC wrongly: its clock then runs many times too fast.
BOOT_LINE = (
    "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off audit=0 random.trust_cpu=on "
    "clocksource=hpet noapictimer notsc "
    "nowatchdog systemd.show_status=0 rd.udev.log_level=3"
)
CPU = "Nehalem"
"""Nearly a third less time in the kernel than "max", which emulates one more level of page tables."""
RESEED = "python3 -Sc 'import fcntl; fcntl.ioctl(open(\"/dev/urandom\"), 0x5207)'"
"""RNDRESEEDCRNG: what was written to /dev/urandom counts from now on."""
_libc = ctypes.CDLL(None)


def _die_with_parent() -> None:
    _libc.prctl(1, int(signal.SIGKILL), 0, 0, 0)
    os.nice(POLITENESS)
    with contextlib.suppress(OSError):
        # A session of its own is scheduled as a group, beside which nice alone means nothing.
        Path("/proc/self/autogroup").write_text(str(POLITENESS))


class Done(NamedTuple):
    """How a command in the laptop ended."""

    status: int
    out: str
    err: str

    def ends(self) -> str:
        """Return the ends of what it wrote, for an error message."""
        return f"{self.out[-4000:]}\n{self.err[-4000:]}"


class CommandFailed(AssertionError):
    """A command that must succeed did not; the message has all it said."""


class Running:
    """A command that was started and not waited for."""

    def __init__(self, answer: "queue.Queue[Done]", seconds: float) -> None:
        self._answer = answer
        self._seconds = seconds

    def wait(self) -> Done:
        """Return how it ended."""
        return self._answer.get(timeout=self._seconds + 30)


def qemu_command(folder: Path, image: Path, share: Path, *, restoring: bool) -> list[str]:
    """
    Return QEMU's command line for a machine whose sockets lie in `folder`.

    Everything about devices must be the same at saving and restoring.
    """
    disk = f"file={image}/root.erofs,format=raw,if=none,id=disk,readonly=on,cache=unsafe,file.locking=off"
    channel = f"socket,id=tests,path={folder}/channel,server=on,wait=off"
    return [
        "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
        "-vga", "none",
        "-machine", "q35", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", CPU, "-smp", "1",
        "-m", str(MEMORY_MEGABYTES), "-kernel", f"{image}/vmlinuz", "-initrd", f"{image}/initrd",
        "-append", BOOT_LINE, "-serial", f"file:{folder}/console.log",
        "-qmp", f"unix:{folder}/qmp,server=on,wait=off",
        "-device", "virtio-serial-pci", "-chardev", channel,
        "-device", "virtserialport,chardev=tests,name=tests",
        "-object", "rng-random,id=random,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=random",
        "-drive", disk, "-device", "virtio-blk-pci,drive=disk",
        "-fsdev", f"local,id=share,path={share},security_model=none,readonly=on,multidevs=remap",
        "-device", "virtio-9p-pci,fsdev=share,mount_tag=share",
        "-netdev", "user,id=net,ipv6=off", "-device", "virtio-net-pci,netdev=net,romfile=",
        "-device", "qemu-xhci,id=xhci,p2=8,p3=8", "-device", "usb-kbd,id=keyboard,bus=xhci.0,port=1",
        *(["-incoming", "defer"] if restoring else []),
    ]  # fmt: skip


class Machine:
    """A laptop made from the image in this folder. `with Machine(...) as laptop:`."""

    def __init__(
        self,
        image: Path,
        *,
        saved: Path | None = None,
        share: Path | None = None,
        adapt: Callable[[list[str]], list[str]] = list,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="gp-vm-"))
        self._numbers = itertools.count(1)
        self._waiting: dict[int, queue.Queue[Done]] = {}
        self._ready = threading.Event()
        self._send_lock = threading.Lock()
        self._share = share or self._folder / "share"
        self._share.mkdir(exist_ok=True)
        self._log = (self._folder / "qemu.log").open("wb")
        command = adapt(qemu_command(self._folder, image, self._share, restoring=saved is not None))
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=_die_with_parent,
        )  # fmt: skip
        try:
            self._connect()
            if saved is not None:
                self._restore(saved)
        except BaseException:
            self.close()
            raise

    # ---- the two channels ----

    def _connect(self) -> None:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self._qmp = Qmp(self._folder / "qmp")
                break
            except (OSError, ValueError):
                if self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"QEMU did not start:\n{self._said('qemu.log')}") from None
                time.sleep(0.02)
        self._channel = socket.socket(socket.AF_UNIX)
        self._channel.connect(str(self._folder / "channel"))
        threading.Thread(target=self._read_channel, name="channel", daemon=True).start()

    def _read_channel(self) -> None:
        try:
            with self._channel.makefile("r") as lines:
                for line in lines:
                    with contextlib.suppress(ValueError):
                        self._take(json.loads(line))
        except OSError:
            return

    def _take(self, said: dict[str, Any]) -> None:
        if said["id"] == 0:
            self._ready.set()
            return
        waiting = self._waiting.pop(said["id"], None)
        if waiting is not None:
            waiting.put(Done(said["status"], said["out"], said["err"]))

    def _said(self, name: str, characters: int = 3000) -> str:
        try:
            return (self._folder / name).read_text(errors="replace")[-characters:]
        except OSError:
            return ""

    # ---- starting, saving, restoring ----

    def wait_ready(self, seconds: float) -> None:
        """Wait until the laptop takes commands."""
        until = time.monotonic() + seconds
        while not self._ready.wait(0.1):
            if self._process.poll() is not None or time.monotonic() > until:
                said = self._said("qemu.log") + self._said("console.log")
                raise TimeoutError(f"the laptop did not start:\n{said}")

    def _migrated(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (status := self._qmp.ask("query-migrate").get("status")) != "completed":
            if status in ("failed", "cancelled") or time.monotonic() > until:
                raise RuntimeError(f"the machine's state: {status}\n{self._said('qemu.log')}")
            time.sleep(0.02)

    def save(self, target: Path) -> None:
        """Write the whole running machine to a file; afterwards it only can be closed."""
        target.unlink(missing_ok=True)
        # A machine with a mounted share cannot be saved.
        self.sh("! mountpoint -q /mnt/share || umount /mnt/share")
        self._qmp.ask("stop")
        self._qmp.ask("migrate-set-parameters", max_bandwidth=1 << 40)
        self._qmp.ask(
            "migrate", uri=f"exec:zstd -1 -q -T0 -f -o '{target}.part' && mv '{target}.part' '{target}'"
        )
        self._migrated(SAVE_SECONDS)
        # QEMU is done before the packer is.
        until = time.monotonic() + SAVE_SECONDS
        while not target.exists():
            if time.monotonic() > until:
                raise RuntimeError(f"the machine was not written whole: {target}")
            time.sleep(0.05)

    def _restore(self, saved: Path) -> None:
        self._qmp.ask("migrate-set-parameters", max_bandwidth=1 << 40)
        self._qmp.ask("migrate-incoming", uri=f"exec:zstd -dcq '{saved}'")
        self._migrated(RESTORE_SECONDS)
        if self._qmp.ask("query-status")["status"] != "running":
            self._qmp.ask("cont")
        self._ready.set()
        # The saved clock stands where it stood, and so do the kernel's random numbers.
        self.sh(f"date -s @{time.time():.3f}; echo {secrets.token_hex(32)} > /dev/urandom; {RESEED}")

    def close(self) -> None:
        """End the laptop and forget all about it."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for name in ("_qmp", "_channel", "_log"):
            with contextlib.suppress(AttributeError, OSError):
                getattr(self, name).close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        self.close()

    # ---- commands ----

    def start(self, command: str | list[str], *, user: str = "", seconds: float = 60) -> Running:
        """Start a command as root or as this user; it is killed after so many seconds."""
        number, answer = next(self._numbers), queue.Queue[Done]()
        self._waiting[number] = answer
        asked = {"id": number, "command": command, "user": user, "seconds": seconds}
        with self._send_lock:
            self._channel.sendall(json.dumps(asked).encode() + b"\n")
        return Running(answer, seconds)

    def run(self, command: str | list[str], *, user: str = "", seconds: float = 60) -> Done:
        """Run a command to its end."""
        return self.start(command, user=user, seconds=seconds).wait()

    def sh(self, command: str | list[str], *, user: str = "", seconds: float = 60) -> str:
        """Return what a command writes; CommandFailed if it does not succeed."""
        done = self.run(command, user=user, seconds=seconds)
        if done.status:
            raise CommandFailed(f"{command!r} ended with {done.status}\n{done.ends()}")
        return done.out.strip()

    def wait_until(self, command: str, *, seconds: float = 120, user: str = "") -> str:
        """Repeat a command until it succeeds and return what it wrote; CommandFailed in the end."""
        began = time.monotonic()
        until = began + seconds
        while True:
            done = self.run(command, user=user)
            if not done.status:
                return done.out.strip()
            now = time.monotonic()
            if now > until:
                raise CommandFailed(f"not within {seconds:g} s: {command}\n{done.ends()}")
            # Looking takes the laptop's only processor from what is waited for: seldom, when it takes long.
            time.sleep(min(LOOK_SELDOM_SECONDS, 0.2 + (now - began) / 10))

    def mount_share(self) -> str:
        """Mount the shared folder read-only and return where."""
        self.sh(
            "mountpoint -q /mnt/share || "
            "mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,ro share /mnt/share"
        )
        return "/mnt/share"

    def connect_network(self) -> None:
        """Give the laptop a way to the machine that runs the tests, at HOST_ADDRESS."""
        self.sh(
            "modprobe virtio_net; udevadm settle; card=$(ls /sys/class/net | grep -v lo | head -n 1); "
            f"ip address replace {GUEST_ADDRESS} dev $card && ip link set lo up && ip link set $card up"
        )

    # ---- USB ----

    def qemu(self, command: str, **arguments: Any) -> Any:
        """Run a monitor command of QEMU's own; names are written with _ for -. Raises QmpRefused."""
        return self._qmp.ask(command, **arguments)

    def plug_stick(
        self, name: str, image: Path, *, serial: str, driver: str = "usb-storage", port: int = 0
    ) -> None:
        """Plug a memory stick with this content."""
        self._qmp.ask(
            "blockdev-add", driver="raw", node_name=f"disk-{name}",
            file={"driver": "file", "filename": str(image), "locking": "off"},
        )  # fmt: skip
        where = {"port": str(port)} if port else {}
        self._qmp.ask(
            "device_add", driver=driver, id=name, drive=f"disk-{name}", bus="xhci.0", serial=serial,
            removable=True, **where,
        )  # fmt: skip

    def plug(self, driver: str, name: str, **properties: Any) -> None:
        """Plug one of QEMU's other USB devices, e.g. `usb-mouse`, `usb-mtp`."""
        self._qmp.ask("device_add", driver=driver, id=name, bus="xhci.0", **properties)

    def unplug(self, name: str) -> None:
        """Pull a device out, without asking the laptop."""
        self._qmp.ask("device_del", id=name)
        with contextlib.suppress(TimeoutError):
            self._qmp.wait_event("DEVICE_DELETED", device=name)
        for _again in range(100):
            try:
                self._qmp.ask("blockdev-del", node_name=f"disk-{name}")
            except QmpRefused as problem:
                if "in use" not in str(problem):
                    return
                time.sleep(0.02)
            else:
                return
