"""Taking in sealed batches: verify, open, dedupe, store, acknowledge."""

from pathlib import Path


class Writer:
    """The one thread that stores what laptops send."""

    def __init__(self, path: Path, record_private: bytes) -> None:
        self.path = path

    def close(self) -> None:
        """Stop after what is queued."""
