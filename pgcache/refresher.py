"""Refreshes again and again, until it is told to stop."""

from __future__ import annotations

import select
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg

from pgcache import queries
from pgcache.errors import PgcacheError
from pgcache.reconcile import caches_of
from pgcache.refresh import Refreshed, refresh

RETRY_SECONDS = 5.0
"""How long to wait before a lost server is looked for again; less where refreshes are more frequent."""

Connection = psycopg.Connection[Any]


class Stop:
    """Whether SIGTERM or SIGINT has asked to stop; a refresh then ends with the transaction that it is in."""

    def __init__(self) -> None:
        self.asked = False
        self._reader, self._writer = socket.socketpair()

    def ask(self, *_: object) -> None:
        """Ask to stop; safe in a signal handler."""
        if not self.asked:
            self.asked = True
            self._writer.send(b".")

    def wait(self, seconds: float) -> None:
        """Wait for some time, or until stopping is asked for."""
        select.select([self._reader], [], [], max(seconds, 0))

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT ask while the block runs."""
        before = {number: signal.signal(number, self.ask) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            self._reader.close()
            self._writer.close()


@dataclass
class Refresher:
    """Refreshes caches at a fixed pace, however long a refresh takes. Of many that run, one refreshes each cache.

    Parameters
    ----------
    connect:
        Opens an autocommit connection to the database.
    explain:
        Says in one line what the database refused.
    say:
        Told a line at a time what happens.
    every:
        The time from one start to the next. A start that a long refresh has missed is left out.
    names:
        The caches; all that are installed at the time where there are none.
    told:
        Told, with the connection, what each refresh of a cache did.
    """

    connect: Callable[[], Connection]
    explain: Callable[[psycopg.Error, Connection], str]
    say: Callable[[str], None]
    every: timedelta
    names: Sequence[str]
    told: Callable[[Connection, Refreshed], None]
    stop: Stop = field(default_factory=Stop)
    _led: set[str] = field(default_factory=set, init=False)
    _followed: set[str] = field(default_factory=set, init=False)

    def run(self) -> None:
        """Refresh until SIGTERM or SIGINT.

        Raises
        ------
        PgcacheError
            There is no server, or no such cache, at the start; later both are waited for.
        """
        with self.stop.on_signals():
            conn = self.connect()
            try:
                caches_of(conn, names=self.names)
                began = time.monotonic()
                pace = self.every.total_seconds()
                while not self.stop.asked:
                    conn = self._round(conn)
                    passed = time.monotonic() - began
                    self.stop.wait(pace - passed % pace)
            finally:
                conn.close()

    def _round(self, conn: Connection) -> Connection:
        """Refresh each cache once, on the connection or on the one that takes its place."""
        while not self.stop.asked:
            try:
                self._refresh_all(conn)
            except psycopg.Error as error:
                if not conn.closed:
                    raise
                self.say(self.explain(error, conn))
                conn = self._reconnected(conn)
            except PgcacheError as error:  # pgcache or a cache is not there any more, or not again
                self.say(str(error))
                break
            else:
                break
        return conn

    def _refresh_all(self, conn: Connection) -> None:
        for cache in caches_of(conn, names=self.names):
            if self.stop.asked or not self._leads(conn, cache):
                continue
            try:
                self.told(conn, refresh(conn, cache, stopping=lambda: self.stop.asked))
            except psycopg.Error as error:
                if conn.closed:
                    raise
                self.say(f"cache {cache}: {self.explain(error, conn)}")

    def _leads(self, conn: Connection, cache: str) -> bool:
        """Whether this is the one that refreshes a cache: the first to come, until its connection ends."""
        if cache in self._led:
            return True
        if queries.value(conn, "lead", cache):
            self._led.add(cache)
            self._followed.discard(cache)
            return True
        if cache not in self._followed:
            self._followed.add(cache)
            self.say(f"cache {cache} is refreshed by another process; this one takes its place when that ends")
        return False

    def _reconnected(self, conn: Connection) -> Connection:
        conn.close()
        self._led.clear()
        while not self.stop.asked:
            self.stop.wait(min(RETRY_SECONDS, self.every.total_seconds()))
            try:
                found = self.connect()
            except PgcacheError:
                continue
            self.say("connected again")
            return found
        return conn
