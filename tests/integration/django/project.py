"""A Django project of its own, as django-admin makes one, on the database of a test."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from tests.integration.cli.pgcache import Outcome

_HERE = Path(__file__).parent
_CHECKOUT = _HERE.parents[2]

_SETTINGS = """
import json
import os

DATABASES = json.loads(os.environ["DATABASES"])
INSTALLED_APPS += ["pgcache.contrib.django", "shop"]
"""

_NAMES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
_IMPORTS = """
import sys
from decimal import Decimal
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from shop.models import *

"""


def start_project(directory: Path) -> None:
    """Make the project, with the app "shop" and pgcache's among its apps."""
    subprocess.run([sys.executable, "-m", "django", "startproject", "accounting", directory], check=True)
    shutil.copytree(_HERE / "shop", directory / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    with (directory / "accounting" / "settings.py").open("a") as settings:
        settings.write(_SETTINGS)


def database(dsn: str, **settings: object) -> dict[str, Any]:
    """What Django's DATABASES says of a libpq connection string."""
    parts = conninfo_to_dict(dsn)
    named = {_NAMES[name]: str(value) for name, value in parts.items() if name in _NAMES}
    options = {name: value for name, value in parts.items() if name not in _NAMES}
    return {"ENGINE": "django.db.backends.postgresql", **named, "OPTIONS": options, **settings}


SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}


@dataclass
class Project:
    """manage.py of the project.

    Parameters
    ----------
    directory:
        Where manage.py is.
    databases:
        Django's DATABASES.
    """

    directory: Path
    databases: dict[str, dict[str, Any]]

    def manage(self, *args: str, code: int = 0) -> Outcome:
        """Run manage.py, which must end with an exit code."""
        ended = subprocess.run(
            [sys.executable, "manage.py", *args],
            cwd=self.directory,
            env=os.environ | {"DATABASES": json.dumps(self.databases), "PYTHONPATH": str(_CHECKOUT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == code, f"exit code {ended.returncode}\n{ended.stdout}{ended.stderr}"
        return Outcome(ended.returncode, ended.stdout, ended.stderr)

    def run(self, program: str) -> str:
        """Run statements in manage.py's shell, which knows the models, and give what they print."""
        return self.manage("shell", "--verbosity", "0", "--command", _IMPORTS + program).stdout
