"""The examples in the help texts work as they are written."""

from __future__ import annotations

import re
import shlex

import pytest

from pgcache import presets
from pgcache.cli import COMMANDS
from tests.integration.cli.pgcache import Pgcache

# A command changes what the others find, and the example of recompute names a key of nobody's.
KEY = "f3b5a6ab-9a35-4d5f-9d0a-0a6f1f1c1c11"


def examples(help_text: str) -> list[str]:
    """The lines below Example: or Examples:."""
    found = re.search(r"^  Examples?.*:\n((?:    .*\n)+)", help_text, re.MULTILINE)
    assert found, help_text
    return [line.strip() for line in found[1].splitlines()]


# Those that need another database have tests of their own, as timeline, aging and schedule have beside their others.
ELSEWHERE = ("init", "drift", "timeline", "aging", "schedule", "demo")


@pytest.mark.parametrize("name", [*(name for name in COMMANDS if name not in ELSEWHERE), "drift list"])
def test_an_example_works(finance: Pgcache, name: str) -> None:
    finance.conn.execute("INSERT INTO account (id, name) VALUES (%s, 'An example')", (KEY,))
    for example in examples(finance(*name.split(), "--help").stdout):
        program, *arguments = shlex.split(example.partition(" > ")[0])
        assert program == "pgcache"
        assert arguments[: len(name.split())] == name.split()
        if "--every" not in arguments:  # which keeps running
            finance(*arguments)


def test_the_example_of_a_new_project_works(pgcache: Pgcache) -> None:
    export, *commands = examples(pgcache("--help").stdout)
    assert export.startswith("export PGCACHE_DSN=")
    for command in commands:
        pgcache(*command.split()[1:])
    assert pgcache.value("SELECT count(*) FROM account") == 0


def test_the_example_of_init_works(pgcache: Pgcache) -> None:
    (example,) = examples(pgcache("init", "--help").stdout)
    pgcache(*example.split()[1:])
    assert (pgcache.directory / "pgcache.toml").exists()


def test_the_help_of_init_lists_the_presets(pgcache: Pgcache) -> None:
    assert f"Presets: {', '.join(presets.known())}." in pgcache("init", "--help").stdout
