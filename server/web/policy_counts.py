"""How many changes of settings wait for this adult's yes: the number in the navigation."""

from sqlalchemy import Connection, select

from server.policy_tables import proposals as table
from server.proposals import EDUCATIONAL, OFFICES, TECHNICAL


def may_be_second(roles: frozenset[str], proposer: frozenset[str]) -> bool:
    """Say whether these offices and the proposer's are the two that a weakening needs."""
    both = roles | proposer
    return bool(roles & OFFICES and both & TECHNICAL and both & EDUCATIONAL)


def count_waiting_for(connection: Connection, staff: int, roles: frozenset[str]) -> int:
    """Return how many changes this adult could approve or refuse now, without reading their trees."""
    query = select(table.c.by_staff, table.c.offices).where(table.c.state == "waiting")
    return sum(
        row.by_staff != staff and may_be_second(roles, frozenset(row.offices.split(",")))
        for row in connection.execute(query)
    )
