"""Writes into the documentation what it repeats of the code: `python -m docs.reference.generate`.

A page says `<!-- generated: NAME -->` where it wants the section of that name, and `<!-- end -->` where that ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from click.testing import CliRunner

from benchmarks import results
from benchmarks.cases import all_cases
from pgcache import resources
from pgcache.cli import cli

CHECKOUT = Path(__file__).parents[2]
PAGES = tuple(
    CHECKOUT / page
    for page in ("README.md", "docs/reference/benchmarks.md", "docs/reference/cli.md", "docs/reference/sql.md")
)

# What applications and cron call; the other functions of the schema are for pgcache's own use.
FOR_APPLICATIONS = (
    "recompute",
    "reconcile",
    "approve",
    "reject",
    "compare",
    "refresh",
    "failures",
    "staleness",
    "fold",
    "status",
    "metrics",
    "purge",
    "today",
)

_SECTION = re.compile(r"(?P<start><!-- generated: (?P<name>\w+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)
_FUNCTION = re.compile(
    r"CREATE OR REPLACE FUNCTION pgcache\.\w+\((?P<parameters>.*?)\)\s+RETURNS\s+(?P<result>.*?)\n    LANGUAGE",
    re.DOTALL,
)
_COMMENT = re.compile(
    r"COMMENT ON (?P<kind>FUNCTION|TABLE) pgcache\.(?P<name>\w+)\S*.*?\sIS\s+'(?P<text>(?:[^']|'')*)';"
)


@dataclass(frozen=True)
class Function:
    """What the file of a function says of it; `notes` is the prose above it, which tells its locks."""

    name: str
    parameters: str
    result: str
    comment: str
    notes: str


def functions() -> list[Function]:
    """Every function that pgcache ships, by name."""
    found = []
    for file in sorted(resources.path("sql", "functions").glob("*.sql")):
        text = file.read_text(encoding="utf-8")
        declared, comment = _FUNCTION.search(text), _COMMENT.search(text)
        if declared is None or comment is None:
            raise ValueError(f"{file.name}: no function with a COMMENT ON")
        notes = (line.removeprefix("--").strip() for line in text.splitlines() if line.startswith("-- "))
        found.append(
            Function(
                file.stem,
                " ".join(declared["parameters"].split()),
                " ".join(declared["result"].split()),
                comment["text"].replace("''", "'"),
                " ".join(notes),
            )
        )
    return found


def tables() -> list[tuple[str, str]]:
    """Every table of the schema pgcache, with its comment."""
    texts = (file.read_text(encoding="utf-8") for file in sorted(resources.path("sql", "schema").glob("*.sql")))
    found = (match for text in texts for match in _COMMENT.finditer(text) if match["kind"] == "TABLE")
    return [(match["name"], match["text"].replace("''", "'")) for match in found]


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command, by the words that call it."""
    context = click.Context(cli, info_name="pgcache")
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            inner = click.Context(command, parent=context, info_name=name)
            for subname in command.list_commands(inner):
                subcommand = command.get_command(inner, subname)
                assert subcommand is not None
                yield f"{name} {subname}", subcommand
        else:
            yield name, command


def command_table() -> str:
    lines = ["| command | does |", "|---|---|"]
    for name, command in commands():
        pieces = [piece for piece in command.collect_usage_pieces(click.Context(command)) if piece != "[OPTIONS]"]
        lines.append(f"| `{' '.join(['pgcache', name, *pieces])}` | {command.get_short_help_str(200)} |")
    return "\n".join(lines)


def help_texts() -> str:
    return "\n\n".join(
        f"## {' '.join(['pgcache', *words])}\n\n```text\n{_help(words)}```"
        for words in ([], *(name.split() for name, _ in commands()))
    )


def _help(words: list[str]) -> str:
    return CliRunner(env={"COLUMNS": "80"}).invoke(cli, [*words, "--help"], prog_name="pgcache").stdout


def function_table() -> str:
    by_name = {function.name: function for function in functions()}
    lines = ["| function | does |", "|---|---|"]
    lines += [
        f"| `pgcache.{name}({by_name[name].parameters})` | {_cell(by_name[name].comment)} |"
        for name in FOR_APPLICATIONS
    ]
    return "\n".join(lines)


def function_texts() -> str:
    by_name = {function.name: function for function in functions()}
    return "\n\n".join(
        f"### pgcache.{function.name}\n\n"
        f"```text\npgcache.{function.name}({function.parameters})\n  RETURNS {function.result}\n```\n\n"
        f"{function.comment}\n\n{function.notes}"
        for function in (by_name[name] for name in FOR_APPLICATIONS)
    )


def internal_table() -> str:
    lines = ["| function | does |", "|---|---|"]
    lines += [
        f"| `pgcache.{function.name}` | {_cell(f'{function.comment} {function.notes}')} |"
        for function in functions()
        if function.name not in FOR_APPLICATIONS
    ]
    return "\n".join(lines)


def table_table() -> str:
    return "\n".join(
        ["| table | holds |", "|---|---|", *(f"| `pgcache.{name}` | {_cell(comment)} |" for name, comment in tables())]
    )


def measured() -> str:
    cases, machines = results.read(CHECKOUT / "docs" / "reference" / "benchmarks.json")
    order = [case.name for case in all_cases()]
    cases.sort(key=lambda case: order.index(case.name))
    lines = ["; ".join(f"{name}: {value}" for name, value in machine.items()) + "." for machine in machines]
    return "\n\n".join([*lines, results.table(cases)])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


SECTIONS: dict[str, Callable[[], str]] = {
    "commands": command_table,
    "help": help_texts,
    "functions": function_table,
    "signatures": function_texts,
    "internals": internal_table,
    "tables": table_table,
    "benchmarks": measured,
}


def generated(page: str) -> str:
    """Give the text of a page with its sections as they should be."""
    return _SECTION.sub(lambda match: f"{match['start']}{SECTIONS[match['name']]()}\n{match['end']}", page)


def main() -> None:
    for page in PAGES:
        page.write_text(generated(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
