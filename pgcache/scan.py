"""Which keys a pass reads, and in which pieces: all at once, by ranges, a sample, the latest, a standby's suspects."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg

from pgcache import queries
from pgcache.errors import PgcacheError

KEYS_BATCH = 1000
"""How many keys that are named one by one are compared in one statement."""

REPLAY_SECONDS = 60
"""How long a standby may take to replay what was committed before it is read."""


@dataclass(frozen=True)
class Scan:
    """How a pass reads the keys of a cache.

    Parameters
    ----------
    batch_size:
        Read them in ranges of so many keys, each in a transaction of its own, and correct as many in one; all in one
        statement where None.
    sleep:
        How many seconds to rest after each transaction.
    resume:
        Go on with a pass that was interrupted, if there is one.
    sample:
        Read each key with a chance of so many percent only.
    since:
        Read the keys alone whose source rows were written within this time, where the sources tell it.
    standby:
        A connection to a standby, not in autocommit mode, which is read as a whole; what differs there is read
        again on the primary, and nothing else is.
    wait:
        Wait for another pass over the same cache to end.
    """

    batch_size: int | None = None
    sleep: float = 0
    resume: bool = False
    sample: Decimal | None = None
    standby: psycopg.Connection[Any] | None = None
    wait: bool = False
    since: timedelta | None = None

    @property
    def partial(self) -> bool:
        """Whether it reads the keys that it names alone."""
        return self.sample is not None or self.since is not None or self.standby is not None

    @property
    def kind(self) -> str:
        """What a pass is in pgcache.run: a standby tells of all keys, the others of some."""
        return "check" if self.partial and self.standby is None else "reconcile"

    def rest(self) -> None:
        if self.sleep:
            time.sleep(self.sleep)


WHOLE = Scan()


def named_keys(conn: psycopg.Connection[Any], cache: str, scan: Scan) -> Iterator[list[str]]:
    """The keys that a partial scan reads, batch by batch; the server keeps them, not the client."""
    if scan.standby is not None:
        _await_replay(conn, scan.standby)
        with scan.standby.transaction():
            yield from _batches(scan.standby, "suspects", cache)
    elif scan.since is not None:
        yield from _batches(conn, "touched_keys", cache, scan.since)
    else:
        yield from _batches(conn, "sample_keys", cache, scan.sample)


def _batches(conn: psycopg.Connection[Any], query: str, *values: Any) -> Iterator[list[str]]:
    with queries.stream(conn, query, *values, size=KEYS_BATCH) as found:
        while rows := found.fetchmany(KEYS_BATCH):
            yield [key for (key,) in rows]


def _await_replay(primary: psycopg.Connection[Any], standby: psycopg.Connection[Any]) -> None:
    """Wait until the standby knows what was committed here, so that it tells as much as the primary itself would."""
    position = queries.value(primary, "wal_position")
    deadline = time.monotonic() + REPLAY_SECONDS
    while not queries.value(standby, "replayed", position):
        standby.rollback()
        if time.monotonic() > deadline:
            raise PgcacheError(
                f"the standby of --scan-dsn is more than {REPLAY_SECONDS} seconds behind; see pg_stat_replication, "
                "and run it again when it has caught up, or without --scan-dsn"
            )
        time.sleep(0.05)
    standby.rollback()


def check_standby(primary: psycopg.Connection[Any], standby: psycopg.Connection[Any]) -> None:
    """Refuse to scan what is not a standby of the primary: a database of its own may be clean where this one is not.

    Raises
    ------
    PgcacheError
        It is another server, another database, or not a standby.
    """
    here, there = queries.row(primary, "server"), queries.row(standby, "server")
    assert here
    assert there
    standby.rollback()
    if not there["standby"]:
        raise PgcacheError("the server of --scan-dsn is not a standby; name one that replicates this server")
    if (here["system_identifier"], here["database"]) != (there["system_identifier"], there["database"]):
        raise PgcacheError(
            f"--scan-dsn leads to database {standby.info.dbname!r} of another server, "
            "or to another database; name a standby of this one"
        )
