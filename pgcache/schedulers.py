"""How schedulers write the jobs: cron, systemd, Kubernetes and pg_cron."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from psycopg import sql

from pgcache import queries
from pgcache.errors import PgcacheError
from pgcache.schedule import Job


def crontab(jobs: Sequence[Job], program: Sequence[str], dsn: str) -> str:
    """Lines for a crontab.

    Parameters
    ----------
    jobs:
        What to run.
    program:
        The words that run pgcache: cron finds no program by its name alone.
    dsn:
        The database, without a password.
    """
    quote = "'" if '"' in dsn else '"'
    lines = [
        "# pgcache: for `crontab -e`. What somebody should look at goes to stderr, and cron mails it.",
        f"PGCACHE_DSN={quote}{dsn}{quote}",
    ]
    # An unescaped % ends a command of cron.
    lines += [
        f"{job.cron:<11}  {shlex.join([*program, *job.arguments])}".replace("%", r"\%") + " > /dev/null" for job in jobs
    ]
    return "".join(f"{line}\n" for line in lines)


def systemd(jobs: Sequence[Job], program: Sequence[str], dsn: str) -> dict[str, str]:
    """The units of systemd by their file names, a service and a timer for each job; parameters as of `crontab`."""
    units = {}
    for job in jobs:
        units[f"pgcache-{job.name}.service"] = _unit(
            Unit=[f"Description=pgcache {job.name}", "After=network-online.target", "Wants=network-online.target"],
            Service=[
                "Type=oneshot",
                f"Environment={_systemd_word('PGCACHE_DSN=' + dsn)}",
                f"ExecStart={' '.join(_systemd_word(word).replace('$', '$$') for word in [*program, *job.arguments])}",
                # The results would fill the journal; what somebody should look at goes to stderr.
                "StandardOutput=null",
            ],
        )
        if job.pace is None:
            when = ["OnCalendar=*-*-* 03:40:00", "Persistent=true"]
        else:
            when = ["OnActiveSec=0", f"OnUnitActiveSec={round(job.pace.total_seconds())}s", "AccuracySec=1s"]
        units[f"pgcache-{job.name}.timer"] = _unit(
            Unit=[f"Description=pgcache {job.name}, regularly"], Timer=when, Install=["WantedBy=timers.target"]
        )
    return units


def kubernetes(jobs: Sequence[Job], image: str) -> str:
    """CronJobs of Kubernetes, whose secret `pgcache` holds the database as `dsn`.

    Parameters
    ----------
    jobs:
        What to run.
    image:
        The container image that has pgcache.
    """
    return "---\n".join(
        _KUBERNETES.format(
            name=f"pgcache-{job.name}",
            schedule=json.dumps(job.cron),
            image=json.dumps(image, ensure_ascii=False),
            command=json.dumps(["pgcache", *job.arguments], ensure_ascii=False),
        )
        for job in jobs
    )


def pg_cron(jobs: Sequence[Job], database: str) -> str:
    """Statements for the database in which pg_cron keeps its jobs, that may be another one.

    Parameters
    ----------
    jobs:
        What to run.
    database:
        Where to run it.
    """
    call = sql.SQL("SELECT cron.schedule_in_database({});\n")
    return "".join(
        call.format(sql.SQL(", ").join(map(sql.Literal, (*words, database)))).as_string()
        for words in _pg_cron_jobs(jobs, database)
    )


def install(conn: psycopg.Connection[Any], jobs: Sequence[Job]) -> list[str]:
    """Schedule the jobs by pg_cron in the connected database, and unschedule those of before that are needed no more.

    Returns
    -------
    list
        The names of the jobs.

    Raises
    ------
    PgcacheError
        pg_cron is not in this database.
    """
    if not queries.value(conn, "pg_cron_exists"):
        raise PgcacheError(
            f"pg_cron is not in database {conn.info.dbname!r}; create the extension here, or run what "
            "pgcache schedule pg_cron prints in the database that has it"
        )
    scheduled = list(_pg_cron_jobs(jobs, conn.info.dbname))
    with conn.transaction():
        for words in scheduled:
            queries.value(conn, "pg_cron_schedule", *words)
        names = [name for name, *_ in scheduled]
        queries.rows(conn, "pg_cron_unschedule", _prefix(conn.info.dbname), names)
    return names


def _prefix(database: str) -> str:
    # The databases of a server share the names of their jobs.
    return f"pgcache {database}: "


def _pg_cron_jobs(jobs: Sequence[Job], database: str) -> Iterator[tuple[str, str, str]]:
    """The name, the schedule and the command of each; one for each cache, so that one that fails stops no other."""
    for job in jobs:
        seconds = round(job.pace.total_seconds()) if job.pace else 60
        when = f"{seconds} seconds" if seconds < 60 else job.cron
        for cache, statement in job.statements.items():
            yield f"{_prefix(database)}{job.arguments[0]} {cache}", when, statement


def _unit(**sections: Sequence[str]) -> str:
    return "\n".join(f"[{name}]\n" + "".join(f"{line}\n" for line in lines) for name, lines in sections.items())


def _systemd_word(word: str) -> str:
    """A word as systemd reads it: quoted where it must be, a % doubled."""
    word = word.replace("%", "%%")
    if not any(char in word for char in " \t'\"\\;"):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_KUBERNETES = """\
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {name}
spec:
  schedule: {schedule}
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: pgcache
              image: {image}
              command: {command}
              env:
                - name: PGCACHE_DSN
                  valueFrom:
                    secretKeyRef:
                      name: pgcache
                      key: dsn
"""
