"""The tests' own Windows keeps the contract that the real one keeps under Wine (tests/wine/inside)."""

import pytest

from tests.support.win32.fake_processes import FakeProcesses
from tests.support.win32.fake_registry import FakeRegistry
from tests.support.win32.processes_contract import ProcessesContract
from tests.support.win32.registry_contract import RegistryContract


class TestTheFakeRegistry(RegistryContract):
    @pytest.fixture
    def registry(self):
        return FakeRegistry()

    @pytest.fixture
    def key(self):
        return r"SOFTWARE\Gatepost-Test"


class TestTheFakeProcesses(ProcessesContract):
    @pytest.fixture
    def processes(self):
        return FakeProcesses()

    @pytest.fixture
    def child(self, processes):
        return processes.run("notepad.exe", 1, sid="S-1-5-21-1-2-3-1001").pid
