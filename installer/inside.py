"""The same commands, once the environment is there: called by `__main__`, not by people."""

import importlib
import sys

from installer import arguments
from installer.errors import InstallerError
from installer.speech import say


def main(words: list[str]) -> int:
    """Do what was asked. Rooms are imported only when needed: `test` must not wait for the tour."""
    asked = arguments.parse(words)
    try:
        match asked.command:
            case "test":
                checks = importlib.import_module("installer.checks")
                return int(checks.run(asked.pytest, with_vm=arguments.needs_vm(asked), short=asked.short))
            case "deb":
                return int(importlib.import_module("installer.deb").run())
            case "msi":
                here = arguments.stands_in()
                return int(importlib.import_module("installer.msi").run(asked, here))
            case "lock":
                return int(importlib.import_module("installer.lock").run())
            case "bench":
                bench = importlib.import_module("installer.bench")
                return int(bench.run(asked.names, only_list=asked.list))
            case _ if asked.tour:
                return int(importlib.import_module("installer.tour.play").run(asked))
            case _:
                return int(importlib.import_module("installer.demo").run(asked))
    except InstallerError as problem:
        say(str(problem))
        return problem.exit_code
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
