"""`python3 installer run | test | bench | deb | msi | lock`: set up what is missing, then do it."""

import os
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)
# Started as a folder: the folder's own files must not stand in front of the standard library.

from installer import arguments, debian, environment, needs, places  # noqa: E402
from installer.errors import InstallerError, NeedsRoot  # noqa: E402
from installer.speech import say  # noqa: E402


def main(words: list[str]) -> int:  # noqa: RET503 - execve does not return
    """Prepare the machine, then hand over to the environment's own Python."""
    asked = arguments.parse(words)
    os.environ.setdefault("PATH", places.SYSTEM_PATH)
    try:
        if asked.command == "run" and os.geteuid() != 0:
            raise NeedsRoot(
                "The demo makes an account of its own to log in with, so it needs root:\n\n"
                f"  sudo python3 installer {' '.join(words)}\n"
            )
        debian.ensure_packages(
            needs.decide(
                asked.command,
                with_vm=arguments.needs_vm(asked),
                with_wine=arguments.needs_wine(asked),
            )
        )
        python = environment.ensure_environment()
        runtime_python = environment.ensure_runtime(python)
    except InstallerError as problem:
        say(str(problem))
        return problem.exit_code
    except KeyboardInterrupt:
        say("Stopped. Start again any time; what was finished is kept.")
        return 130
    path = os.environ["PATH"] + ":" + places.SYSTEM_PATH
    here = str(arguments.folder_here())
    os.chdir(places.CLONE)
    command = [str(runtime_python), "-m", "installer.inside", *words]
    environ = {
        **os.environ, "PATH": path, "PYTHONPATH": str(places.CLONE), "PYTHONUNBUFFERED": "1",
        arguments.STANDS_IN: here,
    }  # fmt: skip
    os.execve(command[0], command, environ)  # noqa: S606 - the same terminal, signals and exit code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
