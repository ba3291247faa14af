"""A port that stays one's own: one that was free and let go may be somebody else's next."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_port() -> Iterator[int]:
    """
    Give a port that is given to nobody else until the end of the block. Nothing listens there by itself.

    It is bound, so whoever asks for any port gets another; it does not listen, so a server may (Linux allows
    that where both ask for SO_REUSEADDR, as servers do) and a visitor is refused.
    """
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(("127.0.0.1", 0))
        yield int(keeper.getsockname()[1])
