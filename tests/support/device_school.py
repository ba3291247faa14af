"""What the invented school knows of its laptops: what they are, how they test, who has them where."""

import json
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert

from server import device_intake, groups, inventory, loans, self_tests
from server.device_tables import inventory as inventory_table
from server.device_tables import self_tests as tests_table
from server.inventory import Expected
from server.loans import Adult, Form
from tests.support import school

ASHBY = Adult("Tom Ashby", frozenset({"technician"}), 3)
OKAFOR = Adult("Neil Okafor", frozenset({"head"}), 5)
MACHINES = {
    "L-001": ("Hazel", "Birch 13", "BR13-40217", "on", 81),
    "L-002": ("Hazel", "Birch 13", "BR13-40218", "part", 44),
    "L-003": ("Hazel", "Birch 13", "BR13-40219", "off", None),
    "L-009": ("Hazel", "Aspen 14", "AS14-10003", "on", 90),
    "L-011": ("", "", "", "unknown", None),
}
FINE = {"gate": "passed", "lock": "passed", "stick": "passed", "report": "passed", "sync": "passed"}


def fill(connection: Connection, now: datetime) -> None:
    """Write it all down."""
    for number, (name, machine) in enumerate(MACHINES.items()):
        add_inventory(connection, school.LAPTOPS[name], *machine, now=now)
        if name in ("L-001", "L-002", "L-003"):
            results = FINE if number < 2 else {**FINE, "lock": "failed", "report": "lacking"}
            problems = {"lock": "the locker did not cover the screen within 5 s"} if number == 2 else {}
            add_test(connection, school.LAPTOPS[name], results, problems, now - timedelta(hours=number + 2))
    groups.set_site(connection, school.ROOM, "Upper school", now)
    groups.add_to_group(connection, [school.LAPTOPS["L-001"], school.LAPTOPS["L-002"]], "pilot", now)
    expected = [
        Expected("br13 40217", "L-001", "Hazel", "Birch 13", school.ROOM),
        Expected("BR13-40388", "L-088", "Hazel", "Birch 13", "Library"),
        Expected("=cmd|' /C calc'!A0", "L-141", "Hazel", "Aspen 14", "Library"),
    ]
    inventory.take_expected(connection, expected, by="Tom Ashby", now=now)
    inventory.add_note(connection, school.LAPTOPS["L-003"], "Hinge is loose; ordered one.", "Tom Ashby", now)
    self_tests.order(connection, room=school.ROOM, by="Tom Ashby", now=now)
    lend(connection, "L-009", "Ayşe Polat for Vera Polat", now - timedelta(days=40), days=30)
    lend(connection, "L-002", "Ms Demir", now - timedelta(days=3), days=30, out=False, account="l.demir")


def add_inventory(
    connection: Connection, device: str, maker: str, model: str, serial: str, disk: str, battery: int | None,
    *, now: datetime,
) -> None:  # fmt: skip
    """Write what a laptop says it is."""
    connection.execute(
        insert(inventory_table).values(
            device=device, at=now, maker=maker, model=model, serial=serial, disk_encryption=disk,
            serial_key=device_intake.fold_serial(serial), os="Debian GNU/Linux 12", hostname="",
            agent_version="0.1.0", memory_bytes=8 * 2**30, battery_percent=battery,
        )
    )  # fmt: skip


def add_test(
    connection: Connection, device: str, results: dict[str, str], problems: dict[str, str], at: datetime,
    seq: int = 1,
) -> None:  # fmt: skip
    """Write a laptop's newest self-test."""
    connection.execute(
        insert(tests_table).values(
            device=device, stream="vital", seq=seq, at=at, received_at=at, order_id="", newest=True,
            failed=sum(result == "failed" for result in results.values()),
            results=json.dumps(results), problems=json.dumps(problems),
        )
    )  # fmt: skip


def lend(
    connection: Connection, name: str, borrower: str, at: datetime, *, days: int, out: bool = True,
    account: str = "",
) -> int:  # fmt: skip
    """Lend a laptop for so many days and return the loan's number; without `out` only one has agreed."""
    maker, model, serial, _, _ = MACHINES[name]
    due = (at + timedelta(days=days)).date().isoformat()
    form = Form(maker, model, serial, borrower, due, account=account, check_in_days=14, terms="In its bag.")
    number = loans.ask(connection, school.LAPTOPS[name], form, ASHBY, at)
    loans.step(connection, number, "technician", ASHBY, at)
    if out:
        loans.step(connection, number, "head", OKAFOR, at)
        loans.step(connection, number, "out", ASHBY, at)
    return number
