"""A second session, whose transaction stays open while the first one goes on: what makes deltas wait in mode nowait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from hypothesis import strategies as st

from tests.histories import events
from tests.histories.events import LEVELS, Statement
from tests.histories.world import Declared, World

LOCK_TIMEOUT = "30ms"
"""How long the sessions wait for each other; there is nobody who could let go meanwhile."""


@contextmanager
def connected(first: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """A second connection to the same database; neither waits for the other for long."""
    first.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'".encode())
    with psycopg.connect(first.info.dsn, autocommit=True) as conn:
        conn.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'".encode())
        yield conn


@dataclass(frozen=True)
class Step:
    """What the second session may do next.

    All of it is drawn in advance: what is drawn must not depend on what became of the transaction before.
    """

    begins: str
    kind: str
    ending: str
    hold: Statement
    write: Statement
    rewrite: Statement
    fold: Statement

    def statement(self, level: str) -> Statement:
        """What it does in a transaction at some level.

        Above READ COMMITTED it writes sources alone: who changes a mapping or a target there marks what it cannot see.
        """
        if self.kind in ("rewrite", "fold") and level == "READ COMMITTED":
            return self.rewrite if self.kind == "rewrite" else self.fold
        return self.hold if self.kind == "hold" else self.write


def steps(world: World, declared: Declared) -> st.SearchStrategy[Step]:
    return st.builds(
        Step,
        st.sampled_from(LEVELS),
        st.sampled_from(("hold", "hold", "write", "write", "rewrite", "fold", "end", "end")),
        st.sampled_from(("COMMIT", "COMMIT", "ROLLBACK")),
        _holding(declared),
        events.writes(world),
        events.rewrites(world),
        _folds(declared),
    )


def _holding(declared: Declared) -> st.SearchStrategy[Statement]:
    """Some rows of a target, or all: those that nobody else holds."""
    rows = st.sampled_from(("LIMIT 1", "LIMIT 1 OFFSET 1", "LIMIT 2", "LIMIT 100", "LIMIT 100"))
    return st.tuples(st.sampled_from(declared.targets), rows).map(
        lambda drawn: Statement(f"SELECT FROM {drawn[0]} ORDER BY ctid {drawn[1]} FOR NO KEY UPDATE SKIP LOCKED")
    )


def _folds(declared: Declared) -> st.SearchStrategy[Statement]:
    return st.sampled_from(sorted(declared.plain)).map(lambda cache: Statement(f"SELECT pgcache.fold('{cache}')"))
