"""A check of the keys whose source rows say that they were written lately."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from pgcache import queries
from pgcache.reconcile import reconcile
from pgcache.scan import Scan
from tests.integration.reconcile.books import CACHES, Connection, differing

HOUR = Scan(since=timedelta(hours=1))


def touched(conn: Connection, cache: str) -> list[str]:
    return [row["key"] for row in queries.rows(conn, "touched_keys", cache, timedelta(hours=1))]


def test_nothing_was_touched(damaged: Connection) -> None:
    assert [result.checked for result in reconcile(damaged, CACHES, scan=HOUR).caches] == [0, 0, 0]


def test_only_what_was_touched_is_checked(damaged: Connection) -> None:
    """Also by a row that does not count any more, and in a table that lacks the row."""
    damaged.execute("SET session_replication_role = replica")
    damaged.execute("UPDATE refund SET amount = -1, at = now() WHERE id = (SELECT max(id) FROM refund)")
    damaged.execute("UPDATE sale SET amount = 1000, at = now() - interval '59 minutes' WHERE id = 1")
    damaged.execute("UPDATE sale SET amount = 1000, at = now() - interval '61 minutes' WHERE id = 2")
    damaged.execute("UPDATE entry SET at = now() AT TIME ZONE 'UTC' WHERE account = 99")
    damaged.execute("RESET session_replication_role")
    expected: list[tuple[Any, ...]] = damaged.execute(
        """SELECT jsonb_build_object('name', name)::text FROM person
            WHERE name IN ((SELECT person FROM sale WHERE id = 1), (SELECT person FROM refund ORDER BY id DESC LIMIT 1))
            ORDER BY name"""
    ).fetchall()
    assert touched(damaged, "person_total") == [key for (key,) in expected]
    assert touched(damaged, "month") == ['{"month": "2031-01-01", "account": "99"}']
    assert touched(damaged, "budget_spent") == []
    before = differing(damaged, "month")
    report = reconcile(damaged, CACHES, scan=HOUR)
    assert [(result.checked, result.corrected) for result in report.caches] == [(2, 2), (1, 1), (0, 0)]
    assert differing(damaged, "month") == [row for row in before if row[0]["account"] != "99"]


def test_through_a_mapping(damaged: Connection) -> None:
    damaged.execute("UPDATE entry SET at = now() AT TIME ZONE 'UTC' WHERE account = 1 AND amount < 20")
    budgets = damaged.execute("SELECT budget FROM tag WHERE category = 1 ORDER BY 1").fetchall()
    assert touched(damaged, "budget_spent") == [f'{{"id": "{number}"}}' for (number,) in budgets]


def test_a_dry_run(damaged: Connection) -> None:
    damaged.execute("UPDATE entry SET at = now() AT TIME ZONE 'UTC' WHERE account = 3")
    (result,) = reconcile(damaged, ["month"], scan=HOUR, dry_run=True).caches
    assert result.checked == result.drifted > 0


@pytest.mark.parametrize("scan", [HOUR, Scan(since=timedelta(0))])
def test_nothing_is_noted_of_a_check_of_nothing(books: Connection, scan: Scan) -> None:
    assert not reconcile(books, CACHES, scan=scan).alarming
