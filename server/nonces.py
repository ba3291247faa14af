"""Nonces that were used lately, so that a request heard on the wire cannot be sent again."""

from policies.wire import MAX_CLOCK_SKEW_SECONDS

_AGE_MS = 2 * MAX_CLOCK_SKEW_SECONDS * 1000


class Nonces:
    """Nonces used lately. Two ages of them, so that forgetting the older costs nothing."""

    def __init__(self) -> None:
        self._young: set[tuple[str, bytes]] = set()
        self._old: set[tuple[str, bytes]] = set()
        self._turn_ms = 0

    def is_new(self, device: str, nonce: bytes, now_ms: int) -> bool:
        """Remember a nonce; say whether it had not been used in the last minutes."""
        if now_ms - self._turn_ms > _AGE_MS:
            self._young, self._old, self._turn_ms = set(), self._young, now_ms
        key = (device, nonce)
        if key in self._young or key in self._old:
            return False
        self._young.add(key)
        return True
