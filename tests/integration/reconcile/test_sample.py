"""A check of some keys says nothing of the others."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pgcache.reconcile import Policy, reconcile
from pgcache.scan import Scan
from tests.integration.reconcile.books import CACHES, Connection, differing

ALL = Scan(sample=Decimal(100))
NEARLY_NONE = Scan(sample=Decimal("0.000001"))


@pytest.mark.parametrize("cache", CACHES)
def test_a_sample_of_all_finds_what_has_a_row(damaged: Connection, cache: str) -> None:
    """A row that is missing in a table that pgcache keeps cannot be sampled."""
    cached = damaged.execute("SELECT count(*) FROM pgcache.sample_keys(%s, 100)", [cache]).fetchone()
    expected = [row for row in differing(damaged, cache) if exists(damaged, cache, row[0])]
    report = reconcile(damaged, [cache], scan=ALL)
    (result,) = report.caches
    assert (result.checked,) == cached
    assert (
        damaged.execute(
            "SELECT key, measure, drift FROM pgcache.drift WHERE run_id = %s ORDER BY id", [report.run_id]
        ).fetchall()
        == expected
    )
    assert [row for row in differing(damaged, cache) if exists(damaged, cache, row[0])] == []


def exists(conn: Connection, cache: str, key: dict[str, str]) -> bool:
    table = {"person_total": "person", "month": "account_month", "budget_spent": "budget"}[cache]
    columns = " AND ".join(f"{column}::text = %({column})s" for column in key)
    return bool(conn.execute(f"SELECT FROM {table} WHERE {columns}".encode(), key).rowcount)


def test_a_sample_closes_only_what_it_looked_at(damaged: Connection) -> None:
    reconcile(damaged, CACHES, Policy(action="review"))
    opened = "SELECT count(*) FROM pgcache.drift WHERE resolved_at IS NULL"
    before = damaged.execute(opened).fetchall()
    reconcile(damaged, CACHES, Policy(action="review"), NEARLY_NONE)
    assert damaged.execute(opened).fetchall() == before
    damaged.execute("SELECT pgcache.recompute('budget_spent', '1')")
    damaged.execute(
        "UPDATE pgcache.drift SET resolved_at = NULL, status = 'pending_review' WHERE cache = 'budget_spent'"
    )
    reconcile(damaged, ["budget_spent"], Policy(action="review"), ALL)
    assert damaged.execute(
        "SELECT key ->> 'id', status FROM pgcache.drift WHERE cache = 'budget_spent' ORDER BY id"
    ).fetchall() == [("1", "vanished"), ("2", "pending_review"), ("11", "pending_review"), ("12", "pending_review")]


def test_a_sample_is_no_reconcile_in_the_status(damaged: Connection) -> None:
    reconcile(damaged, CACHES, scan=ALL)
    assert damaged.execute("SELECT DISTINCT last_reconcile FROM pgcache.status()").fetchall() == [(None,)]


def test_a_dry_run_of_a_sample(damaged: Connection) -> None:
    expected = [len({str(key) for key, *_ in differing(damaged, cache)}) for cache in CACHES]
    report = reconcile(damaged, CACHES, scan=ALL, dry_run=True)
    assert report.run_id is None
    assert [result.drifted for result in report.caches[::2]] == expected[::2]
    assert report.alarming
    assert damaged.execute("SELECT FROM pgcache.run WHERE kind IN ('check', 'reconcile')").rowcount == 0
