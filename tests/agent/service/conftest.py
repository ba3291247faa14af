import pytest

from tests.support.lab_laptop import LabLaptop


@pytest.fixture
def make_laptop(tmp_path):
    made = []

    def make(**changes):
        made.append(LabLaptop(tmp_path, **changes))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def laptop(make_laptop):
    return make_laptop()
