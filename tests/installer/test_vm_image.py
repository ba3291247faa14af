"""What makes a new image of the virtual laptop, and what does not."""

import datetime
import os
from pathlib import Path

import pytest

from tests.vm import image


def test_the_same_inputs_make_the_same_image_and_others_another() -> None:
    assert image.decide_key([b"a", b"b"]) == image.decide_key([b"a", b"b"])
    assert image.decide_key([b"a", b"b"]) != image.decide_key([b"ab", b""])


def test_a_new_image_comes_after_some_weeks() -> None:
    first = datetime.date(2026, 11, 2)
    later = first + datetime.timedelta(weeks=image.WEEKS)

    assert image.disk_inputs(first) != image.disk_inputs(later)


def test_what_the_package_needs_is_in_the_image() -> None:
    assert {"gir1.2-webkit2-4.1", "xsecurelock", "libglib2.0-bin"} <= set(image.packages())


@pytest.mark.parametrize(
    ("text", "is_debian"),
    [
        ("deb http://mirror.school.example/debian bookworm main", True),
        ("Types: deb\nURIs: http://mirror.school.example/debian-security\nSuites: x", True),
        ("deb https://packages.example/apt cloud-bookworm main", False),
        ("# deb http://mirror.school.example/debian bookworm main", False),
    ],
)
def test_only_debian_s_own_sources_are_used(text: str, is_debian: bool) -> None:
    assert is_debian == image.decide_is_debian(text)


def test_the_newest_saved_machines_are_kept(tmp_path: Path) -> None:
    for age in range(6):
        path = tmp_path / f"saved-{age}"
        path.touch()
        os.utime(path, (1000 - age, 1000 - age))
    image.keep_newest(tmp_path, "saved-*")

    assert ["saved-0", "saved-1", "saved-2"] == sorted(path.name for path in tmp_path.iterdir())
