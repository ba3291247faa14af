"""`gatepost-agent`: every program of the laptop side, each loading only what it needs."""

import sys

_ROUTES = {
    "session": "agent.session.app",
    "window": "agent.window.app",
    "lock-screen": "agent.backends.lock_screen",
    "lock-dialog": "agent.backends.lock_dialog",
    "lock-windows": "agent.backends.lock_windows",
    "cover-words": "agent.backends.cover_words",
    "front-words": "agent.backends.front_words",
    "media-worker": "agent.backends.media_worker",
    "media-worker-windows": "agent.backends.windows_scan_child",
    "windows-setup": "agent.service.windows_setup",
}
"""Started by our own processes with their own arguments; everything else is for people and the system."""


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand; return its exit status."""
    from agent.backends.own_process import harden, settle_streams

    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] in _ROUTES:
        import importlib

        # First of all: until then another program of the pupil's can attach to this process and speak for it.
        harden(dies_with_parent=False)
        settle_streams()
        status: int = importlib.import_module(_ROUTES[given[0]]).main(given[1:])
        return status
    from agent.service import commands

    settle_streams()
    return commands.main(given)


if __name__ == "__main__":
    sys.exit(main())
