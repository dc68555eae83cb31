"""A writer whose every statement is timed, while something else goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import psycopg

from benchmarks.database import Database
from benchmarks.household import ACCOUNTS
from benchmarks.model import Connection, Effort, Sample
from benchmarks.work import Work

_INSERT = "INSERT INTO transaction (account_id, flow_type, amount) VALUES (numbered(%s), 'income', 1.25)"


def waiting(
    told: Callable[[Sequence[float]], float],
    beside: Callable[[Connection], object],
    before: Callable[[Connection], object] | None = None,
) -> Work:
    """What is told of the milliseconds that each of a writer's single-row inserts takes while something goes on.

    Parameters
    ----------
    told:
        Of all of them: the longest, say.
    beside:
        What goes on.
    before:
        What is done before it, without the writer.
    """

    def work(database: Database, effort: Effort) -> Sample:
        if before is not None:
            before(database.conn)
        writer = _Writer(database.dsn)
        writer.start()
        try:
            beside(database.conn)
        finally:
            writer.over.set()
            writer.join()
        return Sample(told(writer.waits) * 1000)

    return work


class _Writer(threading.Thread):
    """Inserts rows, one after the other, until it is told that it is over; `waits` has the seconds that each took."""

    def __init__(self, dsn: str) -> None:
        super().__init__()
        self.over = threading.Event()
        self.waits: list[float] = []
        self._dsn = dsn

    def run(self) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as conn:
            conn.execute(_INSERT, (1,))
            while not self.over.is_set():
                start = time.perf_counter()
                conn.execute(_INSERT, (len(self.waits) % ACCOUNTS + 1,))
                self.waits.append(time.perf_counter() - start)
