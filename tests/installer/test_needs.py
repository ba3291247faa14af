"""Which packages which command brings."""

import pytest

from installer import arguments, needs


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("bench usb", True),
        ("bench", True),
        ("bench gate lock", False),
        ("bench --list", False),
        ("test --with-vm", True),
        ("test", True),
        ("test --without-vm", False),
        ("test --short", True),
        ("test tests/policies", False),
        ("test --with-vm tests/vm", True),
    ],
)
def test_a_virtual_laptop_is_brought_only_where_one_is_used(words, expected):
    asked = arguments.parse(words.split())

    assert expected == arguments.needs_vm(asked)
    assert expected == ("qemu-system-x86" in needs.decide(asked.command, with_vm=expected))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("test", True),
        ("test --without-vm", True),
        ("test --short", True),
        ("test tests/policies", False),
        ("test --with-wine -- tests/wine", True),
        ("bench", False),
        ("run", False),
    ],
)
def test_wine_is_brought_for_all_tests_together_and_where_it_is_asked_for(words, expected):
    asked = arguments.parse(words.split())

    assert expected == arguments.needs_wine(asked)
    assert expected == ("wine64" in needs.decide(asked.command, with_wine=expected))
