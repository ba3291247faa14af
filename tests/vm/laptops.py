"""Virtual laptops that are made once and kept: the share they all see, and one with the package installed."""

import hashlib
import os
from contextlib import AbstractContextManager
from pathlib import Path

from installer import places
from tests.vm import image as images
from tests.vm.image import Image, Progress
from tests.vm.machine import Machine

PACKAGE = "gatepost-agent.deb"
PATIENCE_SECONDS = 180


def fill_share(folder: Path, package: Path) -> Path:
    """Lay the package into the folder that every laptop sees read-only at /mnt/share."""
    (folder / PACKAGE).write_bytes(package.read_bytes())
    return folder


def one_laptop() -> AbstractContextManager[None]:
    """As many laptops at once on this machine as it has processors: more would only wait for one another."""
    folder = places.open_folder(places.base_dir() / "vm")
    return images.one_of([folder / f"laptop-{number}.lock" for number in range(os.cpu_count() or 1)])


def ensure_installed(image: Image, share: Path) -> Path:
    """Return a laptop on which the package was installed, saved; kept until the package changes."""
    deb_hash = hashlib.sha256((share / PACKAGE).read_bytes()).hexdigest()[:16]
    saved = image.folder / f"installed-{image.saved.name.removeprefix('saved-')}-{deb_hash}"
    with images.only_one(image.folder.parent / "image.lock"):
        if not saved.exists():
            Progress()("installing the package in the test laptop once (half a minute or more)")
            images.keep_newest(image.folder, "installed-*")
            with one_laptop(), Machine(image.folder, saved=image.saved, share=share) as laptop:
                # Making what the gate reads aloud would take the only processor for minutes.
                laptop.sh("dpkg-divert --quiet --local --rename /usr/bin/espeak-ng")
                laptop.sh(f"dpkg --install {laptop.mount_share()}/gatepost-agent.deb", seconds=300)
                laptop.wait_until("test -S /run/gatepost/agent.sock", seconds=60)
                # Beside other tests the web view of such a laptop takes up to a minute to paint.
                laptop.sh(f"echo 'window_patience_seconds = {PATIENCE_SECONDS}' >> /etc/gatepost/agent.toml")
                # A copy of a running service would make the same keys and numbers as every other copy.
                laptop.sh(
                    "systemctl stop gatepost-agent; rm -rf /var/lib/gatepost/* /run/gatepost/agent.sock"
                )
                laptop.save(image.folder / "new")
            (image.folder / "new").rename(saved)
    return saved
