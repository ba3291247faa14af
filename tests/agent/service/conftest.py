import pytest

from tests.support.lab_laptop import LabLaptop


@pytest.fixture
def laptop_kind():
    """What `make_laptop` makes; a file about another system says otherwise."""
    return LabLaptop


@pytest.fixture
def make_laptop(tmp_path, laptop_kind):
    made = []

    def make(**changes):
        made.append(laptop_kind(tmp_path, **changes))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def laptop(make_laptop):
    return make_laptop()
