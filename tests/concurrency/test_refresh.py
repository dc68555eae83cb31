"""Refresh beside writers: it locks as they do, and a mark that comes while it works stays."""

from __future__ import annotations

from pgcache import config, migrate, reconcile
from tests.concurrency.stage import SPEND, Stage

MARK = """INSERT INTO pgcache.dirty (cache, key)
    SELECT 'budget_consumption', jsonb_build_object('id', id) FROM budget WHERE id = ANY (%(budgets)s)"""
REFRESH = "SELECT pgcache.refresh('budget_consumption')"


def test_a_mark_that_comes_while_a_refresh_works_stays(stage: Stage) -> None:
    gate, refresher, marker = stage.sessions(3)
    stage.home.run(MARK, budgets=[stage.ids["june"]])
    gate.begin()
    gate.run("SELECT FROM budget WHERE id = %(june)s FOR NO KEY UPDATE")
    refresher.start(REFRESH)
    refresher.waits_for(gate)
    marker.run(MARK, budgets=[stage.ids["june"]])
    gate.commit()
    assert refresher.finish() == [(1,)]
    assert stage.home.value("SELECT count(*) FROM pgcache.dirty") == 1


def test_a_refresh_counts_a_writer_that_it_waited_for(stage: Stage) -> None:
    writer, refresher = stage.sessions(2)
    stage.home.corrupt("UPDATE budget SET cached_consumption = 0 WHERE id = %(june)s")
    stage.home.run(MARK, budgets=[stage.ids["june"]])
    writer.begin()
    writer.run(SPEND, account=stage.ids["everyday"], category=stage.ids["food"], amount=1, date="2025-06-02")
    refresher.start(REFRESH)
    refresher.waits_for(writer)
    writer.commit()
    refresher.finish()
    stage.home.expect(everyday=1024, june=41, year=81)


def test_a_pass_reads_the_drift_without_keeping_the_refreshed_rows_locked(stage: Stage) -> None:
    """The statement that reads it may take minutes."""
    reconciler, writer = stage.sessions(2)
    stage.home.corrupt("UPDATE budget SET cached_consumption = 0 WHERE id = %(june)s")
    stage.home.run(MARK, budgets=[stage.ids["june"]])
    reconciler.begin()
    reconciler.run("SELECT pgcache.reconcile_begin(1000, 'budget_consumption', 'reconcile')")
    writer.run("SELECT FROM budget FOR NO KEY UPDATE NOWAIT")
    reconciler.rollback()
    assert reconcile.reconcile(stage.home.conn, ["budget_consumption"]).caches[0].drifted == 0
    stage.home.expect()


_ITEMS = """
    CREATE TABLE item (id int PRIMARY KEY, total numeric NOT NULL DEFAULT 0);
    CREATE TABLE line (item_id int REFERENCES item, amount numeric NOT NULL);
    CREATE INDEX ON line (item_id);
    INSERT INTO item VALUES (9), (10);
"""
_ITEM_TOTAL = """
version = 1
[[cache]]
name = "item_total"
target = "item"
key = ["id"]
  [[cache.source]]
  table = "line"
  key = ["item_id"]
  values = { total = "amount" }
"""


def test_a_refresh_and_a_writer_come_to_numbers_in_the_same_order(stage: Stage) -> None:
    """9 comes before 10, though not as text."""
    stage.home.conn.execute(_ITEMS.encode())
    migrate.migrate(stage.home.conn, config.loads(_ITEM_TOTAL, "items.toml"))
    gate, refresher, writer = stage.sessions(3)
    stage.home.run(
        """INSERT INTO pgcache.dirty (cache, key)
           VALUES ('item_total', '{"id": "10"}'), ('item_total', '{"id": "9"}')"""
    )
    gate.begin()
    gate.run("SELECT FROM item WHERE id = 10 FOR NO KEY UPDATE")
    writer.start("INSERT INTO line VALUES (10, 1), (9, 1)")
    writer.waits_for(gate)
    refresher.start("SELECT pgcache.refresh('item_total')")
    refresher.waits_for(writer)
    gate.commit()
    writer.finish()
    assert refresher.finish() == [(2,)]
    assert stage.home.run("SELECT id, total FROM item ORDER BY id").fetchall() == [(9, 1), (10, 1)]
