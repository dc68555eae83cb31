"""Names that need quoting or escaping somewhere on their way work all the way, directly and through psql."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.integration.cli.pgcache import Pgcache
from tests.integration.cli.test_script import psql
from tests.integration.state import state

SCHEMA = """
CREATE TABLE "order" (
    "Id's %s" text PRIMARY KEY,
    "total :amount" numeric(12, 2) NOT NULL DEFAULT 0,
    "select" integer NOT NULL DEFAULT 0,
    "From $1" date NOT NULL,
    "To {0}" date NOT NULL,
    "every \\n" text,
    "opening __keys__" numeric(12, 2) NOT NULL DEFAULT 0
);
CREATE TABLE "Line (no)" (
    "order" text REFERENCES "order" ON UPDATE CASCADE,
    "Prix €" numeric(12, 2) NOT NULL,
    "DELETED" boolean NOT NULL DEFAULT false,
    "tag's" text
);
CREATE TABLE "ta""g" ("t;" text, "o --" text REFERENCES "order", PRIMARY KEY ("t;", "o --"));
CREATE TABLE "history'" ("k" text, "f" date, "t" date, "v:v" numeric, PRIMARY KEY ("k", "f"));
CREATE INDEX ON "Line (no)" ("order");
CREATE INDEX ON "Line (no)" ("tag's");
CREATE INDEX ON "ta""g" ("o --");
"""
ROWS = """
INSERT INTO "order" ("Id's %s", "From $1", "To {0}", "every \\n", "opening __keys__")
VALUES ('a''b%s', '2025-01-01', '2025-01-31', 'monthly', 5), ('c:d', '2025-01-01', '2025-01-31', NULL, 0);
INSERT INTO "Line (no)" VALUES
    ('a''b%s', 1.50, false, 'x'), ('c:d', 2, false, 'x'), ('c:d', 4, true, 'y');
INSERT INTO "ta""g" VALUES ('x', 'c:d'), ('y', 'c:d');
"""
WRITES = """
UPDATE "Line (no)" SET "Prix €" = "Prix €" + 1;
UPDATE "Line (no)" SET "order" = 'c:d' WHERE "order" = 'a''b%s';
INSERT INTO "Line (no)" VALUES ('a''b%s', 10, false, 'y');
UPDATE "order" SET "Id's %s" = 'new "key" {}' WHERE "Id's %s" = 'a''b%s';
DELETE FROM "ta""g" WHERE "t;" = 'y';
"""
BY_HAND = """UPDATE "order" SET "total :amount" = 0"""
FIGURES = """
SELECT "Id's %s", "total :amount", "select" FROM "order" ORDER BY "Id's %s" COLLATE "C"
"""

PLACE = '"My ""Shop"" 100%"'
DECLARATION = r"""
version = 1
[[cache]]
name = '''"Tot"al's :x %s'''
target = '"My ""Shop"" 100%"."order"'
key = ["Id's %s"]
initial = '''"opening __keys__"'''
rpc = '''re"compute :it's %s'''
  [[cache.source]]
  table = '"Line (no)"'
  key = ['"order"']
  where = '''NOT "DELETED" AND coalesce("tag's", '') <> ':nothing %s $pgcache$' /* ; */'''
  values = { "total :amount" = '"Prix €"' }

[[cache]]
name = "select"
target = '"My ""Shop"" 100%"."order"'
key = ["Id's %s"]
  [[cache.source]]
  table = '"Line (no)"'
  through = { table = '''"ta""g"''', on = { "t;" = '''"tag's"''' }, key = ["o --"] }
  within = { column = "date '2025-01-15'", from = "From $1", to = "To {0}" }
  values = { "select" = "1" }
  [cache.rollover]
  recurrence = '''every \n'''
  rpc = '''roll ":over's" %s'''
    [cache.rollover.history]
    table = '''"history'"'''
    key = ["k"]
    from = "f"
    to = "t"
    values = { "select" = "v:v" }
"""
CACHE = """"Tot"al's :x %s"""


@pytest.fixture
def shop(pgcache: Pgcache) -> Pgcache:
    """A shop whose tables are hard to name, in a schema that the connections of its database find."""
    _create(pgcache.conn)
    pgcache.conn.execute(ROWS.encode())
    pgcache.declare(DECLARATION)
    return pgcache


def _create(conn: psycopg.Connection[Any]) -> None:
    conn.execute(f"CREATE SCHEMA {PLACE}; SET search_path = {PLACE}".encode())
    conn.execute(f'ALTER DATABASE "{conn.info.dbname}" SET search_path = {PLACE}'.encode())
    conn.execute(SCHEMA.encode())


def figures(shop: Pgcache) -> list[tuple[str, Decimal, int]]:
    return shop.conn.execute(FIGURES.encode()).fetchall()


def migrate_directly(shop: Pgcache) -> None:
    shop("migrate")


def migrate_by_script(shop: Pgcache) -> None:
    script = shop("migrate", "--sql").stdout
    outcome = psql(shop.dsn, script, PGCLIENTENCODING="LATIN1", PGOPTIONS="-c standard_conforming_strings=off")
    assert (outcome.returncode, outcome.stderr) == (0, "")


@pytest.mark.parametrize("migrate", [migrate_directly, migrate_by_script])
def test_from_migrate_to_uninstall(shop: Pgcache, migrate: Any) -> None:
    before = {key for key in state(shop.conn) if key[0] != "rows"}
    migrate(shop)
    assert figures(shop) == [("a'b%s", Decimal("6.50"), 0), ("c:d", Decimal("2.00"), 3)]
    assert shop("plan").stderr == "Nothing to do.\n"

    shop.conn.execute(WRITES.encode())
    exact = [("c:d", Decimal("5.50"), 2), ('new "key" {}', Decimal("15.00"), 0)]
    assert figures(shop) == exact
    shop.conn.execute(BY_HAND.encode())
    assert figures(shop) == exact

    with shop.conn.transaction():
        shop.conn.execute("SET LOCAL session_replication_role = replica")
        shop.conn.execute(BY_HAND.encode())
    key = 'new "key" {}'
    assert shop("recompute", CACHE, key, "--json").json["keys"] == [
        {"key": {"Id's %s": key}, "measure": "total :amount", "value": "15.00"}
    ]
    assert shop("reconcile", "--cache", CACHE, code=3).error == (
        f"drift over the threshold in {CACHE} (1 of 2 keys, at most 5.50); see pgcache drift list"
    )
    assert figures(shop) == exact
    assert shop("reconcile", "--model", '"My ""Shop"" 100%"."order"', "--json").json["caches"][1]["drifted"] == 0
    assert [drift["key"]["Id's %s"] for drift in shop("drift", "list", "--json").json["drifts"]] == [key, "c:d"]

    by_rpc = shop.conn.execute(b"""SELECT "My ""Shop"" 100%"."re""compute :it's %s"('c:d')""").fetchone()
    assert by_rpc == (Decimal("5.50"),)
    period = {"k": key, "f": "2025-01-01", "t": "2025-01-31", "v:v": "0"}
    closed = {"periods": [{"cache": "select", "period": period}]}
    assert shop("rollover", "--as-of", "2025-02-01", "--json").json == closed
    assert [row["cache"] for row in shop("status", "--json").json["caches"]] == [CACHE, "select"]

    shop("uninstall")
    assert {key for key in state(shop.conn) if key[0] != "rows"} == before


def test_the_script_does_what_migrate_does(shop: Pgcache, by_script: str) -> None:
    with psycopg.connect(by_script, autocommit=True) as other:
        _create(other)
        assert psql(by_script, shop("--dsn", by_script, "migrate", "--sql").stdout).stderr == ""
        shop("migrate")
        script, direct = state(other, moments=False), state(shop.conn, moments=False)
    installed = [key for key in script.keys() | direct.keys() if key[0] != "rows" or key[1] == "pgcache.object"]
    assert {key: script[key] for key in installed} == {key: direct[key] for key in installed}


def test_names_are_shown_as_they_are(shop: Pgcache) -> None:
    assert f"create cache {CACHE} (pgcache.toml:3)" in shop("plan", code=3).stdout.splitlines()
