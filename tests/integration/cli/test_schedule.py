"""pgcache schedule: what it prints is run by sh, checked by systemd, parsed as YAML, and executed as SQL."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import yaml
from psycopg.conninfo import make_conninfo

from pgcache import presets
from pgcache.config import loads
from pgcache.migrate import migrate
from tests.conftest import Clone
from tests.integration.cli.pgcache import Pgcache
from tests.integration.cli.test_help import examples

# What the extension has, as far as it is called: jobs are named by their name and their owner.
PG_CRON = """
CREATE SCHEMA cron;
CREATE TABLE cron.job (jobid bigserial PRIMARY KEY, schedule text, command text, database text, jobname name,
                       username text DEFAULT current_user, UNIQUE (jobname, username));
CREATE FUNCTION cron.schedule_in_database(name, text, text, text) RETURNS bigint LANGUAGE sql AS
    'INSERT INTO cron.job (jobname, schedule, command, database) VALUES ($1, $2, $3, $4)
     ON CONFLICT (jobname, username) DO UPDATE SET schedule = $2, command = $3, database = $4 RETURNING jobid';
CREATE FUNCTION cron.schedule(name, text, text) RETURNS bigint LANGUAGE sql AS
    'SELECT cron.schedule_in_database($1, $2, $3, current_database())';
CREATE FUNCTION cron.unschedule(bigint) RETURNS boolean LANGUAGE sql AS
    'DELETE FROM cron.job WHERE jobid = $1 RETURNING true';
"""


def _install(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        declared = loads(presets.declaration(["finance", "receivables"]), "pgcache.toml")
        migrate(conn, declared, with_tables=True)


@pytest.fixture
def scheduled(clone: Clone, directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pgcache]:
    """The commands on a database with caches of every kind that has jobs of its own, and pgcache on the PATH."""
    program = directory / "bin" / "pgcache"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pgcache "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    dsn = clone("finance with receivables", _install)
    with psycopg.connect(dsn, autocommit=True) as conn:
        yield Pgcache(dsn, directory, conn)


def jobs(scheduled: Pgcache) -> list[tuple[str, ...]]:
    query = "SELECT split_part(jobname, ': ', 2), schedule, command FROM cron.job ORDER BY jobid"
    return scheduled.conn.execute(query).fetchall()


def test_the_lines_of_cron_run_in_sh(scheduled: Pgcache) -> None:
    scheduled.conn.execute("INSERT INTO account (name) VALUES ('marked')")
    _, variable, *lines = scheduled("schedule", "cron").stdout.splitlines()
    name, _, value = variable.partition("=")
    # Cron has hardly any environment, least of all a PATH on which pgcache is.
    environment = {name: value[1:-1], "PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = []
    for line in lines:
        *schedule, command = line.split(None, 5)
        outcome = subprocess.run(
            ["/bin/sh", "-c", command], env=environment, capture_output=True, text=True, check=False
        )
        assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, "", ""), line
        ran.append((" ".join(schedule), re.split("[ ]", command)[1]))
    assert ran == [("*/2 * * * *", "refresh"), ("5 * * * *", "rollover"), ("40 3 * * *", "reconcile")]
    assert scheduled.value("SELECT count(*) FROM account_aging") == 1
    assert scheduled.value("SELECT count(DISTINCT cache) FROM pgcache.run WHERE kind = 'reconcile'") == 3


def test_cron_runs_the_jobs_that_the_caches_need(pgcache: Pgcache) -> None:
    assert "pgcache is not installed" in pgcache("schedule", "cron", code=1).error
    pgcache("init", "parties")
    pgcache("migrate", "--with-tables")
    (line,) = pgcache("schedule", "cron").stdout.splitlines()[2:]
    assert line.endswith("reconcile > /dev/null")


def test_caches_of_different_paces_have_jobs_of_their_own(scheduled: Pgcache) -> None:
    scheduled.conn.execute(
        "UPDATE pgcache.cache SET mode = 'deferred', refresh_every = '1 hour' WHERE name <> 'account_aging'"
    )
    lines = scheduled("schedule", "cron").stdout.splitlines()[2:]
    assert [line.partition("pgcache ")[2] for line in lines[:2]] == [
        "refresh --cache account_aging --max-age 600s > /dev/null",
        "refresh --cache account_balance --cache budget_consumption --max-age 18000s > /dev/null",
    ]


def test_a_password_is_not_printed(scheduled: Pgcache) -> None:
    dsn = make_conninfo(scheduled.dsn, password="secret")
    for form in ("cron", "systemd"):
        printed = scheduled("schedule", form, "--dsn", dsn).stdout
        assert "secret" not in printed
        assert f"dbname={scheduled.conn.info.dbname}" in printed


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_takes_the_units(scheduled: Pgcache) -> None:
    outcome = scheduled("schedule", "systemd", "--to", "units")
    units = sorted(Path("units").iterdir())
    assert [unit.name for unit in units] == [
        f"pgcache-{job}.{kind}" for job in ("reconcile", "refresh", "rollover") for kind in ("service", "timer")
    ]
    assert len(outcome.stderr.splitlines()) == len(units)
    printed = scheduled("schedule", "systemd").stdout
    assert all(unit.read_text() in printed for unit in units)
    checked = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_kubernetes_has_a_cron_job_for_each(scheduled: Pgcache) -> None:
    found = list(yaml.safe_load_all(scheduled("schedule", "kubernetes", "--image", "pgcache:1").stdout))
    assert [(job["kind"], job["metadata"]["name"], job["spec"]["schedule"]) for job in found] == [
        ("CronJob", "pgcache-refresh", "*/2 * * * *"),
        ("CronJob", "pgcache-rollover", "5 * * * *"),
        ("CronJob", "pgcache-reconcile", "40 3 * * *"),
    ]
    (container,) = found[0]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert (container["image"], container["command"][:2]) == ("pgcache:1", ["pgcache", "refresh"])
    assert container["env"][0]["valueFrom"]["secretKeyRef"] == {"name": "pgcache", "key": "dsn"}


def test_pg_cron_runs_what_is_printed_and_what_is_installed(scheduled: Pgcache) -> None:
    assert "create the extension here" in scheduled("schedule", "pg_cron", "--install", code=1).error
    scheduled.conn.execute(PG_CRON.encode())
    scheduled.conn.execute(scheduled("schedule", "pg_cron").stdout.encode())
    printed = jobs(scheduled)
    assert [(name, schedule) for name, schedule, _ in printed] == [
        ("refresh account_aging", "*/2 * * * *"),
        ("rollover budget_consumption", "5 * * * *"),
        ("reconcile account_aging", "40 3 * * *"),
        ("reconcile account_balance", "40 3 * * *"),
        ("reconcile budget_consumption", "40 3 * * *"),
    ]
    for _, _, statement in printed:
        scheduled.conn.execute(statement.encode())
    scheduled.conn.execute("DELETE FROM cron.job")
    assert scheduled("schedule", "pg_cron", "--install").stderr.count("scheduled: ") == 5
    assert jobs(scheduled) == printed


def test_installing_again_changes_and_removes_but_keeps_what_is_not_its_own(scheduled: Pgcache) -> None:
    scheduled.conn.execute(PG_CRON.encode())
    scheduled("schedule", "pg_cron", "--install")
    scheduled.conn.execute("SELECT cron.schedule('pgcache elsewhere: refresh x', '* * * * *', 'SELECT 1')")
    scheduled.conn.execute("UPDATE pgcache.cache SET refresh_every = '10 seconds' WHERE name = 'account_aging'")
    scheduled.conn.execute("DELETE FROM pgcache.cache WHERE name = 'budget_consumption'")
    scheduled("schedule", "pg_cron", "--install")
    assert [(name, schedule) for name, schedule, _ in jobs(scheduled)] == [
        ("refresh account_aging", "10 seconds"),
        ("reconcile account_aging", "40 3 * * *"),
        ("reconcile account_balance", "40 3 * * *"),
        ("refresh x", "* * * * *"),
    ]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["cron", "--to", "x"], "--to is for systemd, whose units are files; redirect what is printed"),
        (["cron", "--install"], "--install is for pg_cron"),
        (["kubernetes"], "kubernetes needs --image"),
        (["cron", "--image", "x"], "--image is for kubernetes"),
    ],
)
def test_options_of_other_schedulers(scheduled: Pgcache, arguments: list[str], error: str) -> None:
    assert error in scheduled("schedule", *arguments, code=2).error


def test_units_that_cannot_be_written(scheduled: Pgcache) -> None:
    Path("file").touch()
    error = scheduled("schedule", "systemd", "--to", "file", code=1).error
    assert error == "file cannot be written: File exists"


def test_the_examples_work(scheduled: Pgcache) -> None:
    found = examples(scheduled("schedule", "--help").stdout)
    assert len(found) == 4
    for example in found:
        scheduled(*example.split()[1:])
