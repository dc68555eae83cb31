"""Updates: of what counts and of what does not, single rows and many."""

from __future__ import annotations

from benchmarks import ways
from benchmarks.household import household
from benchmarks.model import Case
from benchmarks.work import in_loop, timed, under_load

_ROWS = 100_000
_BASE = household(_ROWS)


def _in_one_transaction(name: str, title: str, statements: str, *, short: bool = False) -> Case:
    return Case(
        name, title, "µs of processor time per row", "less", _BASE, ways.compared(in_loop(statements)), short, repeat=3
    )


CASES = (
    _in_one_transaction(
        "update-cpu", "Updates of a transaction's amount, in one transaction", "update_amount_loop.sql"
    ),
    _in_one_transaction(
        "update-unread-cpu",
        "Updates of a column that no cache reads, in one transaction",
        "update_description_loop.sql",
        short=True,
    ),
    Case(
        "update-8",
        "Updates of a transaction's amount, 8 clients, a commit each",
        "transactions/s",
        "more",
        _BASE,
        ways.compared(under_load("update_amount.sql", 8, rows=_ROWS)),
    ),
    Case(
        "update-unread-8",
        "Updates of a column that no cache reads, 8 clients, a commit each",
        "transactions/s",
        "more",
        _BASE,
        ways.compared(under_load("update_description.sql", 8, rows=_ROWS)),
        short=True,
        repeat=2,
    ),
    Case(
        "soft-delete-bulk",
        "33,333 transactions of 10,000 accounts soft-deleted, or brought back, in one statement",
        "ms",
        "less",
        _BASE,
        ways.compared(timed("soft_delete_or_back.sql")),
    ),
    Case(
        "update-unread-bulk",
        "A column that no cache reads of 33,333 transactions, in one statement",
        "ms",
        "less",
        _BASE,
        ways.compared(timed("describe_many.sql")),
    ),
)
