"""pgcache rollover closes what has ended in every cache that declares it, once."""

from __future__ import annotations

import pytest

from tests.integration.cli.pgcache import Pgcache


def test_it_prints_what_it_closes_once(finance: Pgcache) -> None:
    outcome = finance("rollover", "--as-of", "2025-07-01")
    heading, *closed = outcome.stdout.splitlines()
    assert heading.split() == ["cache", "closed", "period"]
    assert len(closed) == finance.value("SELECT count(*) FROM budget_period") == 3
    home = finance.value("SELECT id::text FROM budget WHERE name = 'Home'")
    assert (
        f"budget_consumption  budget_id={home} period_start=2025-06-01 period_end=2025-06-30 consumption=1183.00"
        in closed
    )

    outcome = finance("rollover", "--as-of", "2025-07-01")
    assert (outcome.stdout, outcome.stderr) == ("No period has ended.\n", "")
    assert finance.value("SELECT count(*) FROM budget_period") == 3
    finance("reconcile")


def test_json(finance: Pgcache) -> None:
    finance.conn.execute("DELETE FROM budget WHERE name <> 'Home'")
    home = finance.value("SELECT id::text FROM budget")
    assert finance("rollover", "--as-of", "2025-08-01", "--json").json == {
        "periods": [
            {
                "cache": "budget_consumption",
                "period": {
                    "budget_id": home,
                    "period_start": f"2025-{month}-01",
                    "period_end": f"2025-{month}-{days}",
                    "consumption": consumption,
                },
            }
            for month, days, consumption in (("06", 30, "1183.00"), ("07", 31, "0"))
        ]
    }
    assert finance("rollover", "--as-of", "2025-08-01", "--json").json == {"periods": []}


def test_without_a_date_it_is_today(finance: Pgcache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c pgcache.today=2025-06-30")
    assert len(finance("rollover").stdout.splitlines()) == 2  # the heading, and the week that ended on the 29th
    monkeypatch.setenv("PGOPTIONS", "-c pgcache.today=2025-07-01")
    assert len(finance("rollover").stdout.splitlines()) == 3  # the heading, and the two months


@pytest.mark.parametrize("date", ["2025-13-01", "tomorrow", "01.07.2025"])
def test_what_is_no_date(finance: Pgcache, date: str) -> None:
    outcome = finance("rollover", "--as-of", date, code=2)
    assert outcome.error == (
        f"Invalid value for '--as-of': '{date}' does not match the format '%Y-%m-%d'; see pgcache rollover --help"
    )


def test_a_recurrence_that_is_none(finance: Pgcache) -> None:
    finance.conn.execute("ALTER TABLE budget DROP CONSTRAINT budget_recurrence_check")
    finance.conn.execute("UPDATE budget SET recurrence = 'daily' WHERE name = 'Home'")
    outcome = finance("rollover", "--as-of", "2025-07-01", code=1)
    assert outcome.error.startswith(
        'cache "budget_consumption" cannot be rolled over: "daily" is not a recurrence (Key: '
    )
    assert outcome.error.endswith("; Store weekly, monthly or yearly, or null for a period that does not recur")
    assert finance.value("SELECT count(*) FROM budget_period") == 0
