"""What the server refuses is told in one line, with exit code 1, and nothing is left half done."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgcache import config, migrate, presets, reconcile, resources
from pgcache.embedded import EmbeddedServer
from tests.conftest import Clone
from tests.integration.cli.pgcache import Pgcache
from tests.integration.state import State, state
from tests.support import wait_until

Connection = psycopg.Connection[Any]


@pytest.fixture
def role(pgcache: Pgcache) -> Iterator[str]:
    """A role without any privilege, of a name that needs quoting."""
    name = f'no "one" {pgcache.conn.info.dbname}'
    pgcache.conn.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
    yield name
    with psycopg.connect(pgcache.dsn, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP OWNED BY {0} CASCADE; DROP ROLE {0}").format(sql.Identifier(name)))


def as_role(dsn: str, role: str) -> str:
    """The database as another role, without its having to log in."""
    escaped = role.replace("\\", "\\\\").replace(" ", "\\ ")
    return make_conninfo(dsn, options=f"-c role={escaped}")


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks are waited for twice, and not long."""
    monkeypatch.setattr(migrate, "LOCK_TIMEOUT", "10ms")
    monkeypatch.setattr(migrate, "ATTEMPTS", 2)
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0)


def test_migrate_by_a_role_without_privileges(pgcache: Pgcache, role: str) -> None:
    pgcache("init", "finance")
    pgcache.conn.execute(resources.sql("presets", "finance", "tables.sql").encode())
    before = state(pgcache.conn)
    errors = pgcache("--dsn", as_role(pgcache.dsn, role), "migrate", code=2).errors
    to = '"{}"'.format(role.replace('"', '""'))
    assert errors[0] == (
        f"pgcache.toml:1: role {role} may not create the schema pgcache in this database; "
        f'run GRANT CREATE ON DATABASE "{pgcache.conn.info.dbname}" TO {to}, or migrate as another role'
    )
    assert errors[1] == (
        f"pgcache.toml:17: cache 'account_balance': role {role} lacks SELECT, UPDATE, TRIGGER on public.account; "
        f'run GRANT SELECT, UPDATE, TRIGGER ON "public"."account" TO {to}, or migrate as the table\'s owner'
    )
    assert len(errors) == 3  # a line for each target, for what depends on it need not be said
    assert state(pgcache.conn) == before


def test_migrate_says_what_to_grant_until_it_may(pgcache: Pgcache, role: str) -> None:
    pgcache("init", "finance")
    pgcache.conn.execute(resources.sql("presets", "finance", "tables.sql").encode())
    pgcache.conn.execute(f'REVOKE TEMPORARY ON DATABASE "{pgcache.conn.info.dbname}" FROM PUBLIC'.encode())
    granted: list[str] = []
    while (outcome := pgcache.run("--dsn", as_role(pgcache.dsn, role), "migrate")).code:
        assert outcome.code == 2
        assert outcome.errors
        assert pgcache.value("SELECT to_regnamespace('pgcache') IS NULL")
        for grant in {error.partition("; run ")[2].partition(", or migrate as ")[0] for error in outcome.errors}:
            assert grant.startswith("GRANT ")
            assert grant not in granted
            granted.append(grant)
            pgcache.conn.execute(grant.encode())
    assert granted
    pgcache("plan")

    name = pgcache.conn.info.dbname
    pgcache.conn.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM {}").format(*map(sql.Identifier, (name, role))))
    assert pgcache("--dsn", as_role(pgcache.dsn, role), "plan", code=2).error.startswith(
        f"pgcache.toml:1: role {role} may not create temporary tables, on copies of which expressions are tried; run "
    )
    pgcache("--dsn", as_role(pgcache.dsn, role), "reconcile")


def _three_presets(dsn: str) -> None:
    """Every mode, and an account with a drift that waits for a decision."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        declaration = presets.declaration(["finance", "monthly", "receivables"])
        declared = config.loads(declaration.replace('mode = "immediate"', 'mode = "nowait"', 1), "pgcache.toml")
        migrate.migrate(conn, declared, with_tables=True)
        conn.execute("INSERT INTO account (name) VALUES ('One')")
        with conn.transaction():
            conn.execute("SET LOCAL session_replication_role = replica")
            conn.execute("UPDATE account SET cached_balance = 1")
        reconcile.reconcile(conn, ["account_balance"], reconcile.Policy(action="review"))


@pytest.mark.parametrize(
    "command",
    [
        *("status", "status --prometheus", "reconcile --threshold 1", "reconcile --dry-run --threshold 1"),
        *("refresh", "fold"),
        *("rollover", "recompute account_balance {key}", "recompute account_aging {key}", "schedule cron"),
        *("timeline --from 2025-01 --months 2", "aging"),
        *("drift list", "drift show {id}", "drift report", "drift approve {id}", "drift reject {id}"),
    ],
)
def test_what_to_grant_is_told_until_it_works(clone: Clone, directory: Path, dsn: str, role: str, command: str) -> None:
    """One thing at a time, and nothing is done before the last one is granted."""
    database = clone("three presets", _three_presets)
    with psycopg.connect(database, autocommit=True) as conn:
        pgcache = Pgcache(database, directory, conn)
        key = pgcache.value("SELECT id::text FROM account")
        command = command.format(key=key, id=pgcache.value("SELECT max(id)::text FROM pgcache.drift"))
        try:
            until_granted(pgcache, role, command)
        finally:
            conn.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))


def done(conn: Connection) -> State:
    """Everything but runs, which tell that they were refused, and stale keys, which are refreshed cache by cache."""
    among = {("rows", table) for table in ("pgcache.run", "public.account_aging", "pgcache.account_aging_dirty")}
    return {key: text for key, text in state(conn).items() if key not in among}


def until_granted(pgcache: Pgcache, role: str, command: str) -> None:
    dsn = as_role(pgcache.dsn, role)
    granted = []
    before = done(pgcache.conn)
    while (outcome := pgcache.run("--dsn", dsn, *command.split())).code:
        assert done(pgcache.conn) == before
        found = re.search(r"role (.*) lacks (\w+) on it: run (GRANT \2 ON .*), or connect as the role", outcome.error)
        assert found, outcome.error
        assert found[1] == role
        assert found[3] not in granted
        granted.append(found[3])
        pgcache.conn.execute(found[3].encode())
        before = done(pgcache.conn)
    assert granted[0].startswith("GRANT USAGE ON SCHEMA pgcache TO ")


def test_a_schema_pgcache_of_somebody_elses(pgcache: Pgcache, role: str) -> None:
    pgcache("init", "finance")
    pgcache.conn.execute(resources.sql("presets", "finance", "tables.sql").encode())
    pgcache.conn.execute("CREATE SCHEMA pgcache")
    grants = "GRANT ALL ON ALL TABLES IN SCHEMA public TO {0}; GRANT ALL ON SCHEMA public TO {0}"
    pgcache.conn.execute(sql.SQL(grants).format(sql.Identifier(role)))
    for privilege in ("USAGE", "CREATE"):
        before = state(pgcache.conn)
        error = pgcache("--dsn", as_role(pgcache.dsn, role), "migrate", code=1).stderr.splitlines()[-1]
        assert error.startswith(
            f"pgcache: permission denied for schema pgcache; role {role} lacks {privilege} on it: run GRANT {privilege}"
        )
        assert state(pgcache.conn) == before
        pgcache.conn.execute(sql.SQL("GRANT USAGE ON SCHEMA pgcache TO {}").format(sql.Identifier(role)))


def test_uninstall_by_another_role(pgcache: Pgcache, role: str) -> None:
    pgcache("init", "finance")
    pgcache("migrate", "--with-tables")
    pgcache.conn.execute(
        sql.SQL("GRANT USAGE ON SCHEMA pgcache TO {0}; GRANT SELECT ON ALL TABLES IN SCHEMA pgcache TO {0}").format(
            sql.Identifier(role)
        )
    )
    before = state(pgcache.conn)
    outcome = pgcache("--dsn", as_role(pgcache.dsn, role), "uninstall", code=1)
    assert re.fullmatch(
        r"must be owner of \w+ \S+; connect as a role that may do it, such as the one that ran pgcache migrate",
        outcome.error,
    )
    assert state(pgcache.conn) == before


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize(
    ("mode", "name"), [("ROW EXCLUSIVE", "cache account_balance"), ("ACCESS EXCLUSIVE", "the declaration")]
)
def test_a_lock_that_is_not_granted(finance: Pgcache, mode: str, name: str) -> None:
    declared = resources.sql("presets", "finance", "pgcache.toml")
    finance.declare(declared.replace("deleted_at IS NULL", "deleted_at IS NULL AND status = 'paid'"))
    before = state(finance.conn)
    with psycopg.connect(finance.dsn) as other:
        other.execute(f"LOCK TABLE transaction IN {mode} MODE".encode())
        outcome = finance("migrate", code=1)
    assert state(finance.conn) == before
    waiting, error = outcome.stderr.splitlines()[-2:]
    assert waiting == f"{name}: waiting for other transactions, attempt 1 of 2"
    assert error == (
        f"pgcache: {name}: its tables are in use by other transactions, and no lock was granted in "
        "2 attempts of 10ms (canceling statement due to lock timeout); nothing of it was changed; end the long "
        "transactions (see pg_stat_activity) and run pgcache migrate again"
    )
    finance("migrate")
    finance("reconcile")


@pytest.mark.usefixtures("quickly")
def test_a_lock_that_is_granted_at_the_second_attempt(finance: Pgcache, monkeypatch: pytest.MonkeyPatch) -> None:
    finance.conn.execute("DROP TRIGGER pgcache_account_balance_s1_insert ON transaction")
    with psycopg.connect(finance.dsn) as other:
        other.execute("LOCK TABLE transaction IN ROW EXCLUSIVE MODE")
        with monkeypatch.context() as patch:
            patch.setattr(time, "sleep", lambda _: other.rollback())
            outcome = finance("migrate")
    assert "cache account_balance: waiting for other transactions, attempt 1 of 2" in outcome.stderr
    assert outcome.stdout.startswith("Done: ")


@pytest.mark.usefixtures("quickly")
def test_one_migration_at_a_time(finance: Pgcache) -> None:
    before = state(finance.conn)
    with psycopg.connect(finance.dsn) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('pgcache migrate'), 0)")
        for command in ("migrate", "uninstall"):
            assert finance(command, code=1).error == (
                f"another pgcache migrate is running in database '{finance.conn.info.dbname}'; wait for it to end"
            )
    assert state(finance.conn) == before


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (
            "-c statement_timeout=50ms",
            "statement timeout; run it again with more time: PGOPTIONS='-c statement_timeout=0'",
        ),
        (
            "-c lock_timeout=50ms",
            "lock timeout; another transaction holds the lock (see pg_stat_activity); run it again when that has ended",
        ),
    ],
)
def test_a_timeout(finance: Pgcache, options: str, error: str) -> None:
    key = finance.value("SELECT id::text FROM account WHERE name = 'Savings'")
    with psycopg.connect(finance.dsn) as other:
        other.execute("SELECT FROM account FOR UPDATE")
        dsn = make_conninfo(finance.dsn, options=options)
        outcome = finance("--dsn", dsn, "recompute", "account_balance", key, code=1)
    assert outcome.error == f"canceling statement due to {error}"
    finance("reconcile")


def test_a_server_that_takes_no_changes(finance: Pgcache) -> None:
    dsn = make_conninfo(finance.dsn, options="-c default_transaction_read_only=on")
    error = finance("--dsn", dsn, "reconcile", code=1).error
    assert error == (
        "cannot execute nextval() in a read-only transaction; this server takes no changes, as a standby does; "
        "run it on the primary (reconcile --dry-run works here)"
    )
    finance("--dsn", dsn, "reconcile", "--dry-run")
    finance("--dsn", dsn, "status")


def test_a_connection_that_is_lost(finance: Pgcache) -> None:
    key = finance.value("SELECT id::text FROM account WHERE name = 'Savings'")

    def end_the_waiting_session() -> None:
        with psycopg.connect(finance.dsn, autocommit=True) as killer:
            waiting = """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name = 'pgcache' AND wait_event_type = 'Lock'
            """
            wait_until(lambda: killer.execute(waiting).rowcount == 1, "recompute to wait for its lock")

    with psycopg.connect(finance.dsn) as other:
        other.execute("SELECT FROM account FOR UPDATE")
        killer = threading.Thread(target=end_the_waiting_session)
        killer.start()
        outcome = finance("recompute", "account_balance", key, code=1)
        killer.join()
    assert outcome.error == (
        "terminating connection due to administrator command; the connection to the database was lost; "
        "what was committed stays; run the command again"
    )


def test_functions_of_another_version(finance: Pgcache) -> None:
    finance.conn.execute("DROP FUNCTION pgcache.status()")
    assert finance("status", code=1).error == (
        "function pgcache.status() does not exist; what pgcache needs is missing in this database; run the command "
        "again if a migration has just ended, else pgcache migrate"
    )
    finance("migrate")
    finance("status")


def test_a_database_of_a_newer_version(finance: Pgcache) -> None:
    finance.conn.execute("UPDATE pgcache.alembic_version SET version_num = '9999_later'")
    before = state(finance.conn)
    for command in (("plan",), ("migrate",), ("migrate", "--sql")):
        assert finance(*command, code=1).error == (
            f"database '{finance.conn.info.dbname}' was migrated by a newer pgcache, to revision 9999_later; "
            "install that one"
        )
    assert state(finance.conn) == before


def test_bytes_that_are_no_text(finance: Pgcache) -> None:
    error = finance("recompute", "account_balance", "\udcff", code=1).error
    assert "cannot be written in utf-8" in error.lower()


@pytest.fixture(scope="module")
def strict_server() -> Iterator[EmbeddedServer]:
    """A server that asks a role for its password."""
    with EmbeddedServer(settings={"fsync": "off"}) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as conn:
            conn.execute("CREATE ROLE cautious LOGIN PASSWORD 'right'")
            row = conn.execute("SHOW hba_file").fetchone()
            assert row is not None
            hba = Path(row[0])
            hba.write_text("local all cautious scram-sha-256\n" + hba.read_text())
            conn.execute("SELECT pg_reload_conf()")
        wait_until(lambda: not _lets_in(make_conninfo(server.dsn(), user="cautious")), "the rule to be in force")
        yield server


def _lets_in(dsn: str) -> bool:
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.parametrize(
    ("password", "error"),
    [
        ("wrong", 'password authentication failed for user "cautious"'),
        ("", "fe_sendauth: no password supplied"),
    ],
)
def test_a_wrong_password(
    pgcache: Pgcache, strict_server: EmbeddedServer, password: str, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("PGPASSFILE", "none")
    dsn = make_conninfo(strict_server.dsn(), user="cautious", **({"password": password} if password else {}))
    outcome = pgcache("--dsn", dsn, "status", code=1)
    assert outcome.error.endswith(f": {error}; give the user's password in ~/.pgpass or PGPASSWORD")
    assert "wrong" not in outcome.error.replace(error, "")
