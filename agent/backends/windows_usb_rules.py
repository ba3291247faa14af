"""Windows' rules for devices as they stand in the registry: set, kept, given back."""

import logging
import threading
from collections.abc import Sequence

from agent.backends import windows_usb_policy as policy
from agent.backends.win32_problem import WinProblem
from agent.backends.windows_nodes import Volumes
from agent.backends.windows_slices import RegistryCalls
from agent.backends.windows_usb_policy import Entry, Step

log = logging.getLogger(__name__)


class Rules:
    """The rules of this machine. Several threads come here: what one gives back another must not put back."""

    def __init__(self, registry: RegistryCalls, volumes: Volumes) -> None:
        self._registry = registry
        self._volumes = volumes
        self._guard = threading.Lock()
        self.are_wanted = False

    def stand(self) -> bool:
        """Say whether every rule stands as it should."""
        return not policy.missing(self._registry.read)

    def shut(self) -> None:
        """Set the rules; what a service that was killed had let in is let in no longer."""
        with self._guard:
            self.are_wanted = True
            self._do(policy.plan_forget_allowed(self._registry.values(policy.ALLOWED)))
            self._set()

    def keep(self) -> None:
        """Put back what somebody changed, while the rules are wanted."""
        with self._guard:
            if self.are_wanted and not self.stand():
                log.warning("the rules for devices were changed by somebody else; put back")
                self._set()

    def allow(self, entry: Entry) -> None:
        """Let one node in."""
        self._do([Step(*entry)])

    def forbid(self, names: set[str]) -> None:
        """Take these permissions back."""
        self._do([Step(policy.ALLOWED, each, None) for each in sorted(names)])

    def _set(self) -> None:
        self._do(policy.plan_shut(self._registry.read))
        try:
            if self._volumes.mounts_by_itself():
                if self._registry.read(policy.BEFORE, "AutoMount") is None:
                    self._registry.write_text(policy.BEFORE, "AutoMount", policy.note_of(1))
                self._volumes.set_mounts_by_itself(on=False)
        except WinProblem as problem:
            # Tidiness only: whatever letter Windows gives is taken away before anybody looks.
            log.warning("Windows goes on giving letters", extra={"problem": str(problem)})

    def give_back(self) -> None:
        """Put back what stood before; raises the first problem when all was tried."""
        problem: WinProblem | None = None
        with self._guard:
            self.are_wanted = False
            for act in (self._give_back_values, self._give_back_letters, self._delete_empty_keys):
                try:
                    act()
                except WinProblem as caught:
                    problem = problem or caught
        if problem is not None:
            raise problem

    def _give_back_values(self) -> None:
        problem: WinProblem | None = None
        failed: set[str] = set()
        for step in policy.plan_open(self._registry.read, self._registry.values(policy.ALLOWED)):
            if step.key == policy.BEFORE and step.name in failed:
                continue  # what is not given back yet stays noted
            try:
                self._do([step])
            except WinProblem as caught:
                problem = problem or caught
                failed.add(policy.note_name(step))
        if problem is not None:
            raise problem

    def _give_back_letters(self) -> None:
        if self._registry.read(policy.BEFORE, "AutoMount") is not None:
            self._volumes.set_mounts_by_itself(on=True)
            self._registry.delete_value(policy.BEFORE, "AutoMount")

    def _delete_empty_keys(self) -> None:
        for key in (policy.BEFORE, policy.LETTERS, policy.OWN_USB, *policy.own_keys()):
            if not self._registry.values(key) and not self._registry.subkeys(key):
                self._registry.delete_key(key)

    def _do(self, steps: Sequence[Step]) -> None:
        for key, name, value in steps:
            if value is None:
                self._registry.delete_value(key, name)
            elif isinstance(value, int):
                self._registry.write_number(key, name, value)
            else:
                self._registry.write_text(key, name, value)
