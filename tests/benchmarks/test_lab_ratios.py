"""What the benchmark of the lab makes of its figures."""

from tests.benchmarks.bench_lab import decide_missed, decide_ratios


def of(median):
    return {"median": median}


def test_what_watching_adds_is_what_it_takes_more_than_nobody_looking():
    found = decide_ratios(
        {
            "real.unwatched_bytes_per_minute": of(1400.0),
            "real.watched_idle_bytes_per_minute": of(2400.0),
            "veyon.idle": of(240_000.0),
        }
    )

    assert (1000.0, 100.0) == (
        found["watching_adds_bytes_per_minute"]["median"],
        found["veyon_takes_times_as_much_idle"]["median"],
    )


def test_what_was_not_measured_is_neither_reached_nor_missed():
    assert ["page.page_busy_percent"] == decide_missed(
        {"page.page_busy_percent": of(20.1), "page.tile_changed_seconds": of(1.0)}
    )
    assert [] == decide_missed({})
    assert ["page.page_busy_percent"] == decide_missed({"page.page_busy_percent": of(float("nan"))})
