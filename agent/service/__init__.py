"""The privileged process: one queue, one thread that decides; alone with keys, disk and network."""
