"""Whether a write costs more where there is more: a hundred times as many transactions.

The ids ascend, and the accounts are 1,000 of the 10,000: random ids would lead each insert to another index page.
A page is logged whole when it is touched first since a checkpoint, so that a larger table makes every insert dearer,
with and without a trigger.
"""

from __future__ import annotations

from benchmarks import ways
from benchmarks.household import household
from benchmarks.model import Case, Variant
from benchmarks.work import in_loop, under_load

_ACCOUNTS = 1_000
_SMALL, _LARGE = household(100_000), household(10_000_000)


_loop = in_loop("insert_in_order_loop.sql", accounts=_ACCOUNTS)
_load = under_load("insert_in_order.sql", 8, accounts=_ACCOUNTS)

CASES = (
    Case(
        "growth-insert-cpu",
        "Single-row inserts into 1,000 accounts, in one transaction, as the table grows",
        "µs of processor time per row",
        "less",
        _SMALL,
        (
            Variant("no trigger, 100,000 transactions", _loop),
            Variant("no trigger, 10,000,000 transactions", _loop, base=_LARGE),
            Variant("immediate, 100,000 transactions", _loop, ways.balance()),
            Variant("immediate, 10,000,000 transactions", _loop, ways.balance(), _LARGE),
        ),
    ),
    Case(
        "growth-insert-8",
        "Single-row inserts into 1,000 accounts, 8 clients, a commit each, as the table grows",
        "transactions/s",
        "more",
        _SMALL,
        (
            Variant("no trigger, 100,000 transactions", _load),
            Variant("no trigger, 10,000,000 transactions", _load, base=_LARGE),
            Variant("immediate, 100,000 transactions", _load, ways.balance()),
            Variant("immediate, 10,000,000 transactions", _load, ways.balance(), _LARGE),
        ),
    ),
)
