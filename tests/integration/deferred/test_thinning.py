"""Marks of one key do not add up, also where no refresh ever runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from pgcache import config, migrate
from tests.integration.deferred.office import Office

LOOP = "DO $$ BEGIN FOR n IN 1..{} LOOP {}; END LOOP; END $$"
# The chance that so many are left, of which each one has been thinned out with one in 127, is one in a million.
AT_MOST = 127 * 14


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("INSERT INTO payment (customer_id, amount) VALUES (2, 5)", 1),
        ("INSERT INTO payment (customer_id, amount) VALUES (1, 5), (2, 5)", 2),
        ("INSERT INTO line (invoice_id, amount) VALUES (3, 5)", 1),
        ("UPDATE payment SET amount = amount + 1 WHERE customer_id = 1", 1),
    ],
    ids=["one row", "several rows", "by a mapping", "update"],
)
def test_marks_of_one_key_do_not_add_up(office: Office, statement: str, values: int) -> None:
    office.run(statement)
    ((first,),) = office.run("SELECT min(marked_at) FROM pgcache.debts_dirty")
    office.run(LOOP.format(5_000, statement))
    assert office.marks() < AT_MOST * values
    assert office.run("SELECT min(marked_at) FROM pgcache.debts_dirty") == [(first,)]
    office.refresh()
    office.exact()


def test_the_oldest_is_kept_and_what_failed_is_left(office: Office) -> None:
    office.run(
        """INSERT INTO pgcache.debts_dirty (key_1, via_1_1, marked_at, error)
           VALUES (2, NULL, '2025-06-14 12:00Z', NULL), (2, NULL, '2025-06-14 11:00Z', NULL),
                  (2, NULL, '2025-06-14 10:00Z', 'division by zero'), (2, NULL, '2025-06-14 13:00Z', NULL),
                  (1, NULL, '2025-06-14 08:00Z', NULL), (NULL, 3, '2025-06-14 07:00Z', NULL),
                  (NULL, NULL, '2025-06-14 06:00Z', NULL), (NULL, 3, '2025-06-14 09:00Z', NULL)"""
    )
    office.run("SELECT pgcache.debts_thin(2, NULL)")
    office.run("SELECT pgcache.debts_thin(NULL, 3)")
    left = office.run("SELECT marked_at FROM pgcache.debts_dirty ORDER BY marked_at")
    assert [moment for (moment,) in left] == [datetime(2025, 6, 14, hour, tzinfo=UTC) for hour in (6, 7, 8, 10, 11)]


def test_a_writer_thins_a_thousand_marks_at_most(office: Office) -> None:
    office.run("INSERT INTO pgcache.debts_dirty (key_1) SELECT 2 FROM generate_series(1, 2500)")
    office.run("SELECT pgcache.debts_thin(2, NULL)")
    assert office.marks() == 1501


def test_a_session_s_own_sequence_of_random_numbers_is_left_alone(office: Office) -> None:
    def drawn(statement: str) -> list[tuple[object, ...]]:
        office.run("SELECT setseed(0.5)")
        office.run(statement)
        return office.run("SELECT random()")

    assert drawn("SELECT 1") == drawn("INSERT INTO payment (customer_id, amount) VALUES (1, 5), (2, 5)")


def test_a_mark_may_have_more_columns_than_an_index_takes(tables: psycopg.Connection[Any]) -> None:
    names = [f"c{n}" for n in range(1, 33)]
    columns = ", ".join(f"{name} integer" for name in names)
    tables.execute(f"CREATE TABLE part ({columns}, price integer); CREATE TABLE owner ({columns}, id integer)".encode())
    on = ", ".join(f'{name} = "{name}"' for name in names)
    text = f"""
version = 1
[[cache]]
name = "worth"
mode = "deferred"
target = {{ table = "worth", create = true }}
key = ["id"]
  [[cache.source]]
  table = "part"
  through = {{ table = "owner", on = {{ {on} }}, key = ["id"] }}
  values = {{ price = "price" }}
"""
    migrate.migrate(tables, config.loads(text, "pgcache.toml"))
    ones = ", ".join("1" for _ in names)
    tables.execute(f"INSERT INTO owner VALUES ({ones}, 7); INSERT INTO part VALUES ({ones}, 5)".encode())
    assert tables.execute("SELECT pgcache.refresh('worth')").fetchone() == (1,)
    assert tables.execute("SELECT id, price FROM worth").fetchall() == [(7, 5)]
