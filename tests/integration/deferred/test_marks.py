"""What a statement marks, and that it does nothing more."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.integration.deferred.office import Office


@pytest.mark.parametrize(
    ("statement", "dirty"),
    [
        ("INSERT INTO payment (customer_id, amount) VALUES (2, 5)", [2]),
        ("UPDATE payment SET amount = 3 WHERE customer_id = 9", [9]),
        ("UPDATE payment SET customer_id = 2 WHERE customer_id = 9", [2, 9]),
        ("DELETE FROM payment WHERE customer_id = 1", [1]),
        ("INSERT INTO line (invoice_id, amount) VALUES (3, 1)", [2]),
        ("UPDATE line SET invoice_id = 3 WHERE invoice_id = 2", [1, 2]),
        ("DELETE FROM line WHERE invoice_id = 3", [2]),
        ("UPDATE invoice SET void = true WHERE id = 3", [2]),
        ("UPDATE invoice SET customer_id = 9 WHERE id = 3", [2, 9]),
        ("DELETE FROM invoice WHERE id = 2", [1]),
        ("DELETE FROM customer WHERE id = 2", [2]),
        ("TRUNCATE payment", [1, 2, 9]),
        ("TRUNCATE invoice, line", [1, 2, 9]),
        ("UPDATE customer SET name = upper(name)", []),
        ("INSERT INTO payment (customer_id, amount) VALUES (NULL, 5)", []),
        ("UPDATE payment SET amount = 3 WHERE false", []),
        ("INSERT INTO payment (customer_id, amount) SELECT 2, 1 FROM generate_series(1, 500)", [2]),
        (
            """MERGE INTO payment AS p USING (VALUES (2), (9)) AS n(customer) ON p.customer_id = n.customer
                WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (customer_id, amount) VALUES (n.customer, 1)""",
            [2, 9],
        ),
    ],
)
def test_a_statement_marks_the_keys_that_it_touched(office: Office, statement: str, dirty: list[int]) -> None:
    if "MERGE" in statement and office.conn.info.server_version < 150000:
        pytest.skip("MERGE came with PostgreSQL 15")
    before = office.owed()
    office.run(statement)
    assert office.dirty() == dirty
    assert office.owed() == before
    office.refresh()
    assert (office.dirty(), office.marks()) == ([], 0)
    office.exact()


def test_a_statement_marks_a_key_once(office: Office) -> None:
    office.run("INSERT INTO payment (customer_id, amount) SELECT 1 + n % 2, 1 FROM generate_series(1, 500) AS n")
    assert office.marks() == 2
    office.run("UPDATE line SET amount = amount + 1")
    assert office.marks() == 5  # three invoices, whose customers are looked up by the refresh


def test_a_rolled_back_savepoint_takes_its_marks_back(office: Office) -> None:
    office.run("BEGIN")
    office.run("SAVEPOINT s")
    office.run("INSERT INTO payment (customer_id, amount) VALUES (2, 5)")
    office.run("ROLLBACK TO s")
    office.run("COMMIT")
    assert office.marks() == 0


def test_a_new_customer_gets_a_row_and_one_without_figures_loses_it(office: Office) -> None:
    office.run("INSERT INTO payment (customer_id, amount) VALUES (10, 5)")
    office.run("DELETE FROM line WHERE invoice_id = 3")
    office.refresh()
    assert sorted(office.owed()) == [1, 9, 10]
    office.exact()


def test_status_counts_the_keys_and_shows_the_oldest_mark(office: Office) -> None:
    office.run("INSERT INTO payment (customer_id, amount) VALUES (2, 5)")
    office.run("INSERT INTO payment (customer_id, amount) VALUES (2, 5)")
    office.run("INSERT INTO payment (customer_id, amount) VALUES (9, 5)")
    office.run("UPDATE pgcache.debts_dirty SET marked_at = now() - interval '1 hour' WHERE key_1 = 2")
    ((dirty, age),) = office.run("SELECT dirty, date_trunc('hour', oldest_mark) FROM pgcache.status()")
    assert (dirty, str(age)) == (2, "1:00:00")
    office.refresh()
    assert office.run("SELECT dirty, oldest_mark FROM pgcache.status()") == [(0, None)]


def test_a_row_says_when_its_figures_were_read(office: Office) -> None:
    before = dict(office.run("SELECT customer_id, refreshed_at FROM pgcache.debts"))
    office.run("INSERT INTO payment (customer_id, amount) VALUES (2, 5)")
    office.refresh()
    after = dict(office.run("SELECT customer_id, refreshed_at FROM pgcache.debts"))
    assert all(isinstance(moment, datetime) for moment in after.values())
    assert {customer for customer in after if after[customer] != before[customer]} == {2}


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_writers_mark_at_every_isolation_level(office: Office, level: str) -> None:
    office.run(f"BEGIN ISOLATION LEVEL {level}")
    office.run("INSERT INTO line (invoice_id, amount) VALUES (3, 1)")
    office.run("TRUNCATE payment")
    office.run("COMMIT")
    office.refresh()
    office.exact()
