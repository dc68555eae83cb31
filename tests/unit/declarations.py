"""Declarations for the unit tests to start from, and what is wrong with one."""

from __future__ import annotations

import pytest

from pgcache.config import loads
from pgcache.errors import DeclarationError

SMALL = """\
version = 1
[[cache]]
name = "c"
target = "t"
key = ["id"]
[[cache.source]]
table = "s"
key = ["t_id"]
values = { total = "amount" }
"""

PERIODIC = """\
version = 1
[[cache]]
name = "c"
target = "t"
key = ["id"]
[[cache.source]]
table = "s"
through = { table = "m", on = { s_id = "id" }, key = ["t_id"] }
within = { column = "day", from = "first", to = "last" }
values = { total = "amount" }
[cache.rollover]
recurrence = "recurrence"
rpc = "roll"
[cache.rollover.history]
table = "h"
key = ["t_id"]
from = "first"
to = "last"
values = { total = "total" }
"""

LONG = "x" * 64
LONGER = "has 64 bytes, and PostgreSQL cuts names at 63; shorten it"


def problems(text: str) -> list[str]:
    with pytest.raises(DeclarationError) as caught:
        loads(text, "f")
    return caught.value.problems


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)
