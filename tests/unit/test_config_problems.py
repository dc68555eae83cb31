"""Every problem that can be seen without a database, with its line and the way out."""

from __future__ import annotations

import pytest

from tests.unit.declarations import LONG, LONGER, SMALL, changed, problems

BOOLEAN = "must be a string, not a boolean"
NOT_A_TABLE_NAME = (
    'is not a table name; write "table" or "schema.table", '
    "with double quotes around a part that holds a dot or a double quote"
)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # the top level
        ("version = 1", "", ["1: the declaration has no version; add version = 1"]),
        (
            "version = 1",
            "version = true",
            ["1: version must be an integer, not a boolean; write version = 1"],
        ),
        ("version = 1", "version = 1.0", ["1: version must be an integer, not a float; write version = 1"]),
        (
            "version = 1",
            "version = 1979-05-27",
            ["1: version must be an integer, not a date or time; write version = 1"],
        ),
        (
            "version = 1",
            "version = 2",
            ["1: version is not 1, which is all that this pgcache reads; write version = 1 or use another"],
        ),
        (
            "version = 1",
            "version = 1\nverison = 1",
            ["2: unknown key 'verison' in the declaration; did you mean 'version'?"],
        ),
        (
            "version = 1",
            'version = 1\n"q\\nz" = 1',
            ["2: unknown key 'q\\nz' in the declaration; known: version, presets, time_zone, cache"],
        ),
        (
            "version = 1",
            "version = 1\npresets = []",
            ['2: presets is an empty list; write presets = ["..."]'],
        ),
        (
            "version = 1",
            'version = 1\npresets = [\n  "finance",\n  "finnance", "finance"]',
            [
                "4: presets, item 2, is no preset: 'finnance'; did you mean 'finance'?",
                "4: presets names 'finance' twice; remove one",
            ],
        ),
        (
            "version = 1",
            'version = 1\npresets = "finance"',
            ['2: presets must be an array of strings, not a string; write presets = ["..."]'],
        ),
        (
            "version = 1",
            "version = 1\npresets = [1]",
            ["2: presets, item 1, must be a string, not an integer; write a string"],
        ),
        (
            "version = 1",
            'version = 1\ntime_zone = "Europe/ Prague"',
            ["2: time_zone is not the name of a time zone; write one such as Europe/Prague"],
        ),
        (
            "version = 1",
            "version = 1\ntime_zone = 1",
            ['2: time_zone must be a string, not an integer; write time_zone = "Europe/Prague"'],
        ),
        # a cache
        ('name = "c"', "", ['2: [[cache]] has no name; add name = "..."']),
        ('name = "c"', 'name = ""', ["3: name is empty; fill it in"]),
        (
            'name = "c"',
            'name = "a\\u0000"',
            ["3: name holds a NUL character, which PostgreSQL cannot store; remove it"],
        ),
        (
            'name = "c"',
            f'name = "{"é" * 20}x"',
            ["3: name has 41 bytes, and PostgreSQL's 63 leave 40 beside what pgcache adds; shorten it"],
        ),
        (
            'name = "c"',
            'name = "drift"',
            ["3: name cannot be 'drift', which the schema pgcache needs itself; choose another"],
        ),
        ('name = "c"', 'name = "c"\nrcp = "f"', ["4: unknown key 'rcp' in [[cache]]; did you mean 'rpc'?"]),
        ('name = "c"', f'name = "c"\nrpc = "{LONG}"', [f"4: rpc {LONGER}"]),
        (
            'name = "c"',
            "name = true\nrpc = true",
            [f'3: name {BOOLEAN}; write name = "..."', f'4: rpc {BOOLEAN}; write rpc = "..."'],
        ),
        ('target = "t"', "", ['2: [[cache]] has no target; add target = "table"']),
        (
            'target = "t"',
            'target = ["t"]',
            ['4: target must be a string, not an array; write target = "table"'],
        ),
        (
            'target = "t"',
            'target = "a.b.c"',
            ['4: target has more than two parts; write "table" or "schema.table"'],
        ),
        ('target = "t"', 'target = "a."', [f"4: target {NOT_A_TABLE_NAME}"]),
        ('target = "t"', 'target = ".a"', [f"4: target {NOT_A_TABLE_NAME}"]),
        ('target = "t"', "target = 'a\"b\"'", [f"4: target {NOT_A_TABLE_NAME}"]),
        ('target = "t"', "target = '\"a\"b'", [f"4: target {NOT_A_TABLE_NAME}"]),
        ('target = "t"', "target = '\"a'", [f"4: target {NOT_A_TABLE_NAME}"]),
        ('target = "t"', "target = 's.\"\"'", ["4: target holds an empty name; fill it in"]),
        ('target = "t"', f'target = "s.{LONG}"', [f"4: target {LONGER}"]),
        (
            'target = "t"',
            'target = { table = "t", create = true }\nguard = "log"\ninitial = "start"',
            [
                "5: guard is for a target of your own, and pgcache creates this one; leave it out",
                "6: initial is for a target of your own, and pgcache creates this one; leave it out",
            ],
        ),
        (
            'target = "t"',
            'target = { table = "t", index = "total" }',
            ["4: index is for a target that pgcache creates; leave it out, and create one of your own"],
        ),
        (
            'target = "t"',
            '[cache.target]\ncreate = "yes"',
            [
                '2: [[cache]] has no key; add key = ["..."]',
                '4: target has no table; add table = "table"',
                "5: create must be a boolean, not a string; leave it out",
                "6: unknown key 'key' in target; known: table, create, stamp, index",
            ],
        ),
        ('key = ["id"]', "", ['2: [[cache]] has no key; add key = ["..."]']),
        ('key = ["id"]', "key = []", ['5: key is an empty list; write key = ["..."]']),
        ('key = ["id"]', 'key = ["id", ""]', ["5: key, item 2, is empty; fill it in"]),
        ('key = ["id"]', 'key = ["id", "id"]', ["5: key names 'id' twice; remove one"]),
        ('key = ["id"]', f'key = [\n"{LONG}"]', [f"6: key, item 1, {LONGER}"]),
        (
            'key = ["id"]',
            'key = ["total"]',
            ["5: key names 'total', which is a measure; a key column holds no sum"],
        ),
        (
            'key = ["id"]',
            'key = ["id"]\nmode = "eager"',
            ["6: mode cannot be 'eager'; choose one of immediate, nowait, deferred"],
        ),
        (
            'key = ["id"]',
            'key = ["id"]\nguard = "on"',
            ["6: guard cannot be 'on'; choose one of off, ignore, log, reject"],
        ),
        (
            'key = ["id"]',
            'key = ["id"]\ntriggers = "rows"',
            ["6: triggers cannot be 'rows'; choose one of statement, row"],
        ),
        ('key = ["id"]', 'key = ["id"]\nguard = true', [f'6: guard {BOOLEAN}; write guard = "ignore"']),
        (
            'key = ["id"]',
            'key = ["id"]\nquery = "a.sql"\nrefresh = { every = "2 minutes" }',
            [
                '6: query is for a deferred cache; write mode = "deferred", or leave it out',
                "6: query: there is no file a.sql; create it, or write the query itself",
                '7: refresh is for a deferred cache; write mode = "deferred", or leave it out',
                "11: values is for sources that add up, and a query says all of it; leave it out",
            ],
        ),
        # drift
        (
            'key = ["id"]',
            'key = ["id"]\ndrift = "0.00"',
            ["6: drift must be a table, not a string; write drift = { ... }"],
        ),
        (
            'key = ["id"]',
            'key = ["id"]\ndrift = { treshold = 1 }',
            ["6: unknown key 'treshold' in drift; did you mean 'threshold'?"],
        ),
        (
            'key = ["id"]',
            'key = ["id"]\ndrift = { threshold = 0.50 }',
            ['6: threshold is a float, which is not exact; write it as a string, threshold = "0.50"'],
        ),
        (
            'key = ["id"]',
            'key = ["id"]\ndrift = { threshold = -1 }',
            ["6: threshold is negative; write 0 or more"],
        ),
        (
            'key = ["id"]',
            'key = ["id"]\ndrift.threshold = true\ndrift.action = "fix"',
            [
                f'6: threshold {BOOLEAN}; write threshold = "0.00"',
                "7: action cannot be 'fix'; choose one of correct, review, alert",
            ],
        ),
        *(
            (
                'key = ["id"]',
                f'key = ["id"]\ndrift = {{ threshold = "{amount}" }}',
                [f"6: threshold cannot be '{amount}'; write an amount of 0 or more such as \"0.00\""],
            )
            for amount in ("-1", "1e3", "NaN", " 1", "1.", "٣", "1_000")
        ),
        *(
            (
                'key = ["id"]',
                f'key = ["id"]\ndrift = {{ relative_threshold = "{share}" }}',
                [f"6: relative_threshold cannot be '{share}'; write a share such as \"0.1%\""],
            )
            for share in ("0.1", "-1%", "1 %", "%", "٣%")
        ),
        *(
            (
                'key = ["id"]',
                f'key = ["id"]\ndrift = {{ max_corrections = "{limit}" }}',
                [f"6: max_corrections cannot be '{limit}'; write a number of keys, or a share such as \"5%\""],
            )
            for limit in ("1.5", "-1", "many")
        ),
        (
            'key = ["id"]',
            'key = ["id"]\ndrift = { max_corrections = -1 }',
            ["6: max_corrections is negative; write 0 or more"],
        ),
        # initial
        (
            'key = ["id"]',
            'key = ["id"]\ninitial = 0',
            ['6: initial must be a string, not an integer; write initial = "expression"'],
        ),
        (
            'key = ["id"]',
            'key = ["id"]\ninitial = "0)"',
            ["6: initial has a ) that nothing opens; balance the brackets"],
        ),
        (
            'key = ["id"]',
            'key = ["id"]\ninitial = {}',
            ['6: initial is empty; write initial = { measure = "expression" }'],
        ),
        (
            'key = ["id"]',
            'key = ["id"]\ninitial = { totla = "0" }',
            ["6: no source has a measure 'totla'; did you mean 'total'?"],
        ),
        (
            'values = { total = "amount" }',
            'values = { total = "amount", "n o" = "1" }\n[cache.initial]\n"n o" = ";"',
            ["11: initial.'n o' holds a semicolon, which would end the statement; write one expression"],
        ),
        # a source
        ('table = "s"', "", ['6: [[cache.source]] has no table; add table = "table"']),
        ('table = "s"', 'table = "a..b"', [f"7: table {NOT_A_TABLE_NAME}"]),
        (
            'table = "s"',
            'table = "s"\nwher = "x"',
            ["8: unknown key 'wher' in [[cache.source]]; did you mean 'where'?"],
        ),
        ('table = "s"', 'table = "s"\nwhere = " "', ["8: where holds no expression; fill it in"]),
        ('key = ["t_id"]', "", ['6: [[cache.source]] gives no key; add key = ["..."] or through = { ... }']),
        (
            'key = ["t_id"]',
            'key = ["a", "b"]',
            ["8: key must have as many members as the key of the cache, 1, not 2; give one for each column"],
        ),
        (
            'key = ["t_id"]',
            'key = ["a, b"]',
            ["8: key, item 1, holds several expressions separated by commas; write one"],
        ),
        (
            'key = ["t_id"]',
            'key = ["t_id"]\nthrough = { table = "m", on = { a = "b" }, key = ["t_id"] }',
            ["8: key and through both give the key; keep one"],
        ),
        (
            'values = { total = "amount" }',
            "",
            ['6: [[cache.source]] has no values; add values = { measure = "expression" }'],
        ),
        (
            'values = { total = "amount" }',
            "values = {}",
            ['9: values is empty; write values = { measure = "expression" }'],
        ),
        (
            'values = { total = "amount" }',
            'values = "amount"',
            ['9: values must be a table, not a string; write values = { measure = "expression" }'],
        ),
        (
            'values = { total = "amount" }',
            "[cache.source.values]\ntotal = 1",
            ['10: values.total must be a string, not an integer; write values.total = "expression"'],
        ),
        (
            'values = { total = "amount" }',
            'values = { "" = "1" }',
            ["9: the name in values.'' is empty; fill it in"],
        ),
        (
            'values = { total = "amount" }',
            f'values = {{ {LONG} = "1" }}',
            [f"9: the name in values.{LONG} {LONGER}"],
        ),
        (
            'key = ["id"]',
            'key = ["id"]\ninitial = "0"\n[[cache.source]]\ntable = "r"\nkey = ["t_id"]\nvalues.net = "1"',
            ['6: initial does not say of which measure; write initial = { net = "...", total = "..." }'],
        ),
    ],
)
def test_problems(old: str, new: str, expected: list[str]) -> None:
    assert problems(changed(SMALL, old, new)) == [f"f:{problem}" for problem in expected]
