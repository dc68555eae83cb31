"""The reference says what the code says."""

from __future__ import annotations

import re
from itertools import dropwhile, takewhile
from pathlib import Path

import pytest

from docs.reference.generate import CHECKOUT, FOR_APPLICATIONS, PAGES, functions, generated, tables
from pgcache import resources, toml_cache, toml_deferred
from pgcache.config import loads
from pgcache.errors import DeclarationError
from pgcache.prometheus import HELP

REFERENCE = CHECKOUT / "docs" / "reference"
SQL = [file.read_text(encoding="utf-8") for file in sorted(resources.path("sql").rglob("*.sql"))]
RAISED = re.compile(r"RAISE EXCEPTION '(?P<message>(?:[^']|'')*)'.*?ERRCODE = '(?P<code>\w{5})'", re.DOTALL)


def read(page: str) -> str:
    return (REFERENCE / page).read_text(encoding="utf-8")


def rows(page: str, start: str) -> list[list[str]]:
    """The cells of the first table at or after a line that begins with a text."""
    lines = page.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(start))
    table = list(takewhile(is_row, dropwhile(lambda line: not is_row(line), lines[first:])))
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table[2:]]


def is_row(line: str) -> bool:
    return line.startswith("|")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_generated_parts_are_fresh(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == generated(text), "stale; run python -m docs.reference.generate"


def test_every_function_is_in_the_reference() -> None:
    page = read("sql.md")
    names = {function.name for function in functions()}
    assert set(FOR_APPLICATIONS) <= names
    assert set(re.findall(r"^### pgcache\.(\w+)$", page, re.MULTILINE)) == set(FOR_APPLICATIONS)
    internal = {re.sub(r"`pgcache\.(\w+)`", r"\1", row[0]) for row in rows(page, "## Functions for pgcache itself")}
    assert internal == names - set(FOR_APPLICATIONS)


def test_every_function_says_what_it_locks() -> None:
    silent = [function.name for function in functions() if not re.search(r"[Ll]ock|[Ww]ait|Waits", function.notes)]
    assert silent == []


def test_every_table_is_in_the_reference() -> None:
    named = {re.sub(r"`pgcache\.(\w+)`", r"\1", row[0]) for row in rows(read("sql.md"), "## Tables")}
    created = {name for text in SQL for name in re.findall(r"CREATE TABLE pgcache\.(\w+)", text)}
    assert named == created == {name for name, _ in tables()}


def test_every_status_of_a_drift_is_in_the_reference() -> None:
    state = resources.sql("schema", "0001_state.sql")
    (statuses,) = re.findall(r"CHECK \(status IN\s+\((.*?)\)\)", state, re.DOTALL)
    documented = {row[0] for row in rows(read("sql.md"), "| status ")}
    assert documented == {f"`{status}`" for status in re.findall(r"'(\w+)'", statuses)}


def test_every_error_is_in_the_reference() -> None:
    raised = {
        (match["code"], match["message"].replace("''", "'").replace("%", "…"))
        for text in SQL
        for match in RAISED.finditer(text)
    }
    assert {(row[0], row[1]) for row in rows(read("errors.md"), "| SQLSTATE | message ")} == raised


def test_every_raise_has_a_code_a_detail_and_a_hint() -> None:
    statements = [found for text in SQL for found in re.findall(r"RAISE EXCEPTION.*?;\n", text, re.DOTALL)]
    assert statements
    for statement in statements:
        assert all(option in statement for option in ("ERRCODE = ", "DETAIL = ", "HINT = ")), statement


@pytest.mark.parametrize(
    ("heading", "keys"),
    [
        ("## The file", ("version", "presets", "time_zone", "[[cache]]")),
        ("## `[[cache]]`", toml_cache.CACHE_KEYS),
        ("## `[[cache.source]]`", toml_cache._SOURCE_KEYS),
        ("### `through`", ("table", "on", "key", "where", "through")),
        ("### `refresh`", toml_deferred._REFRESH_KEYS),
        ("### `within`", ("column", "from", "to")),
        ("## `[cache.rollover]`", toml_cache._ROLLOVER_KEYS),
        ("### `history`", toml_cache._HISTORY_KEYS),
    ],
)
def test_every_key_of_the_declaration_is_in_the_reference(heading: str, keys: tuple[str, ...]) -> None:
    shown = [re.sub(r"[`\[\]]|cache\.", "", row[0]) for row in rows(read("toml.md"), heading)]
    assert sorted(shown) == sorted(re.sub(r"[\[\]]", "", key) for key in keys)


def test_the_example_of_everything_is_a_declaration() -> None:
    (example,) = re.findall(r"```toml skip\n(.*?)```", read("toml.md"), re.DOTALL)
    loads(example, "pgcache.toml")
    with pytest.raises(DeclarationError):
        loads(example.replace("within", "witin"), "pgcache.toml")


def test_the_metrics_that_are_documented_are_those_that_there_are() -> None:
    """In the table of the how-to, and none else in its rules."""
    page = (CHECKOUT / "docs/howto/monitor.md").read_text(encoding="utf-8")
    table = page.partition("## The node exporter")[0]
    assert set(re.findall(r"`(pgcache_\w+)`", table)) == set(HELP)
    assert set(re.findall(r"\bpgcache_\w+", page)) == set(HELP)


def test_every_alert_says_what_to_do() -> None:
    page = (CHECKOUT / "docs/howto/monitor.md").read_text(encoding="utf-8")
    (rules,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    alerts = rules.split("- alert: ")[1:]
    assert len(alerts) >= 10
    for alert in alerts:
        assert all(f"{key}: " in alert for key in ("expr", "summary", "do")), alert
