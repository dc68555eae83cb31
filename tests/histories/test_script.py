"""What a failure prints is a script with which psql comes to the same end."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Databases
from tests.histories.databases import Worlds
from tests.histories.events import Statement, Transaction
from tests.histories.presets import ACCOUNTS, TRANSACTIONS, finance
from tests.histories.session import Figures, Session, Wrong
from tests.support import client


def test_psql_runs_a_history(worlds: Worlds, databases: Databases, tmp_path: Path) -> None:
    """The oracle is the one that is mistaken here: it counts what is soft-deleted as if it were not."""
    world = finance()
    oracle = world.declared[0].oracles["account_balance"].replace("AND deleted_at IS NULL", "")
    mistaken = replace(world.declared[0], oracles={"account_balance": oracle})
    columns = "id, account_id, flow_type, amount, description, deleted_at"
    with worlds.fresh(world) as conn:
        session = Session(conn, world, Figures())
        delete = Statement(f"DELETE FROM transaction WHERE id = {TRANSACTIONS[0]}")
        savepoints = (Statement("SAVEPOINT s1"), delete, Statement("ROLLBACK TO SAVEPOINT s1"))
        session.transact(Transaction("SERIALIZABLE", savepoints, "COMMIT"))
        assert not session.try_to_run(Statement("INSERT INTO transaction (account_id) VALUES (NULL)"))
        session.migrate(mistaken)
        session.check(world.declared[0])
        line = "\t".join((TRANSACTIONS[7][1:-1], ACCOUNTS[0][1:-1], "income", "3", r"\N", "2025-06-02 10:00+00"))
        assert session.try_to_run(Statement(f"COPY transaction ({columns}) FROM STDIN", (line,)))
        with pytest.raises(Wrong, match="account_balance"):
            session.check(mistaken)

    command = tmp_path / "pgcache"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m pgcache "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    (tmp_path / "history.sql").write_text(session.printed(), encoding="utf-8")
    name = databases.create()
    try:
        printed = subprocess.run(
            [client("psql"), "-X", "-q", "-A", "-t", "-f", "history.sql", databases.server.dsn(name)],
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(Path.cwd())},
            capture_output=True,
            text=True,
            check=True,
        )
        with psycopg.connect(databases.server.dsn(name)) as conn:
            differing = conn.execute(oracle.encode()).fetchall()
    finally:
        databases.drop(name)
    assert [row[2:] for row in differing] == [("cached", -50), ("computed", -47)]
    assert ["|".join(map(str, row)) for row in differing] == printed.stdout.splitlines()[-2:]
