"""A school's settings and the adults who change them, for tests: short words for what the pages do."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from policies.setting_names import put_values
from policies.tree import Layer, PolicyTree
from server import policy_store, proposing
from server.policy_store import Author

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TESS = Author(11, "Tess Aydın", frozenset({"technician"}))
TOM = Author(12, "Tom Ashby", frozenset({"technician"}))
DENIZ = Author(13, "Deniz Amos", frozenset({"safeguarding"}))
HALE = Author(14, "Grace Hale", frozenset({"head"}))
BOTH = Author(15, "Noor Okafor", frozenset({"head", "technician"}))
ASHBY = Author(16, "Ann Ashby", frozenset({"teacher"}))
GOVERNOR = Author(17, "Gus Hall", frozenset({"governor"}))


def changed(tree: PolicyTree, **values: Any) -> PolicyTree:
    """Return the tree with school settings changed; a dot is written as two underscores."""
    named = {name.replace("__", "."): value for name, value in values.items()}
    return msgspec.structs.replace(tree, settings=put_values(tree.settings, named))


def layered(tree: PolicyTree, *layers: Layer) -> PolicyTree:
    """Return the tree with more layers."""
    return msgspec.structs.replace(tree, layers=(*tree.layers, *layers))


def room_layer(room: str, **values: Any) -> Layer:
    """Return a layer of one room."""
    return Layer(
        scope="room",
        name=room,
        change={name.replace("__", "."): value for name, value in values.items()},
    )


class Desk:
    """One database connection and what is done on it, at one pretended moment."""

    def __init__(self, connection: Any, now: datetime = NOW) -> None:
        self.connection = connection
        self.now = now

    @property
    def tree(self) -> PolicyTree:
        """The newest settings."""
        return self.revision.tree

    @property
    def revision(self) -> policy_store.Revision:
        """The newest revision."""
        return proposing.must_have_settings(self.connection)

    def propose(self, tree: PolicyTree, by: Author = TESS, **given: Any) -> proposing.Proposal:
        """Propose on the newest settings, with a reason."""
        told = {"reason": "agreed on Monday", "base": self.revision.number, "now": self.now} | given
        return proposing.propose(self.connection, tree, by=by, **told)

    def save(self, tree: PolicyTree, by: Author = TESS, **given: Any) -> proposing.Proposal:
        """Propose what weakens nothing and apply it."""
        made = self.propose(tree, by, **given)
        return proposing.apply(self.connection, made.number, by=by, now=self.now)
