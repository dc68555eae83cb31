"""Problems of what a rollover needs: through, within, and the rollover itself."""

from __future__ import annotations

import pytest

from tests.unit.declarations import LONG, LONGER, PERIODIC, changed, problems

OTHER_PERIOD = """\
[[cache.source]]
table = "r"
key = ["t_id"]
values = { total = "1" }
within = { column = "day", from = "start", to = "last" }
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # through
        ('{ table = "m", ', "{ ", ['8: through has no table; add table = "table"']),
        (
            'on = { s_id = "id" }, ',
            "",
            ['8: through has no on; add on = { mapping_column = "source expression" }'],
        ),
        (
            'on = { s_id = "id" }',
            "on = {}",
            ['8: on is empty; write on = { mapping_column = "source expression" }'],
        ),
        (
            '{ s_id = "id" }',
            '{ s_id = "id;" }',
            ["8: on.s_id holds a semicolon, which would end the statement; write one expression"],
        ),
        (', key = ["t_id"] }', " }", ['8: through has no key; add key = ["..."]']),
        (
            'key = ["t_id"] }',
            'key = ["a", "a"] }',
            ["8: key must have as many members as the key of the cache, 1, not 2; give one for each column"],
        ),
        (
            'key = ["t_id"] }',
            'key = ["t_id"], where = "(" }',
            ["8: where has a ( that is never closed; close it"],
        ),
        (
            'key = ["t_id"] }',
            'key = ["t_id"], within = 1 }',
            ["8: unknown key 'within' in through; known: table, on, key, where, through"],
        ),
        (
            'through = { table = "m", on = { s_id = "id" }, key = ["t_id"] }',
            'through = "m"',
            ["8: through must be a table, not a string; write through = { ... }"],
        ),
        # within
        ('column = "day", ', "", ['9: within has no column; add column = "column"']),
        (
            ', from = "first", to = "last" }',
            " }",
            ['9: within has no from; add from = "column"', '9: within has no to; add to = "column"'],
        ),
        (
            'to = "last" }',
            'until = "last", to = "last" }',
            ["9: unknown key 'until' in within; known: column, from, to"],
        ),
        ('column = "day"', f'column = "{LONG}"', [f"9: column {LONGER}"]),
        # rollover
        (
            'within = { column = "day", from = "first", to = "last" }',
            "",
            ["11: a rollover needs a period, and the source at f:6 has none; add within = { ... } to it"],
        ),
        (
            'recurrence = "recurrence"\n',
            "",
            ['11: [cache.rollover] has no recurrence; add recurrence = "column"'],
        ),
        ('rpc = "roll"\n', "", ['11: [cache.rollover] has no rpc; add rpc = "function"']),
        (
            'rpc = "roll"',
            'rpc = "roll"\nevery = "day"',
            ["14: unknown key 'every' in [cache.rollover]; known: recurrence, rpc, history"],
        ),
        (
            "[cache.rollover.history]",
            "[cache.rollover.histori]",
            [
                "11: [cache.rollover] has no history; add history = { ... }",
                "14: unknown key 'histori' in [cache.rollover]; did you mean 'history'?",
            ],
        ),
        ('table = "h"\n', "", ['14: history has no table; add table = "table"']),
        (
            'key = ["t_id"]\n',
            "key = 1\n",
            ['16: key must be an array of strings, not an integer; write key = ["..."]'],
        ),
        (
            'key = ["t_id"]\n',
            'key = ["a", "b"]\n',
            ["16: key must have as many members as the key of the cache, 1, not 2; give one for each column"],
        ),
        (
            'from = "first"\nto = "last"\n',
            "",
            ['14: history has no from; add from = "column"', '14: history has no to; add to = "column"'],
        ),
        (
            'values = { total = "total" }',
            "",
            ['14: history has no values; add values = { measure = "column" }'],
        ),
        (
            'values = { total = "total" }',
            'values = { totl = "total" }',
            ["19: no source has a measure 'totl'; did you mean 'total'?"],
        ),
        ('values = { total = "total" }', f'values = {{ total = "{LONG}" }}', [f"19: values.total {LONGER}"]),
        (
            "[cache.rollover]",
            f"{OTHER_PERIOD}[cache.rollover]",
            ["16: a rollover needs one period, and the source at f:11 has another; use one from and to"],
        ),
    ],
)
def test_problems_of_a_period(old: str, new: str, expected: list[str]) -> None:
    assert problems(changed(PERIODIC, old, new)) == [f"f:{problem}" for problem in expected]
