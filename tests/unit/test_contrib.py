"""What pgcache offers to frameworks needs them; pgcache itself does not."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import pkgutil, sys
import pgcache

for module in pkgutil.walk_packages(pgcache.__path__, "pgcache."):
    if not module.name.startswith("pgcache.contrib.") and module.name != "pgcache.__main__":
        __import__(module.name)
print(sorted({"django"} & set(sys.modules)))
"""


def test_pgcache_never_imports_django() -> None:
    outcome = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    assert outcome.stdout == "[]\n"
