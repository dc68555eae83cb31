"""pgcache init writes a declaration, and never over another one."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from pgcache import config, resources
from pgcache.presets import known
from tests.integration.cli.pgcache import Pgcache


def test_it_writes_the_preset_as_it_is(pgcache: Pgcache) -> None:
    outcome = pgcache("init", "finance")
    written = (pgcache.directory / "pgcache.toml").read_text()
    assert written == resources.sql("presets", "finance", "pgcache.toml")
    assert outcome.stdout == ""
    assert outcome.stderr == "Wrote pgcache.toml. Read it, then run pgcache plan.\n"


@pytest.mark.parametrize(
    "arguments", [("--config", "other.toml", "init", "finance"), ("init", "finance", "--config", "other.toml")]
)
def test_it_writes_where_config_says(pgcache: Pgcache, arguments: tuple[str, ...]) -> None:
    pgcache(*arguments)
    assert [path.name for path in pgcache.directory.iterdir()] == ["other.toml"]


def test_the_environment_names_the_file_too(pgcache: Pgcache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGCACHE_CONFIG", "from environment.toml")
    pgcache("init", "finance")
    pgcache("init", "finance", "--config", "option wins.toml")
    assert {path.name for path in pgcache.directory.iterdir()} == {"from environment.toml", "option wins.toml"}


def test_it_does_not_overwrite(pgcache: Pgcache) -> None:
    pgcache.declare("mine")
    outcome = pgcache("init", "finance", code=1)
    assert (
        outcome.error == "pgcache.toml exists already and was left alone; remove it, or name another file with --config"
    )
    assert (pgcache.directory / "pgcache.toml").read_text() == "mine"


def test_an_unknown_preset(pgcache: Pgcache) -> None:
    outcome = pgcache("init", "finance", "fiance", code=2)
    assert outcome.error == f"no preset is named 'fiance'; known: {', '.join(known())}"
    assert list(pgcache.directory.iterdir()) == []


def test_a_directory_that_is_not_there(pgcache: Pgcache) -> None:
    outcome = pgcache("init", "finance", "--config", "no/such/file.toml", code=1)
    assert outcome.error == "no/such/file.toml: No such file or directory"


def test_several_presets_share_one_file(pgcache: Pgcache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    presets = root / "sql" / "presets"
    shutil.copytree(resources.path("sql", "presets", "finance"), presets / "finance")
    other = resources.sql("presets", "finance", "pgcache.toml")
    for old, new in (("finance", "other"), ("_balance", "_other"), ("_consumption", "_used"), ("rollover_b", "roll_b")):
        other = other.replace(old, new)
    (presets / "other").mkdir()
    (presets / "other" / "pgcache.toml").write_text(other)
    monkeypatch.setattr(resources, "path", root.joinpath)

    pgcache("init", "finance", "other", "finance")
    text = (pgcache.directory / "pgcache.toml").read_text()
    declaration = config.load(pgcache.directory / "pgcache.toml")
    assert declaration.presets == ("finance", "other")
    assert [cache.name for cache in declaration.caches] == [
        "account_balance",
        "budget_consumption",
        "account_other",
        "budget_used",
    ]
    assert tomllib.loads(text)["version"] == 1
    for preset in ("finance", "other"):
        comments = [line for line in resources.sql("presets", preset, "pgcache.toml").splitlines() if "#" in line]
        assert set(comments) <= set(text.splitlines())


def test_each_preset_ends_its_head_with_the_line_that_init_replaces() -> None:
    for file in resources.path("sql", "presets").glob("*/pgcache.toml"):
        head, presets, body = file.read_text().partition(f'presets = ["{file.parent.name}"]\n')
        assert presets
        assert "[[" not in head
        assert list(tomllib.loads(body)) == ["cache"]
