"""Which statements of PL/pgSQL random histories execute, by the profiler of plpgsql_check: `make coverage`."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from hypothesis import strategies as st

from pgcache.embedded import EmbeddedServer
from tests.conftest import Databases
from tests.histories.databases import Worlds
from tests.histories.declarations import random_worlds
from tests.histories.machine import go_through
from tests.histories.presets import PRESETS
from tests.histories.session import Figures
from tests.histories.world import World

HISTORIES = 10

_EXECUTED = """
SELECT f.proname, s.stmtid, s.lineno, s.stmtname, s.exec_stmts > 0
  FROM pg_proc AS f
  JOIN pg_language AS l ON l.oid = f.prolang AND l.lanname = 'plpgsql'
 CROSS JOIN LATERAL plpgsql_profiler_function_statements_tb(f.oid) AS s
 WHERE NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = f.oid AND d.deptype = 'e')
"""


def system_programs() -> Path | None:
    """Programs of a version for which the system's packages have the extension."""
    controls = Path("/usr/share/postgresql").glob("*/extension/plpgsql_check.control")
    for control in sorted(controls, reverse=True):
        bindir = Path("/usr/lib/postgresql", control.parent.parent.name, "bin")
        if (bindir / "postgres").exists():
            return bindir
    return None


class Profiled(Worlds):
    """Worlds whose histories are profiled: for each statement of a function, whether any of them executed it."""

    def __init__(self, databases: Databases) -> None:
        super().__init__(databases)
        self.executed: dict[str, dict[tuple[int, int, str], bool]] = defaultdict(dict)

    @contextmanager
    def fresh(self, world: World) -> Iterator[psycopg.Connection[Any]]:
        with super().fresh(world) as conn:
            conn.execute("CREATE EXTENSION plpgsql_check")
            conn.execute("SET plpgsql_check.profiler = on")
            yield conn
            conn.execute("SET plpgsql_check.profiler = off")
            caches = [f"{name}_" for (name,) in conn.execute("SELECT name FROM pgcache.cache")]
            for function, number, line, kind, executed in conn.execute(_EXECUTED):
                # The functions of one kind come from one template: what one cache executes, all would.
                of_cache = max((cache for cache in caches if function.startswith(cache)), key=len, default="")
                kind_of_function = f"<cache>_{function.removeprefix(of_cache)}" if of_cache else function
                statements = self.executed[kind_of_function]
                known = (number, line, kind)
                statements[known] = statements.get(known, False) or executed

    def report(self) -> str:
        """A line for each function that was not executed as a whole, and one for all."""
        lines, total, reached = [], 0, 0
        for function, statements in sorted(self.executed.items()):
            done = sum(statements.values())
            total, reached = total + len(statements), reached + done
            missed = sorted({line for (_, line, _), executed in statements.items() if not executed})
            if missed:
                where = ", ".join(map(str, missed)) if done else "all"
                lines.append(f"{function}: {done} of {len(statements)}; not executed: {where}")
        lines.append(f"statements executed: {reached} of {total} ({100 * reached / total:.1f} %)")
        return "\n".join(lines)


def main() -> str | None:
    bindir = system_programs()
    if bindir is None:
        return "no PostgreSQL here has plpgsql_check; apt-get install postgresql-VERSION-plpgsql-check brings it"
    os.environ["PGCACHE_PG_BINDIR"] = str(bindir)
    with (
        EmbeddedServer(settings={"fsync": "off"}) as server,
        psycopg.connect(server.dsn(), autocommit=True) as admin,
    ):
        worlds = Profiled(Databases(server, admin))
        for world in (*map(st.just, PRESETS.values()), random_worlds()):
            go_through(worlds, world, Figures(), histories=HISTORIES, steps=30)
        sys.stdout.write(worlds.report() + "\n")
    return None


if __name__ == "__main__":
    sys.exit(main())
