"""A case that is run by the harness, on a server of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.database import Database
from benchmarks.model import Base, Case, Connection, Effort, Sample, Skip, Variant
from benchmarks.run import run
from benchmarks.server import SETTINGS, BenchmarkServer, file_system

EFFORT = Effort("short", rounds=2, seconds=1)


@pytest.mark.skipif(file_system(Path("/var/tmp")) in ("tmpfs", "ramfs"), reason="/var/tmp is in memory")
def test_variants_take_turns_each_in_a_database_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert SETTINGS["fsync"] == SETTINGS["synchronous_commit"] == "on"
    monkeypatch.setitem(SETTINGS, "fsync", "off")  # here nothing is measured
    turns: list[str] = []

    def build(conn: Connection) -> None:
        conn.execute("CREATE TABLE entry (way text)")

    def variant(name: str) -> Variant:
        def work(database: Database, effort: Effort) -> Sample:
            turns.append(name)
            database.conn.execute("INSERT INTO entry VALUES (%s)", (name,))
            row = database.conn.execute("SELECT count(*), count(DISTINCT way) FROM entry").fetchone()
            assert row is not None
            assert row[1] == 1
            return Sample(float(row[0]))

        return Variant(name, work)

    def missing(conn: Connection) -> None:
        raise Skip("it is not there")

    left_out = Variant("c", variant("c").work, missing)
    case = Case("turns", "Turns", "rows", "more", Base("empty", build), (variant("a"), variant("b"), left_out))
    said: list[str] = []
    with BenchmarkServer(Path("/var/tmp")) as server:
        result = run(case, server, EFFORT, said.append)
        with server.copies([case.base]) as (database,):
            assert database.conn.execute("SELECT FROM entry").fetchall() == []
    assert turns == ["a", "b"] * 3
    # The first round does not count.
    assert [(found.name, found.samples) for found in result.variants] == [("a", [2.0, 3.0]), ("b", [2.0, 3.0])]
    assert result.skipped == {"c": "it is not there"}
    assert "  c: left out, it is not there" in said
