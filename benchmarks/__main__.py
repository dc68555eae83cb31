"""The command line: `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import sys
from fnmatch import fnmatch
from pathlib import Path

from benchmarks.cases import all_cases
from benchmarks.machine import describe
from benchmarks.model import FULL, SHORT
from benchmarks.results import merge, table
from benchmarks.run import run
from benchmarks.server import BenchmarkServer
from pgcache.errors import PgcacheError

# Directories of the system that are on a disk wherever it has one, as /tmp often is not.
_DIRECTORY = Path("/var/tmp")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure what exactness costs, each way as a ratio to a baseline of the same run.",
        epilog="Example: python -m benchmarks 'insert-*' --full --json results.json",
    )
    parser.add_argument("case", nargs="*", help="names or patterns of cases; by default those of a short run")
    parser.add_argument("--full", action="store_true", help="all cases, with more and longer rounds")
    parser.add_argument("--list", action="store_true", help="list the cases and end")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results into a file, beside what it has")
    parser.add_argument(
        "--directory", type=Path, default=_DIRECTORY, help="a directory on a disk, for the data (default: %(default)s)"
    )
    options = parser.parse_args()
    effort = FULL if options.full else SHORT
    cases = [case for case in all_cases() if any(fnmatch(case.name, pattern) for pattern in options.case)]
    if not options.case:
        cases = [case for case in all_cases() if options.full or case.short]
    if options.list:
        for case in cases if options.case else all_cases():
            print(f"{case.name:32} {case.title}{'  [short]' if case.short else ''}")
        return 0
    if not cases:
        _say(f"no case matches {' '.join(options.case)}; python -m benchmarks --list lists them")
        return 2
    results = []
    try:
        with BenchmarkServer(options.directory) as server:
            machine = describe(options.directory, server.version())
            for case in cases:
                _say(f"{case.name}: {case.title}")
                results.append(run(case, server, effort, _say))
                if options.json is not None:
                    merge(options.json, results[-1:], machine)
    except PgcacheError as error:
        _say(f"benchmarks: {error}")
        return 1
    except KeyboardInterrupt:
        _say("interrupted; what was measured so far:")
    print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
