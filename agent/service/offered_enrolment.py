"""Enrolling by itself: what the installation offered is tried until the server answers, then forgotten.

A code that was refused is not kept: it is spent, too old or wrong, and would only lie there to be read.
"""

import logging
import threading
from collections.abc import Callable
from typing import Literal

from agent import VERSION
from agent.backends import enrol_offer
from agent.backends.device import Device
from agent.backends.enrol_offer import Offer, Offers
from agent.errors import AgentError, ConfigProblem, ServerRefused
from agent.paths import Config
from agent.service import enrol

log = logging.getLogger(__name__)

AGAIN_SECONDS = 30.0
Result = Literal["nothing offered", "enrolled", "given up", "later"]


def try_once(offers: Offers, attempt: Callable[[Offer], object]) -> Result:
    """
    Enrol with what is offered, if anything is, and forget it unless it is worth another try.

    `attempt` raises ConfigProblem (the address, the code or this laptop will not do: an enrolled one is never
    enrolled again by an offer) or ServerRefused, which are final; another AgentError is not.
    """
    try:
        offer = offers.read()
        if offer is None:
            return "nothing offered"
        attempt(offer)
    except (ConfigProblem, ServerRefused) as problem:
        log.error("the offered enrolment will not do; it is forgotten", extra={"problem": str(problem)})
        return _forget(offers, "given up")
    except (AgentError, OSError) as problem:  # OSError: the disk is full
        log.warning("the offered enrolment is tried again", extra={"problem": str(problem)})
        return "later"
    log.info("enrolled with what the installation offered")
    return _forget(offers, "enrolled")


def _forget(offers: Offers, result: Result) -> Result:
    try:
        offers.forget()
    except AgentError as problem:
        log.error("the code could not be removed; it is tried again", extra={"problem": str(problem)})
        return "later"
    return result


def begin(config: Config, device: Device, offers: Offers | None = None) -> threading.Thread | None:
    """
    Try in a thread of its own until it is settled; None where nothing is offered.

    The running service finds the new enrolment by itself, as it does after `gatepost-agent enrol`.
    """
    place = offers or enrol_offer.choose()
    try:
        if place.read() is None:
            return None
    except AgentError as problem:
        log.error("what the installation offered cannot be read", extra={"problem": str(problem)})
        return None

    def attempt(offer: Offer) -> object:
        return enrol.enrol(config, device, offer.server, offer.code, VERSION, again=False)

    def work() -> None:
        pause = threading.Event()
        while try_once(place, attempt) == "later":
            pause.wait(AGAIN_SECONDS)

    thread = threading.Thread(target=work, name="offered-enrolment", daemon=True)
    thread.start()
    return thread
