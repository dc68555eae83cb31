"""What can be wrong with a [cache.timeline] is told at once, each problem with its line."""

from __future__ import annotations

import pytest

from pgcache.config import loads
from pgcache.model import Closing
from tests.unit.declarations import LONG, LONGER, changed, problems

MONTHS = """\
version = 1
[[cache]]
name = "c"
target = { table = "months", create = true, stamp = "written" }
key = ["account", "month"]
[[cache.source]]
table = "s"
key = ["account", "month_of"]
values = { paid = "a", planned = "b", rows = "1" }
[cache.timeline]
account = "books.account"
key = "id"
date = "day"
actual = "paid"
projected = "planned"
entries = "rows"
view = "v"
balance = "f"
net_worth = "g"
net_worth_at = "h"
rebuild = "i"
"""
CLOSING = 'rebuild = "i"\nclosing = { table = "kept", close = "j", reopen = "k" }\n'


def test_what_is_left_out_has_a_default() -> None:
    (cache,) = loads(MONTHS, "f").caches
    assert cache.stamp == "written"
    assert cache.timeline is not None
    found = cache.timeline
    assert (found.account.schema, found.initial, found.active, found.months_ahead) == ("books", "0", "true", 12)
    assert found.closing is None
    (cache,) = loads(changed(MONTHS, 'rebuild = "i"\n', CLOSING + "months_ahead = 0\n"), "f").caches
    assert cache.timeline is not None
    assert cache.timeline.closing == Closing("kept", "j", "k")
    assert cache.timeline.months_ahead == 0


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('view = "v"\n', "", 'f:10: [cache.timeline] has no view; add view = "view"'),
        ('view = "v"', f'view = "{LONG}"', f"f:17: view {LONGER}"),
        ('actual = "paid"', 'actual = "payd"', "f:14: no source has a measure 'payd'; did you mean 'paid'?"),
        (
            'date = "day"',
            'date = "day;"',
            "f:13: date holds a semicolon, which would end the statement; write one expression",
        ),
        ('view = "v"', 'view = "v"\nvieuw = 1', "f:18: unknown key 'vieuw' in [cache.timeline]; did you mean 'view'?"),
        ('view = "v"', 'view = "v"\nmonths_ahead = -1', "f:18: months_ahead must be a number from 0 to 1200; write 12"),
        (
            'view = "v"',
            'view = "v"\nmonths_ahead = true',
            "f:18: months_ahead must be a number from 0 to 1200; write 12",
        ),
        ('net_worth = "g"', 'net_worth = "f"', "f:19: the function 'f' is already the rpc of f:18; rename one"),
        (
            'rebuild = "i"\n',
            CLOSING.replace('"j"', '"i"'),
            "f:22: the function 'i' is already the rpc of f:21; rename one",
        ),
        (
            'rebuild = "i"\n',
            CLOSING.replace(', reopen = "k"', ""),
            'f:22: closing has no reopen; add reopen = "function"',
        ),
        (
            ', stamp = "written"',
            "",
            'f:10: a timeline needs a target with a stamp; write target = { ..., stamp = "last_calculated" }',
        ),
        (
            ', stamp = "written"',
            ', stamp = "rows"',
            "f:4: stamp is 'rows', which the cache uses already; choose another name",
        ),
        ("create = true", "create = false", "f:4: stamp is for a target that pgcache creates; leave it out"),
    ],
)
def test_each_problem(old: str, new: str, expected: str) -> None:
    assert problems(changed(MONTHS, old, new)) == [expected]


def test_the_key_is_an_account_and_a_month() -> None:
    text = changed(changed(MONTHS, '"account", "month"]', '"account"]'), '"account", "month_of"]', '"account"]')
    assert problems(text) == ["f:10: a timeline needs a key of two columns, account and month, and the cache has 1"]
