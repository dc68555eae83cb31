"""The declarations that pgcache ships to start from."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pgcache import resources
from pgcache.errors import DeclarationError

# The presets that have the tables of another one, which they share.
_TABLES_OF = {"monthly": "finance"}

# The last line of a preset that stands above its caches.
_PRESETS = re.compile(r"^presets = .*\n", re.MULTILINE)


def known() -> list[str]:
    """The names of the presets."""
    return sorted(file.parent.name for file in resources.path("sql", "presets").glob("*/pgcache.toml"))


def tables(names: Sequence[str]) -> dict[str, str]:
    """Give the statements that create the reference tables of some presets, by the presets that they are kept with."""
    owners = dict.fromkeys(_TABLES_OF.get(name, name) for name in names)
    return {owner: resources.sql("presets", owner, "tables.sql") for owner in owners}


def declaration(names: Sequence[str]) -> str:
    """Give the text of a pgcache.toml that has the caches of some presets, with their comments.

    Parameters
    ----------
    names:
        The presets; one that is named twice counts once.

    Raises
    ------
    DeclarationError
        There is no such preset.
    """
    names = list(dict.fromkeys(names))
    for name in names:
        if name not in known():
            raise DeclarationError(f"no preset is named {name!r}; known: {', '.join(known())}")
    texts = [resources.sql("presets", name, "pgcache.toml") for name in names]
    head = _PRESETS.split(texts[0], maxsplit=1)[0]
    listed = ", ".join(f'"{name}"' for name in names)
    return f"{head}presets = [{listed}]\n" + "".join(_PRESETS.split(text, maxsplit=1)[1] for text in texts)
