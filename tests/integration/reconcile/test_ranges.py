"""A pass that reads the keys in ranges finds what one statement finds, and goes on where it was interrupted."""

from __future__ import annotations

import psycopg
import pytest

from pgcache import queries
from pgcache.errors import PgcacheError
from pgcache.reconcile import Policy, reconcile
from pgcache.scan import Scan
from tests.conftest import Clone
from tests.integration.reconcile.books import CACHES, Connection, build, damage, differing

LOGGED = "SELECT key, measure, drift FROM pgcache.drift WHERE cache = %s AND run_id = %s ORDER BY id"


def test_the_damage_is_seen(damaged: Connection) -> None:
    assert [len(differing(damaged, cache)) for cache in CACHES] == [17, 18, 4]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 12, 40, 1000])
@pytest.mark.parametrize("cache", CACHES)
def test_ranges_find_what_one_statement_finds(damaged: Connection, cache: str, size: int) -> None:
    expected = differing(damaged, cache)
    keys = damaged.execute("SELECT pgcache.count_keys(%s)", [cache]).fetchone()
    report = reconcile(damaged, [cache], scan=Scan(batch_size=size))
    (result,) = report.caches
    assert damaged.execute(LOGGED, [cache, report.run_id]).fetchall() == expected
    assert result.corrected == result.drifted == len({str(key) for key, _, _ in expected})
    assert (result.checked,) == keys
    assert differing(damaged, cache) == []
    assert damaged.execute("SELECT FROM pgcache.found").rowcount == 0


def test_what_is_pending_is_no_drift(clone: Clone) -> None:
    dsn = clone("books of reconcile, nowait", lambda dsn: build(dsn, "nowait"))
    with psycopg.connect(dsn, autocommit=True) as conn, psycopg.connect(dsn) as other:
        other.execute("SELECT FROM person FOR NO KEY UPDATE")
        conn.execute("INSERT INTO sale (person, amount) SELECT name, 5 FROM person")
        assert conn.execute("SELECT sum(pending) FROM pgcache.status()").fetchone() != (0,)
        other.rollback()
        damage(conn)
        expected = differing(conn, "person_total")
        assert expected
        keys = conn.execute("SELECT array_agg(k::text) FROM pgcache.sample_keys('person_total', 100) AS k").fetchone()
        found = conn.execute("SELECT key, measure, drift FROM pgcache.compare_keys('person_total', %s::jsonb[])", keys)
        assert found.fetchall() == expected
        ranges = conn.execute("SELECT key FROM pgcache.person_total_compare_range(NULL, NULL)").fetchall()
        assert ranges == [(key,) for key, _, _ in expected]


def test_an_empty_table(books: Connection) -> None:
    books.execute("TRUNCATE entry, budget, person CASCADE")
    report = reconcile(books, CACHES, scan=Scan(batch_size=1))
    assert [result.drifted for result in report.caches] == [0, 0, 0]


def interrupted(conn: Connection, monkeypatch: pytest.MonkeyPatch, query: str, after: int) -> None:
    """Begin a pass over the months in ranges of 3, and end it before one of its transactions."""
    value, row, calls = queries.value, queries.row, 0

    def count(name: str) -> None:
        nonlocal calls
        calls += name == query
        if calls > after:
            raise KeyboardInterrupt

    def counted_value(conn: Connection, name: str, *values: object) -> object:
        count(name)
        return value(conn, name, *values)

    def counted_row(conn: Connection, name: str, *values: object) -> object:
        count(name)
        return row(conn, name, *values)

    with monkeypatch.context() as patch:
        patch.setattr(queries, "value", counted_value)
        patch.setattr(queries, "row", counted_row)
        with pytest.raises(KeyboardInterrupt):
            reconcile(conn, ["month"], scan=Scan(batch_size=3))


@pytest.mark.parametrize(
    ("query", "after", "size"),
    [
        ("reconcile_range", 1, 3),
        ("reconcile_range", 5, None),
        ("run_corrects", 0, 3),
        ("reconcile_step", 2, 3),
        ("reconcile_end", 0, 3),
    ],
)
def test_a_pass_goes_on_where_it_was_interrupted(
    damaged: Connection, monkeypatch: pytest.MonkeyPatch, query: str, after: int, size: int | None
) -> None:
    expected = differing(damaged, "month")
    keys = damaged.execute("SELECT pgcache.count_keys('month')").fetchone()
    interrupted(damaged, monkeypatch, query, after)
    ranges: list[int] = []
    report = reconcile(
        damaged, ["month"], scan=Scan(batch_size=size, resume=True), progress=lambda _, done, __: ranges.append(done)
    )
    (result,) = report.caches
    assert damaged.execute("SELECT count(*), max(id) FROM pgcache.run WHERE kind = 'reconcile'").fetchone() == (
        1,
        report.run_id,
    )
    assert damaged.execute(LOGGED, ["month", report.run_id]).fetchall() == expected
    assert (result.checked,) == keys
    assert result.corrected == result.drifted
    assert query == "reconcile_end" or ranges
    assert differing(damaged, "month") == []
    again = reconcile(damaged, ["month"], scan=Scan(resume=True))
    assert again.run_id != report.run_id
    assert again.caches[0].drifted == 0


def test_a_pass_that_another_one_followed_does_not_go_on(damaged: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(damaged, monkeypatch, "reconcile_step", 1)
    assert reconcile(damaged, ["month"]).caches[0].drifted > 0
    assert reconcile(damaged, ["month"], scan=Scan(resume=True)).caches[0].drifted == 0
    assert differing(damaged, "month") == []


def test_a_repair_since_is_not_repaired_again(damaged: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(damaged, monkeypatch, "run_corrects", 0)
    damaged.execute("SELECT pgcache.recompute('month', account::text, month::text) FROM account_month")
    assert reconcile(damaged, ["month"], scan=Scan(resume=True)).caches[0].corrected < 16
    assert differing(damaged, "month") == []


def test_a_pass_goes_on_as_it_began(damaged: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(damaged, monkeypatch, "reconcile_range", 1)
    with pytest.raises(PgcacheError, match=r"began with action correct, not alert; give the same again to resume it"):
        reconcile(damaged, ["month"], Policy(action="alert"), Scan(resume=True))
