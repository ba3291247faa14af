"""`gatepost-server loans`: who has which laptop. Agreeing needs a person who signed in: the page Loans."""

import click

from server import cli, device_commands, inventory, loans, state
from server.loans import Adult, Loan, Step

group = cli.Group("loans", help="Laptops that somebody took home.")
SHELL = Adult(cli.BY)


def _rows(found: list[Loan]) -> str:
    today = state.utc_now().astimezone().date()
    rows = [
        (
            str(loan.id),
            loan.hostname,
            loan.serial,
            loan.borrower,
            "overdue" if loans.is_overdue(loan, today) else loan.state,
            loan.due_day,
        )
        for loan in found
    ]
    head = ("loan", "laptop", "serial", "borrower", "state", "due")
    return cli.table(head, rows, {"overdue": "warn", "returned": "good"})


@group.command("list", epilog=cli.examples("loans list --overdue"))
@click.option("--overdue", is_flag=True, help="Only what ought to be back.")
@click.option("--closed", is_flag=True, help="Closed ones too.")
def show_all(overdue: bool, closed: bool) -> None:
    """Show who has which laptop."""
    today = state.utc_now().astimezone().date()
    with cli.opened() as here, here.db.read() as connection:
        if overdue:
            found = loans.list_overdue(connection, today)
        else:
            found = loans.list_loans(connection, states=() if closed else ("asked", "out"))
    cli.say(_rows(found), [loan._asdict() for loan in found])


@group.command("show")
@click.argument("number", type=int)
def show(number: int) -> None:
    """Show one loan and what became of it."""
    with cli.opened() as here, here.db.read() as connection:
        loan = loans.get_loan(connection, number)
        entries = loans.list_entries(connection, number)
    told = [(f"{each.at:%Y-%m-%d %H:%M}", each.kind, each.by, each.words) for each in entries]
    cli.say(
        f"{_rows([loan])}\n\n{cli.table(('when (UTC)', 'what', 'by', 'words'), told)}",
        {**loan._asdict(), "entries": [each._asdict() for each in entries]},
    )


@group.command(
    "ask", epilog=cli.examples("loans ask L-029 --borrower 'Ayşe Polat for Vera' --due 2027-01-15")
)
@click.argument("laptop")
@click.option("--borrower", required=True, help="Who signs for it.")
@click.option("--due", required=True, help="The day it comes back, YEAR-MONTH-DAY.")
@click.option("--serial", default="", help="From the label, where the laptop does not tell it.")
@click.option("--purpose", default="", help="What for.")
@click.option("--terms", default="", help="Care and insurance, in your school's words.")
@click.option(
    "--check-in", type=int, default=0, show_default=True, help="Shown at school every so many days."
)
def ask(laptop: str, borrower: str, due: str, serial: str, purpose: str, terms: str, check_in: int) -> None:
    """Write a loan form; head and ICT lead then agree on the page Loans."""
    with cli.opened() as here, here.db.write() as connection:
        (device,) = device_commands.pick(connection, (laptop,))
        what = inventory.inventory_of(connection, device)
        form = loans.Form(
            maker=what.maker if what else "",
            model=what.model if what else "",
            serial=serial or (what.serial if what else ""),
            borrower=borrower,
            due_day=due,
            purpose=purpose,
            terms=terms,
            check_in_days=check_in,
        )
        number = loans.ask(connection, device, form, SHELL, state.utc_now())
    cli.say(f"loan {number} is written; head and ICT lead agree on the page Loans", {"loan": number})


def _take(number: int, step: Step, words: str) -> None:
    with cli.opened() as here, here.db.write() as connection:
        loans.step(connection, number, step, SHELL, state.utc_now(), words)
    cli.say(f"loan {number}: {step}", {"loan": number, "step": step})


@group.command("recall")
@click.argument("number", type=int)
@click.option("--note", default="", help="Why.")
def recall(number: int, note: str) -> None:
    """Note that a laptop is asked back; the page Loans has the message to print or send."""
    _take(number, "recall", note)


@group.command("check-in")
@click.argument("number", type=int)
@click.option("--note", default="", help="In what state.")
def check_in(number: int, note: str) -> None:
    """Note that a laptop was shown at school."""
    _take(number, "check-in", note)


@group.command("returned")
@click.argument("number", type=int)
@click.option("--note", default="", help="In what state.")
def returned(number: int, note: str) -> None:
    """Take a laptop back and close its loan."""
    _take(number, "returned", note)
