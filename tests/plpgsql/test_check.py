"""plpgsql_check finds nothing in any function, shipped or generated, with the transition tables of its triggers."""

from __future__ import annotations

import pytest

from tests.histories.databases import Worlds
from tests.histories.declarations import AMOUNTS, CONDITIONS, INITIALS, Cache, Source, Tables, declared, setup
from tests.histories.presets import PRESETS
from tests.histories.world import World

_FINDINGS = """
SELECT f.oid::regprocedure::text AS function, c.lineno, c.level, c.message, c.detail, c.query
  FROM pg_proc AS f
  JOIN pg_language AS l ON l.oid = f.prolang AND l.lanname = 'plpgsql'
  LEFT JOIN LATERAL (SELECT DISTINCT ON (g.tgoldtable, g.tgnewtable) g.*
                       FROM pg_trigger AS g WHERE g.tgfoid = f.oid) AS g ON true
 CROSS JOIN LATERAL plpgsql_check_function_tb(
       f.oid, coalesce(g.tgrelid, 0), oldtable => g.tgoldtable, newtable => g.tgnewtable, fatal_errors => false,
       extra_warnings => true, performance_warnings => true, security_warnings => true) AS c
 WHERE (f.prorettype <> 'trigger'::regtype OR g.oid IS NOT NULL)
   AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = f.oid AND d.deptype = 'e')
 ORDER BY 1, 2, 4
"""

_DYNAMIC = "cannot to determine result of dynamic SQL"
_FALSE_ALARMS = (
    # RETURN QUERY EXECUTE gives the result: the generated function of the cache does.
    ("pgcache.", "OUT variable", _DYNAMIC),
    # The record is what a query says whose text has the types of the key, by which it sorts.
    ("pgcache.recompute_marked(", "cannot determinate a result of dynamic SQL", None),
    ("pgcache.recompute_marked(", 'record "v_mark" is not assigned yet', None),
    ("pgcache.recompute_marked(", 'never read variable "v_mark"', None),
    ("pgcache.recompute_marked(", "text type variable is not sanitized", None),
    # The texts are made of names by format's %I, and of the target as the catalog writes it.
    ("pgcache.judge(", "text type variable is not sanitized", None),
    ("pgcache.sample_keys(", "text type variable is not sanitized", None),
    # What they call is the generated function, which writes.
    ("pgcache.sample_keys(", "routine is marked as VOLATILE", None),
    ("pgcache.recompute_marked(", "routine is marked as VOLATILE", None),
    # What is locked is named by the cache.
    ("pgcache.hold_", "routine is marked as VOLATILE", None),
    # It is called as that of other modes is, but computes the key instead of adding a difference.
    ("pgcache.account_aging_correct(", "unused parameter", None),
    # What raises or warns must not be folded away.
    ("pgcache.raise_", "routine is marked as VOLATILE", None),
    ("pgcache.warn_", "routine is marked as VOLATILE", None),
    # The same template makes rows of targets that pgcache created, and reads it there.
    ("pgcache.account_balance_fold(", 'never read variable "v_target"', None),
)
"""The beginnings of function and message, and a part of the detail; the reasons are above."""


def is_false(function: str, message: str, detail: str | None) -> bool:
    return any(
        function.startswith(known) and message.startswith(text) and (part is None or part in (detail or ""))
        for known, text, part in _FALSE_ALARMS
    )


def _every_kind() -> World:
    """Every kind of source, over keys of two columns: mapped or not, in a period or not, by statements and by rows."""
    tables = Tables(
        ("bigint", "text"), ("numeric(12,2)", "numeric"), None, "CASCADE", None, partitioned=True, special=True
    )
    values = (AMOUNTS[2], AMOUNTS[0])
    kinds = [(mapped, within) for mapped in (False, True) for within in (False, True)]
    every = tuple(Source("s1", values, CONDITIONS[1], mapped, mapped, within) for mapped, within in kinds)
    created = tuple(source for source in every if not source.within)
    levels = [
        declared(
            tables,
            [
                Cache("own", None, mode, INITIALS[0], "ignore", level, created),
                Cache("t1", "t1", mode, INITIALS[1], guard, level, every),
                Cache("t2", "t2", mode, INITIALS[0], guard, level, every[:1]),
            ],
        )
        for mode in ("immediate", "nowait")
        for level, guard in (("statement", "log"), ("row", "reject"))
    ]
    return World("every kind", setup(tables), (), tuple(levels))


@pytest.mark.parametrize("world", [*PRESETS.values(), _every_kind()], ids=lambda world: str(world.name))
def test_nothing_is_found(checking_worlds: Worlds, world: World) -> None:
    for declaration in world.declared:
        only = World(world.name, world.setup, (), (declaration,))
        with checking_worlds.fresh(only) as conn:
            conn.execute("CREATE EXTENSION plpgsql_check")
            checked = conn.execute(_FINDINGS.encode()).fetchall()
            assert "\n".join(str(row) for row in checked if not is_false(row[0], row[3], row[4])) == ""
            conn.execute(
                "CREATE FUNCTION pgcache.broken() RETURNS void LANGUAGE plpgsql AS 'BEGIN PERFORM nothing; END'"
            )
            assert any(row[0] == "pgcache.broken()" for row in conn.execute(_FINDINGS.encode()))
