"""What a laptop is reaches the server at start, and again only when it changes."""

from agent.errors import DeviceFailed
from agent.service import doctor
from agent.service.inventory import LOOK_EVERY_SECONDS
from agent.service.state import describe
from policies.records import InventorySeen


def seen(laptop):
    return laptop.records(InventorySeen)


def test_r41_r72_a_laptop_tells_what_it_is_once_at_start(laptop):
    (record,) = seen(laptop)
    said = (record.maker, record.model, record.serial, record.disk_encryption, record.battery_percent)

    assert ("Acme", "Slate 13", "AC-0107", "on", 91) == said
    assert "lab-07" == record.hostname


def test_it_is_told_again_only_when_it_changed(laptop):
    laptop.service.inventory.look()
    laptop.settle()
    assert 1 == len(seen(laptop))
    laptop.device.made = laptop.device.made._replace(disk_encryption="part")
    laptop.service.inventory.look()
    laptop.settle()

    assert ["on", "part"] == [each.disk_encryption for each in seen(laptop)]
    assert LOOK_EVERY_SECONDS > 0


def test_a_new_start_tells_it_anew(laptop):
    laptop.kill_service()
    laptop.start()

    assert 2 == len(seen(laptop))


def test_a_machine_that_cannot_be_read_stops_nothing(laptop):
    def broken():
        raise DeviceFailed("no /sys")

    laptop.device.inventory = broken
    laptop.service.inventory.look()
    laptop.settle()

    assert 1 == len(seen(laptop))


def test_doctor_shows_the_machine_and_says_what_to_do_about_open_disks(laptop):
    laptop.device.made = laptop.device.made._replace(disk_encryption="off")
    laptop.service.inventory.look()
    laptop.settle()
    told = describe(laptop.service.ground, unsent_reports=0, seen=laptop.service.inventory.seen)
    found = {each.name: each.told for each in doctor.findings_of(told)}

    assert "Acme Slate 13, serial AC-0107, 8.0 GiB of memory, battery holds 91 %" in found["inventory"].why
    assert ("lacking", "no disk with data is encrypted") == (
        found["disk-encryption"].state,
        found["disk-encryption"].why,
    )
    assert "LUKS" in found["disk-encryption"].remedy
