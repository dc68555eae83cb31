"""A server and a hot standby of it, as pg_basebackup makes one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from pgcache.embedded import EmbeddedServer, programs
from pgcache.embedded.account import Account
from tests.support import wait_until

PRIMARY = {"wal_level": "replica", "max_wal_senders": "2", "fsync": "off"}
STANDBY = {"fsync": "off", "hot_standby_feedback": "on"}


@contextmanager
def with_standby(directory: Path) -> Iterator[tuple[EmbeddedServer, EmbeddedServer]]:
    """A server, and a standby that replicates it.

    Parameters
    ----------
    directory:
        Where their data goes; the server's user reaches it.
    """
    with EmbeddedServer(settings=PRIMARY, temporary_in=directory) as primary:
        account = Account()
        data = directory / "standby"
        account.make_directory(data)
        found = programs.runnable(programs.find(), account, data)
        done = account.run(
            *(found.bindir / "pg_basebackup", "-D", data / "pgdata", "--checkpoint=fast", "--write-recovery-conf"),
            *("--no-sync", "-d", primary.dsn()),
        )
        assert done.returncode == 0, done.stdout
        with EmbeddedServer(data, settings=STANDBY) as standby:
            yield primary, standby


def caught_up(primary: psycopg.Connection, standby: psycopg.Connection) -> None:
    """Wait until the standby knows what was committed."""
    (position,) = primary.execute("SELECT pg_current_wal_flush_lsn()::text").fetchall()[0]
    wait_until(
        lambda: standby.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [position]).fetchall() == [(True,)],
        "the standby to replay",
    )
