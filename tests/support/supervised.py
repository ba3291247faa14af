"""Hours, check-ins and what follows, for tests of a laptop that is supervised."""

import os
import time
from datetime import timedelta

from agent.link import messages as m
from agent.service import facts
from policies import orders, records
from policies.settings import Settings
from policies.variants import Variant, Window
from tests.support.model_server import DEVICE


def in_istanbul():
    """Set this process's clock to Istanbul: 08:30 UTC, where a laptop's clock begins, is 11:30 there."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Istanbul"
    time.tzset()
    yield
    del os.environ["TZ"]
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


def publish(laptop, *variants, settings=None):
    assignment, body = laptop.server.policy(settings or Settings(), variants=variants)
    laptop.service.loop.put(facts.PolicyFetched(assignment, body))
    laptop.settle()


def hours(starts, ends="24:00", tiers=(), **change):
    named = {f"hours.{name}": value for name, value in change.items()}
    return Variant(tiers=tiers, when=Window(starts=starts, ends=ends), change=named)


def check_in(laptop, minutes=60, order="c1", by="Tom Ashby", on=True, issued=0.0):
    at = laptop.clock.at + timedelta(seconds=issued)
    word = orders.Supervised(
        device=DEVICE, order=order, on=on, by=by, issued_at=at, until=at + timedelta(minutes=minutes)
    )
    laptop.order(word)
    return word


def leave(laptop, order="c1"):
    laptop.forward(1)
    check_in(laptop, order=order, on=False)


def shown(laptop, session):
    """The notices that were shown at the gate and on the desktop."""
    pages = [each.page for each in session.everything if isinstance(each, m.ShowPage | m.GateOver)]
    return [page.kind for page in pages if page is not None and hasattr(page, "kind")]


def lapses(laptop):
    return [each.what for each in laptop.records(records.SupervisionLapsed)]


def reasons(laptop):
    return [each.reason for each in laptop.records(records.LoginEnded)]
