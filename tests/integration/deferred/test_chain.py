"""Keys that are several tables away, and sources that share a way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from pgcache import config, migrate
from pgcache.plan import make_plan
from tests.conftest import Clone

TABLES = """
CREATE TABLE patient (id integer PRIMARY KEY);
CREATE TABLE visit (id integer PRIMARY KEY, patient_id integer);
CREATE TABLE treatment (id integer PRIMARY KEY, visit_id integer, done boolean DEFAULT true);
CREATE TABLE item (id serial PRIMARY KEY, treatment_id integer, amount numeric);
CREATE TABLE discount (id serial PRIMARY KEY, treatment_id integer, amount numeric);
CREATE INDEX ON visit (patient_id);
CREATE INDEX ON treatment (visit_id);
CREATE INDEX ON item (treatment_id);
CREATE INDEX ON discount (treatment_id);
INSERT INTO visit VALUES (1, 1), (2, 2);
INSERT INTO treatment VALUES (1, 1), (2, 1), (3, 2);
INSERT INTO item (treatment_id, amount) VALUES (1, 10), (2, 20), (3, 100);
"""
TEXT = """
version = 1
[[cache]]
name = "charges"
mode = "deferred"
target = { table = "charge", create = true }
key = ["patient_id"]
  [[cache.source]]
  table = "item"
  values = { charged = "amount" }
    [cache.source.through]
    table = "treatment"
    on = { id = "treatment_id" }
    where = "done"
    through = { table = "visit", on = { id = "visit_id" }, key = ["patient_id"] }
  [[cache.source]]
  table = "discount"
  values = { charged = "-amount" }
    [cache.source.through]
    table = "treatment"
    on = { id = "treatment_id" }
    where = "done"
    through = { table = "visit", on = { id = "visit_id" }, key = ["patient_id"] }
"""
ORACLE = """
SELECT v.patient_id, coalesce(sum(a.amount), 0) FROM visit AS v JOIN treatment AS t ON t.visit_id = v.id AND t.done
  JOIN (SELECT treatment_id, amount FROM item UNION ALL SELECT treatment_id, -amount FROM discount) AS a
    ON a.treatment_id = t.id
 GROUP BY v.patient_id ORDER BY 1
"""


def build(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(TABLES)
        migrate.migrate(conn, config.loads(TEXT, "pgcache.toml"))


@pytest.fixture
def conn(clone: Clone) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(clone("clinic", build), autocommit=True) as conn:
        yield conn


def charges(conn: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return conn.execute("SELECT patient_id, charged FROM charge ORDER BY 1").fetchall()


@pytest.mark.parametrize(
    ("statement", "dirty"),
    [
        ("UPDATE item SET amount = 1 WHERE treatment_id = 1", [1]),
        ("UPDATE item SET treatment_id = 3 WHERE treatment_id = 1", [1, 2]),
        ("INSERT INTO discount (treatment_id, amount) VALUES (3, 5)", [2]),
        ("UPDATE treatment SET visit_id = 2 WHERE id = 2", [1, 2]),
        ("UPDATE treatment SET done = NOT done WHERE id = 3", [2]),
        ("DELETE FROM treatment WHERE id = 1", [1]),
        ("UPDATE visit SET patient_id = 2 WHERE id = 1", [1, 2]),
        ("DELETE FROM visit WHERE id = 2", [2]),
        ("INSERT INTO visit VALUES (3, 5); INSERT INTO treatment VALUES (4, 3); INSERT INTO item VALUES (9, 4, 7)", []),
        ("TRUNCATE treatment", [1, 2]),
        ("TRUNCATE visit", [1, 2]),
    ],
)
def test_a_change_anywhere_on_the_way_marks_both_ends(
    conn: psycopg.Connection[Any], statement: str, dirty: list[int]
) -> None:
    conn.execute(statement.encode())
    found = [row[0] for row in conn.execute("SELECT patient_id FROM pgcache.charges WHERE dirty ORDER BY 1")]
    assert found == dirty
    assert conn.execute("SELECT * FROM pgcache.compare('charges')").fetchall() == []
    conn.execute("SELECT pgcache.refresh('charges')")
    assert charges(conn) == conn.execute(ORACLE).fetchall()
    assert conn.execute("SELECT count(*) FROM pgcache.charges_dirty").fetchall() == [(0,)]


def test_sources_that_share_a_way_share_its_triggers(conn: psycopg.Connection[Any]) -> None:
    found = conn.execute(
        "SELECT tgrelid::regclass::text, count(*) FROM pg_trigger WHERE tgname LIKE 'pgcache%' GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert found == [("discount", 4), ("item", 4), ("treatment", 4), ("visit", 4)]
    assert make_plan(conn, config.loads(TEXT, "pgcache.toml")).empty


def test_rows_written_into_a_partition_mark_too(conn: psycopg.Connection[Any]) -> None:
    conn.execute(
        """
        CREATE TABLE sale (shop text, day date, amount numeric) PARTITION BY RANGE (day);
        CREATE TABLE sale_2025 PARTITION OF sale FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
        CREATE TABLE sale_2026 PARTITION OF sale FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
        """
    )
    text = """
version = 1
[[cache]]
name = "takings"
mode = "deferred"
triggers = "LEVEL"
target = { table = "taking", create = true }
key = ["shop", "month"]
  [[cache.source]]
  table = "sale"
  key = ["shop", "date_trunc('month', day::timestamp)::date"]
  values = { total = "amount" }
"""
    for level in ("statement", "row"):
        conn.execute("TRUNCATE sale")
        migrate.migrate(conn, config.loads(text.replace("LEVEL", level), "pgcache.toml"))
        conn.execute("INSERT INTO sale_2025 VALUES ('a', '2025-12-31', 1), (NULL, '2025-12-31', 9)")
        conn.execute("INSERT INTO sale VALUES ('a', '2025-12-30', 2), ('b', '2026-01-01', 4)")
        conn.execute("UPDATE sale SET day = '2026-01-02' WHERE amount = 2")
        conn.execute("SELECT pgcache.refresh('takings')")
        found = conn.execute("SELECT shop, month::text, total FROM taking ORDER BY 1, 2").fetchall()
        assert found == [("a", "2025-12-01", 1), ("a", "2026-01-01", 2), ("b", "2026-01-01", 4)]
