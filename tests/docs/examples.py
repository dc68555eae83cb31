"""Runs the examples of a document, block by block, in the order in which they stand; docs/README.md has the rules."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from tests.support import client

_FENCE = re.compile(r"^```(?P<language>\w+)(?: (?P<argument>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = "$ "
_EXIT_CODE = "echo $?"


@dataclass(frozen=True)
class Block:
    """A fenced block; `under` is what stands between it and the block before."""

    line: int
    language: str
    argument: str
    text: str
    under: str

    @property
    def runnable(self) -> bool:
        return self.argument != "skip" and (self.language in ("sh", "sql", "console") or bool(self.argument))


def blocks(document: str) -> Iterator[Block]:
    """Every fenced block of a document, in order."""
    end = 0
    for match in _FENCE.finditer(document):
        line = document.count("\n", 0, match.start()) + 1
        yield Block(line, match["language"], match["argument"] or "", match["text"], document[end : match.start()])
        end = match.end()


@dataclass(frozen=True)
class Examples:
    """Where the examples of one document run: a directory and a database of their own."""

    directory: Path
    dsn: str

    def run(self, document: str) -> None:
        """Run a document's examples.

        Raises
        ------
        AssertionError
            One of them failed, or printed something else than the document says.
        """
        shown = list(blocks(document))
        for block, after in zip(shown, [*shown[1:], None], strict=True):
            if block.runnable:
                self._run(block, after)

    def _run(self, block: Block, after: Block | None) -> None:
        place = f"the {block.language} block at line {block.line}"
        if block.argument:
            (self.directory / block.argument).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            self._session(block, place)
        else:
            command = ["bash", "-e"] if block.language == "sh" else ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
            code, output = self._call(command, block.text)
            assert code == 0, f"{place} ended with exit code {code}:\n{output}"
            if after and (after.language, after.argument, after.under.strip()) == ("text", "", ""):
                _check(place, output, after.text)

    def _session(self, block: Block, place: str) -> None:
        entries = re.split(r"^(?=\$ )", block.text, flags=re.MULTILINE)
        assert not entries[0], f"{place} does not begin with a command"
        steps = [entry.removeprefix(_COMMAND).partition("\n") for entry in entries[1:]]
        code = 0
        for number, (command, _, expected) in enumerate(steps, 1):
            code, output = self._call(["bash", "-c", f"(exit {code}); {command}"])
            _check(f"{command!r} in {place}", output, expected)
            asked = number < len(steps) and steps[number][0] == _EXIT_CODE
            assert code == 0 or asked, f"{command!r} in {place} ended with exit code {code}"

    def _call(self, command: list[str], text: str = "") -> tuple[int, str]:
        """Run a program; give its exit code, and what it wrote to stdout and stderr."""
        outcome = subprocess.run(
            command,
            cwd=self.directory,
            env=self._environment(),
            input=text,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return outcome.returncode, outcome.stdout

    def _environment(self) -> dict[str, str]:
        service = self.directory / ".pg_service.conf"
        settings = (f"{name}={value}\n" for name, value in conninfo_to_dict(self.dsn).items())
        service.write_text("[examples]\n" + "".join(settings))
        programs = [Path(sys.executable).parent, client("psql").parent]
        return {
            "HOME": str(self.directory),
            "LC_ALL": "C.UTF-8",
            "PATH": os.pathsep.join([*map(str, programs), os.environ["PATH"]]),
            "PGSERVICEFILE": str(service),
            "PGSERVICE": "examples",
            "PGTZ": "UTC",
        }


def _check(place: str, output: str, expected: str) -> None:
    pattern = re.escape(_stripped(expected)).replace(re.escape("..."), ".*")
    assert re.fullmatch(pattern, _stripped(output), re.DOTALL), f"{place} printed\n{output}\ninstead of\n{expected}"


def _stripped(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
