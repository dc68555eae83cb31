"""Mode nowait: a row that is free is updated as in mode immediate; for one that another holds a delta is appended."""

from __future__ import annotations

import psycopg
import pytest

from tests.cost.counting import Connection, Work, work_of
from tests.cost.test_lookups import INTO

PENDING = "account_balance_pending"


def inserted(conn: Connection, rows: int) -> Work:
    """What it takes to insert rows of one account, when the session has settled on its plans."""
    statement = f"{INTO} SELECT numbered(7), 'income', 5 FROM generate_series(1, {rows})"
    return [work_of(conn, statement) for _ in range(8)][-1]


@pytest.mark.parametrize("rows", [1, 1000])
def test_a_free_row_is_locked_and_updated_once(contended: Connection, rows: int) -> None:
    work = inserted(contended, rows)
    assert work.lookups["account"] == rows + 2  # the foreign key's for each row, the lock's, and the update's
    assert work.lookups[PENDING] == 1
    assert +work.updates == {"account": 1}
    assert +work.inserts == {"transaction": rows}
    assert not work.scans


@pytest.mark.parametrize("rows", [1, 1000])
def test_for_a_row_that_another_holds_one_delta_is_appended(contended: Connection, rows: int) -> None:
    with psycopg.connect(contended.info.dsn) as other:
        other.execute("SELECT FROM account WHERE id = numbered(7) FOR NO KEY UPDATE")
        work = inserted(contended, rows)
    assert +work.inserts == {"transaction": rows, PENDING: 1}
    assert not work.updates
    assert work.lookups["account"] == rows + 2  # the foreign key's for each row, the lock's, and whether it is there
    assert not work.scans


def test_a_fold_reads_what_is_pending_and_its_rows(contended: Connection) -> None:
    with psycopg.connect(contended.info.dsn) as other:
        other.execute("SELECT FROM account WHERE id = numbered(7) FOR NO KEY UPDATE")
        for _ in range(3):
            contended.execute(f"{INTO} VALUES (numbered(7), 'income', 5)")
    work = work_of(contended, "SELECT pgcache.fold('account_balance')")
    assert +work.updates == {"account": 1}
    assert work.scans["account"] == work.scans["transaction"] == 0
