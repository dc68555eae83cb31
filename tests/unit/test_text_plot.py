"""The plot in a terminal fits into its width, whatever the months are."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pgcache.text_plot import HEIGHT, plot
from pgcache.timeline import Month, NetWorth


def worth(amounts: list[tuple[str, str]], today: int | None = None) -> NetWorth:
    months = tuple(
        Month(
            f"2{n:03}-01",
            Decimal(actual),
            Decimal(projected),
            "projected" if today is not None and n > today else "actual",
        )
        for n, (actual, projected) in enumerate(amounts)
    )
    return NetWorth("c", "never" if today is None else months[today].label, months)


def test_nothing() -> None:
    assert plot(worth([]), 80) == []


def test_amounts_that_are_all_the_same_need_one_line() -> None:
    assert plot(worth([("5", "5")] * 3), 40) == [
        "5.00 | *   *   *",
        "     +-+-----------",
        "       2000-01",
        "* actual   o projected   | the current month",
    ]


def test_what_is_projected_and_the_current_month() -> None:
    lines = plot(worth([("0", "0"), ("11", "-11"), ("11", "0")], today=1), 40)
    assert lines[0] == " 11.00 |     *"
    assert lines[HEIGHT - 1] == "-11.00 |     o"
    assert lines[5] == "  1.00 | *   |   o"
    assert all(line[13] == "|" for line in lines[1:-4])


@pytest.mark.parametrize("width", [1, 10, 20, 80, 200])
@pytest.mark.parametrize("count", [1, 2, 30, 500])
def test_it_fits(width: int, count: int) -> None:
    found = worth([(str(n * n), str(-n)) for n in range(count)], today=count // 2)
    lines = plot(found, width)
    assert len(lines) == (HEIGHT if count > 1 else 1) + 3
    # Amounts, axis and one label are printed however narrow it is.
    assert max(map(len, lines[:-1])) <= max(width, 22)


def test_the_current_month_is_marked_where_there_is_no_room_for_it() -> None:
    for today in range(50):
        lines = plot(worth([(str(n), str(n)) for n in range(50)], today=today), 30)
        assert any("|" in line.partition("|")[2] for line in lines[:HEIGHT]), today


def test_the_first_and_the_last_month_are_drawn() -> None:
    found = worth([(str(n), str(n)) for n in range(300)])
    top, *_, bottom = plot(found, 60)[:HEIGHT]
    assert top.endswith("*")
    assert bottom.split("| ")[1].startswith("*")
