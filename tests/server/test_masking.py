"""Small counts stay hidden, also from somebody who knows every sum."""

from hypothesis import given
from hypothesis import strategies as st

from server import masking

COUNTS = st.lists(st.integers(0, 30), min_size=1, max_size=7)
BELOW = st.integers(2, 8)


def possible(shown: list[masking.Cell], total: int, below: int, wanted: int) -> set[int]:
    """What one `few` can be for somebody who knows the sum, what is shown, and what the words mean."""
    rest = total - sum(cell for cell in shown if isinstance(cell, int))
    others = [cell for place, cell in enumerate(shown) if place != wanted and not isinstance(cell, int)]
    reach = {0}
    for cell in others:
        may_be = range(below) if cell == "few" else range(below, rest + 1)
        reach = {so_far + more for so_far in reach for more in may_be if so_far + more <= rest}
    return {value for value in range(below) if rest - value in reach}


@given(COUNTS, BELOW)
def test_a_small_count_may_be_anything_small_even_when_the_sum_is_known(counts, below):
    shown = masking.mask(counts, below)

    if shown is not None:
        for place, cell in enumerate(shown):
            if cell == "few":
                assert set(range(below)) == possible(shown, sum(counts), below, place)


@given(COUNTS, BELOW)
def test_what_is_shown_is_true_and_small_is_never_shown(counts, below):
    for count, cell in zip(counts, masking.mask(counts, below) or [], strict=False):
        if isinstance(cell, int):
            assert count == cell
            assert cell >= below
        elif cell == "few":
            assert count < below
        else:
            assert count >= below


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 2)), max_size=60), BELOW)
def test_two_tables_of_the_same_reports_do_not_give_each_other_away(reports, below):
    def table(field: int, kinds: int) -> dict[str, list[int]]:
        return {
            f"term {term}": [
                sum(report[field] == kind for report in reports if report[2] == term) for kind in range(kinds)
            ]
            for term in range(3)
        }

    shown = masking.mask_together({"kind": table(0, 4), "year": table(1, 5)}, below)

    assert set(shown["kind"]) == set(shown["year"])
    for name, kinds in (("kind", 4), ("year", 5)):
        for term, column in shown[name].items():
            total = sum(table(0 if name == "kind" else 1, kinds)[term])
            for place, cell in enumerate(column):
                if cell == "few":
                    assert set(range(below)) == possible(column, total, below, place)


def test_the_usual_school_keeps_its_large_counts():
    assert [14, 9, "few", "few", 8] == masking.mask([14, 9, 3, 1, 8], 5)
    assert [14, "hidden", 9, "few"] == masking.mask([14, 9, 9, 1], 5)


def test_a_column_of_nearly_nothing_is_not_shown():
    assert masking.mask([1, 0, 0], 5) is None
    assert masking.mask([4, 4, 4, 4], 5) is None
    assert {"a": {}, "b": {}} == masking.mask_together({"a": {"t": [9, 9]}, "b": {"t": [1, 17, 0][:1]}}, 5)


def test_a_sum_is_told_only_as_far_as_it_stands_there():
    assert (23, False) == masking.at_least({"t": [14, 9, "few"], "u": ["hidden"]})
    assert (23, True) == masking.at_least({"t": [14, 9]})


def test_a_share_is_round_and_not_told_of_a_handful():
    assert 95 == masking.share_of(93, 100, 5)
    assert masking.share_of(8, 9, 5) is None
