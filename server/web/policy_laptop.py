"""Every setting of one laptop: what holds there, for whom and when, and where each value comes from."""

from typing import Any, NamedTuple

from litestar import Response, get
from litestar.exceptions import NotFoundException

from policies.setting_names import TYPES
from policies.tree import Placement, PolicyTree
from server import assigning, devices, placing, policy_store, state
from server.change_words import entry_of
from server.errors import NotFound
from server.web import common, policy_common, policy_view
from server.web.common import Asked
from server.web.policy_layers import Target
from server.web.policy_view import Said
from server.web.words import Words
from server.wording.settings import PARTS


class Line(NamedTuple):
    """One setting of a laptop."""

    name: str
    words: str
    said: list[Said]
    """What holds, the narrowest first; last what holds for everybody at any other time."""


def lines_of(
    tree: PolicyTree, place: Placement, words: Words, hostnames: dict[str, str]
) -> dict[str, list[Line]]:
    """Return every setting with what holds on a laptop that stands there, by part."""
    found: dict[str, list[Line]] = {code: [] for code in PARTS}
    for name in TYPES:
        said = [each for each in policy_view.chain(tree, place, name, words, hostnames) if each.holds]
        found[name.split(".")[0]].append(Line(name, words.say(entry_of(name).name), said))
    return found


@get("/devices/{device:str}/settings", guards=policy_common.OPENS, sync_to_thread=True)
def show_laptop_settings(request: Asked, device: str) -> Response[str]:
    """Show all settings of one laptop and where each comes from."""
    words = policy_common.words_for(request)
    with state.of(request).db.read() as connection:
        try:
            found = devices.get_device(connection, device)
        except NotFound as problem:
            raise NotFoundException from problem
        given = assigning.get(connection, device)
        current = policy_store.current_tree(connection)
        if current is None:
            raise NotFoundException
        held = policy_store.get_revision(connection, given.revision) if given else current
        place = placing.placements(connection, [device])[device]
        lines = lines_of(held.tree, place, words, {device: found.hostname})
    context: dict[str, Any] = {
        "device": found,
        "place": place,
        "parts": [(words.say(label), lines[code]) for code, label in PARTS.items()],
        "revision": held,
        "current": current,
        "confirmed": given is not None and found.applied_number == given.number,
        "given": given,
        "query": Target("device", device).query(),
    }
    return common.show(request, "policy_laptop.html", "devices", context)


ROUTES = [show_laptop_settings]
