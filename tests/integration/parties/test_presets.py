"""From init to exact balances, alone and beside the finance preset, by the commands that a user would run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgcache import config, presets, resources
from tests.integration.cli.pgcache import Pgcache
from tests.integration.finance.household import CACHES as FINANCE
from tests.integration.parties.bakery import CACHES as PARTIES
from tests.oracle.compare import assert_exact


@pytest.fixture
def empty(dsn: str, conn: psycopg.Connection[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pgcache:
    """The command line in a directory of its own, on an empty database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PGCACHE_CONFIG", raising=False)
    return Pgcache(dsn, tmp_path, conn)


@pytest.mark.parametrize("names", [("parties",), ("finance", "parties"), ("parties", "finance")], ids=" ".join)
def test_from_init_to_exact_balances(empty: Pgcache, names: tuple[str, ...]) -> None:
    empty("init", *names)
    # Whatever does not need saying is not said: the tables have every index that a recompute needs.
    assert "Warning" not in empty("migrate", "--with-tables").stderr
    for name in names:
        empty.conn.execute(resources.sql("presets", name, "example.sql").encode())
    caches = {"finance": FINANCE, "parties": PARTIES}
    assert_exact(empty.conn, *(cache for name in names for cache in caches[name]))
    assert empty("migrate", "--with-tables").stdout == "Nothing to do.\n"
    checked = empty("reconcile", "--all", "--json").json["caches"]
    assert {cache["cache"] for cache in checked} == {cache for name in names for cache in caches[name]}
    assert all(cache["checked"] and not cache["drifted"] for cache in checked)


def test_existing_rows_are_counted_when_the_caches_are_installed(empty: Pgcache) -> None:
    for file in ("tables.sql", "example.sql"):
        empty.conn.execute(resources.sql("presets", "parties", file).encode())
    assert empty.value("SELECT max(balance) FROM customers") == 0
    empty("init", "parties")
    empty("migrate")
    assert empty.value("SELECT max(balance) FROM customers") > 0
    assert_exact(empty.conn, *PARTIES)


def test_the_comments_of_both_presets_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "pgcache.toml"
    file.write_text(presets.declaration(["finance", "parties"]))
    assert config.load(file).presets == ("finance", "parties")
    assert [cache.name for cache in config.load(file).caches] == [*FINANCE, *PARTIES]
    for preset in ("finance", "parties"):
        comments = [line for line in resources.sql("presets", preset, "pgcache.toml").splitlines() if "#" in line]
        assert set(comments) <= set(file.read_text().splitlines())
