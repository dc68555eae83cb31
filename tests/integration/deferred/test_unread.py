"""An update marks what it changed in columns that figures depend on, and nothing else."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from pgcache import config, migrate

Connection = psycopg.Connection[Any]

COLUMNS = """
ALTER TABLE invoice ADD note text;
ALTER TABLE payment ADD note text;
ALTER TABLE line ADD note text, ADD info json DEFAULT '{"weight": 1}', ADD rate numeric;
"""
SUM = "x.amount"
QUERY = """
SELECT i.customer_id, sum({}) AS owed
  FROM pgcache_keys AS k
  JOIN invoice AS i ON i.customer_id = k.customer_id
  JOIN {} AS x ON x.invoice_id = i.id
 GROUP BY i.customer_id
"""
DEBTS = """
version = 1
[[cache]]
name = "debts"
mode = "deferred"
target = {{ table = "debt", create = true }}
key = ["customer_id"]
triggers = "{triggers}"
{query}
  [[cache.source]]
  table = "line"
  through = {{ table = "invoice", on = {{ id = "invoice_id" }}, key = ["customer_id"], where = "NOT void" }}
  {source}
"""

ONE = "UPDATE line SET note = 'x' WHERE id = 1"
ALL = "UPDATE line SET note = 'x'"


def install(
    conn: Connection, *, summed: str = SUM, lines: str = "line", triggers: str = "statement", setup: str = ""
) -> None:
    query = f"query = '''{QUERY.format(summed, lines)}'''"
    _install(conn, DEBTS.format(query=query, triggers=triggers, source=""), setup)


def _install(conn: Connection, text: str, setup: str = "") -> None:
    conn.execute(COLUMNS)
    conn.execute(setup.encode())
    migrate.migrate(conn, config.loads(text, "pgcache.toml"))
    assert dirty(conn) == []


def dirty(conn: Connection) -> list[int]:
    return [row[0] for row in conn.execute("SELECT customer_id FROM pgcache.debts WHERE dirty ORDER BY 1")]


def right_after_a_refresh(conn: Connection) -> bool:
    before = conn.execute("SELECT * FROM pgcache.compare('debts')").fetchall()
    conn.execute("SELECT pgcache.refresh('debts')")
    return before == conn.execute("SELECT * FROM pgcache.compare('debts')").fetchall() == []


@pytest.mark.parametrize("triggers", ["statement", "row"])
@pytest.mark.parametrize(
    ("statement", "marked"),
    [
        (ONE, []),
        (ALL, []),
        ("UPDATE line SET amount = amount", []),
        ("UPDATE line SET note = NULL, share = 7, rate = 1 WHERE false", []),
        ("UPDATE line SET id = id + 100, share = 2", []),
        ("UPDATE line SET amount = 10.5 WHERE id = 1", [1]),
        ("UPDATE line SET note = 'x', amount = CASE id WHEN 4 THEN 8 ELSE amount END", [2]),
        ("UPDATE line SET amount = NULL WHERE id = 4", [2]),
        ("UPDATE line SET invoice_id = 3 WHERE id = 3", [1, 2]),
        ("UPDATE line SET invoice_id = 2 WHERE invoice_id = 1", [1]),
        ("UPDATE invoice SET note = 'x'", []),
        ("UPDATE invoice SET due = due + 1", []),
        ("UPDATE invoice SET void = true WHERE id = 3", [2]),
        ("UPDATE invoice SET customer_id = 9 WHERE id = 3", [2, 9]),
        ("INSERT INTO line (id, invoice_id, amount) VALUES (4, 3, 7) ON CONFLICT (id) DO UPDATE SET note = 'x'", []),
        ("INSERT INTO line (id, invoice_id, amount) VALUES (4, 3, 7) ON CONFLICT (id) DO UPDATE SET amount = 8", [2]),
    ],
)
def test_by_what_an_update_changes(tables: Connection, statement: str, marked: list[int], triggers: str) -> None:
    install(tables, triggers=triggers)
    tables.execute(statement.encode())
    # Customer 9 has no row until it is computed.
    assert dirty(tables) == [key for key in marked if key != 9]
    assert (tables.execute("SELECT count(*) > 0 FROM pgcache.debts_dirty").fetchone() == (True,)) == (marked != [])
    assert right_after_a_refresh(tables)


_FEE = """
CREATE FUNCTION fee() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.amount := NEW.amount + 1; RETURN NEW; END';
CREATE TRIGGER fee BEFORE UPDATE ON line FOR EACH ROW EXECUTE FUNCTION fee();
"""
_WEIGHED = "x.amount * (x.info ->> 'weight')::numeric"
_FUNCTION = "CREATE FUNCTION price(n numeric) RETURNS numeric LANGUAGE sql {} AS 'SELECT n'"


@pytest.mark.parametrize(
    ("given", "statement", "marked"),
    [
        ({"setup": _FEE}, ONE, [1]),
        ({"summed": _WEIGHED}, ALL, []),
        ({"summed": _WEIGHED}, """UPDATE line SET info = '{"weight": 2}' WHERE id = 4""", [2]),
        ({"summed": "coalesce(x.rate, 1)"}, ALL, []),
        ({"summed": "coalesce(x.rate, 1)"}, "UPDATE line SET rate = 2 WHERE id = 4", [2]),
        ({"summed": "length(row_to_json(x)::text)"}, ONE, [1]),
        ({"summed": "x.amount + length((x.*)::text)"}, ONE, [1]),
        ({"summed": "x.amount + 0 * length(x.ctid::text)"}, ONE, [1]),
        ({"lines": "(SELECT * FROM line)"}, ONE, [1]),
        (
            {"lines": "line_view", "setup": "CREATE VIEW line_view AS SELECT invoice_id, amount, note FROM line"},
            ONE,
            [1],
        ),
        ({"summed": "price(x.amount)", "setup": _FUNCTION.format("STABLE")}, ONE, [1]),
        ({"summed": "price(x.amount)", "setup": _FUNCTION.format("IMMUTABLE")}, ONE, []),
        ({"setup": "ALTER TABLE line ENABLE ROW LEVEL SECURITY"}, ONE, [1]),
        ({"lines": "old_line", "setup": "CREATE TABLE old_line () INHERITS (line)"}, ONE, []),
        (
            {"lines": "old_line", "setup": "CREATE TABLE old_line () INHERITS (line)"},
            "UPDATE line SET amount = 9 WHERE id = 4",
            [2],
        ),
    ],
)
def test_by_what_the_query_reads(tables: Connection, given: dict[str, str], statement: str, marked: list[int]) -> None:
    install(tables, **given)
    tables.execute(statement.encode())
    assert [row[0] for row in tables.execute(_MARKED)] == marked
    assert right_after_a_refresh(tables)


_MARKED = "SELECT DISTINCT i.customer_id FROM pgcache.debts_dirty AS d JOIN invoice AS i ON i.id = d.via_1_1 ORDER BY 1"


@pytest.mark.parametrize(
    ("statement", "marked"),
    [
        (ALL, []),
        ("UPDATE line SET share = 2", []),
        ("UPDATE line SET amount = 8 WHERE id = 4", [2]),
        ("UPDATE line SET rate = 1 WHERE id = 4", [2]),
        ("UPDATE invoice SET note = 'x'", []),
        ("UPDATE invoice SET customer_id = 1 WHERE id = 3", [1, 2]),
        ("UPDATE invoice SET void = true WHERE id = 3", [2]),
    ],
)
def test_by_what_the_sources_read_where_they_add_up(tables: Connection, statement: str, marked: list[int]) -> None:
    source = """values = { owed = "amount" }
  where = "rate IS NULL" """
    _install(tables, DEBTS.format(query="", triggers="statement", source=source))
    tables.execute(statement.encode())
    assert dirty(tables) == marked
    assert right_after_a_refresh(tables)


def test_a_virtual_generated_column_is_not_told_apart(tables: Connection) -> None:
    if tables.info.server_version < 180000:
        pytest.skip("virtual generated columns came with PostgreSQL 18")
    virtual = "ALTER TABLE line ADD gross numeric GENERATED ALWAYS AS (amount * share) VIRTUAL"
    install(tables, summed="x.gross", setup=virtual)
    tables.execute("UPDATE line SET share = 2 WHERE id = 4")
    assert dirty(tables) == [2]
    assert right_after_a_refresh(tables)


def test_a_swap_is_a_change_where_the_rows_differ_in_what_counts(tables: Connection) -> None:
    install(tables)
    tables.execute("UPDATE line SET amount = 30 - amount WHERE invoice_id = 1")  # 10 and 20 change places
    assert right_after_a_refresh(tables)
    tables.execute("UPDATE line SET invoice_id = CASE invoice_id WHEN 2 THEN 3 ELSE 2 END WHERE id IN (3, 4)")
    assert dirty(tables) == [1, 2]
    assert right_after_a_refresh(tables)
