"""A migrate that is cancelled at any of its statements, or runs out of disk, is simply run again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import psycopg
import pytest

from pgcache import config, resources
from pgcache.migrate import migrate
from pgcache.model import Declaration
from pgcache.plan import make_plan
from pgcache.reconcile import WAITING, reconcile
from pgcache.scan import Scan
from tests.conftest import Clone
from tests.integration.cli.pgcache import Pgcache
from tests.integration.finance.household import Household
from tests.integration.state import State, state

Connection = psycopg.Connection[Any]

DECLARATION = resources.sql("presets", "finance", "pgcache.toml")
FINANCE = config.loads(DECLARATION, "pgcache.toml")
ROW_TRIGGERS = config.loads(DECLARATION.replace("[[cache]]\n", '[[cache]]\ntriggers = "row"\n'), "pgcache.toml")

NOWAIT = config.loads(
    DECLARATION.replace('mode = "immediate"\n', "").replace("[[cache]]\n", '[[cache]]\nmode = "nowait"\n'),
    "pgcache.toml",
)

CHANGES = {"nothing": ("nothing", FINANCE), "triggers": ("finance", ROW_TRIGGERS), "mode": ("finance", NOWAIT)}


class Cancelled(psycopg.Cursor[Any]):
    """A cursor of a session that is cancelled at its n-th statement, as pg_cancel_backend or Ctrl-C do."""

    left: ClassVar[int] = 0

    def execute(self, *arguments: Any, **named: Any) -> Cancelled:
        type(self).left -= 1
        if self.left == 0:
            super().execute("SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(60)")
        super().execute(*arguments, **named)
        return self


def _tables(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(resources.sql("presets", "finance", "tables.sql").encode())
        Household(conn)


def _installed(dsn: str) -> None:
    _tables(dsn)
    with psycopg.connect(dsn, autocommit=True) as conn:
        migrate(conn, FINANCE)


def statements_of(dsn: str, declaration: Declaration) -> int:
    """How many statements a migrate has."""
    Cancelled.left = 0
    with psycopg.connect(dsn, autocommit=True, cursor_factory=Cancelled) as conn:
        migrate(conn, declaration)
    return -Cancelled.left


def objects(conn: Connection) -> State:
    """Everything but rows, among which are the runs of the migration that was cancelled."""
    return {key: text for key, text in state(conn).items() if key[0] != "rows"}


@pytest.mark.parametrize("places", [3, pytest.param(1000, marks=pytest.mark.long)], ids=["some", "all"])
@pytest.mark.parametrize(("first", "declaration"), CHANGES.values(), ids=CHANGES)
def test_cancelled(clone: Clone, first: str, declaration: Declaration, places: int) -> None:
    """At some of its statements, evenly far from each other, or all; then what a migrate in one go makes is made."""
    before = ("the tables of a household", _tables) if first == "nothing" else ("a migrated household", _installed)
    whole = clone(*before)
    count = statements_of(whole, declaration)
    with psycopg.connect(whole, autocommit=True) as conn:
        wanted = objects(conn)
    for place in range(1, count + 1, max(1, count // places)):
        dsn = clone(*before)
        Cancelled.left = place
        with (
            psycopg.connect(dsn, autocommit=True, cursor_factory=Cancelled) as conn,
            pytest.raises(psycopg.errors.QueryCanceled),
        ):
            migrate(conn, declaration)
        with psycopg.connect(dsn, autocommit=True) as conn:
            home = Household(conn, there=True)
            home.run("UPDATE transaction SET amount = amount + 2 WHERE id = %(groceries)s")
            migrate(conn, declaration)
            assert make_plan(conn, declaration).empty, place
            home.expect(everyday=1023, june=42, year=82)
            home.run("UPDATE transaction SET amount = amount - 2 WHERE id = %(groceries)s")
            home.expect()
            assert objects(conn) == wanted, place


def test_cancelled_while_the_declaration_is_checked(clone: Clone) -> None:
    """That is no fault of the declaration, wherever it is."""
    dsn = clone("the tables of a household", _tables)
    Cancelled.left = 0
    with psycopg.connect(dsn, autocommit=True, cursor_factory=Cancelled) as conn:
        make_plan(conn, FINANCE)
        for place in range(1, -Cancelled.left, 3):
            Cancelled.left = place
            with pytest.raises(psycopg.errors.QueryCanceled):
                make_plan(conn, FINANCE)


def test_out_of_disk(clone: Clone, tmp_path: Path) -> None:
    """The backfill finds no room for its temporary files: the triggers are there by then, and it stays due."""
    dsn = clone("the tables of a household", _tables)
    (tmp_path / "pgcache.toml").write_text(DECLARATION, encoding="utf-8")
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("INSERT INTO account (name) SELECT 'Account ' || n FROM generate_series(1, 4000) AS n")
        conn.execute(
            """INSERT INTO transaction (account_id, flow_type, amount)
               SELECT id, 'income', 1 FROM account WHERE name LIKE 'Account %%'""",
            [],
        )
        pgcache = Pgcache(dsn, tmp_path, conn)
        command = ("migrate", "--config", str(tmp_path / "pgcache.toml"))
        for setting in ("temp_file_limit", "work_mem"):
            conn.execute(f"ALTER DATABASE {conn.info.dbname} SET {setting} = '64kB'".encode())
        ended = pgcache(*command, code=1)
        assert "temporary file size exceeds" in ended.stderr.splitlines()[-1]
        assert "run the command again" in ended.stderr.splitlines()[-1]
        conn.execute(f"ALTER DATABASE {conn.info.dbname} RESET ALL".encode())
        home = Household(conn, there=True)
        home.run("UPDATE transaction SET amount = amount + 2 WHERE id = %(groceries)s")
        pgcache(*command)
        home.expect(everyday=1023, june=42, year=82)
        assert make_plan(conn, FINANCE).empty


def _migration(conn: Connection, interrupt: Callable[..., None]) -> None:
    migrate(conn, ROW_TRIGGERS, say=interrupt)


def _pass(conn: Connection, interrupt: Callable[..., None]) -> None:
    reconcile(conn, ("account_balance",), scan=Scan(batch_size=1), progress=interrupt)


@pytest.mark.parametrize("work", [_migration, _pass])
def test_interrupted_while_a_statement_runs(clone: Clone, work: Callable[..., None]) -> None:
    """An interrupt can leave the connection with a statement that nobody waits for any more."""
    dsn = clone("a migrated household", _installed)
    with closing(psycopg.connect(dsn, autocommit=True)) as conn:

        def interrupt(*_: object) -> None:
            conn.pgconn.send_query(b"SELECT pg_sleep(60)")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            work(conn, interrupt)
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)'")
        migrate(conn, ROW_TRIGGERS)
        reconcile(conn, ("account_balance",), scan=WAITING)
        Household(conn, there=True).expect()
