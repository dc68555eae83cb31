"""Whatever the text, a declaration comes of it or a DeclarationError with lines that exist."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgcache import presets
from pgcache.config import load, loads
from pgcache.errors import DeclarationError
from pgcache.model import Declaration
from tests.unit.declarations import PERIODIC

INLINE = """
version = 1
[[cache]]
name = "latest"
target = "customer"
key = ["id"]
mode = "deferred"
query = "SELECT k.id, max(amount) AS latest FROM pgcache_keys AS k JOIN entry USING (id) GROUP BY k.id"
refresh = { every = "5 minutes" }
  [[cache.source]]
  table = "entry"
  key = ["id"]
"""
# A cache in each mode, with a period and a rollover, a timeline, and a query that is in a file or in the declaration.
BASES = (
    PERIODIC,
    PERIODIC.replace("[[cache]]\n", '[[cache]]\nmode = "nowait"\n', 1),
    INLINE,
    *(presets.declaration([preset]) for preset in ("monthly", "receivables")),
)
WORDS = sorted(
    {
        word.strip('"')
        for base in BASES
        for line in base.replace("=", " ").splitlines()
        for word in line.split()
        if word.strip('"').isidentifier() and not line.lstrip().startswith("#")
    }
    | {"version", "presets", "time_zone", "mode", "guard", "drift", "threshold", "action", "initial", "where"}
    | {"nowait", "query", "refresh", "every", "expires", "closing", "stamp", "index", "touched", "through", "within"}
)


def outcome(text: str) -> Declaration | list[str]:
    try:
        return loads(text, "f")
    except DeclarationError as error:
        return error.problems


def check(text: str) -> None:
    found = outcome(text)
    if isinstance(found, Declaration):
        assert found.caches
        # What a query gives is known when it has been tried on the database.
        assert all(cache.name and cache.key and (cache.measures or cache.query) for cache in found.caches)
        return
    assert found
    for problem in found:
        assert len(problem.splitlines()) == 1
        file, line, message = problem.split(":", 2)
        assert file == "f"
        assert 1 <= int(line) <= text.count("\n") + 1
        assert message.startswith(" ")


@given(st.text())
def test_any_text(text: str) -> None:
    check(text)


HEADERS = ["[[cache]]", "[[cache.source]]", "[cache.drift]", "[cache]", "[cache.timeline]", "[cache.refresh]"]
SCALARS = st.one_of(
    st.sampled_from(["true", "1", "-1", "0.5", "nan", "1979-05-27", "07:32:00", "0x" + "f" * 5000, "[]", "{}"]),
    st.sampled_from(WORDS).map(json.dumps),
    st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=8).map(json.dumps),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(WORDS), inner, max_size=4).map(
            lambda items: "{" + ", ".join(f"{key} = {value}" for key, value in items.items()) + "}"
        ),
    ),
    max_leaves=5,
)


@st.composite
def changed_declarations(draw: st.DrawFn) -> str:
    """Give a sound declaration with lines dropped, repeated, moved, or with other values."""
    lines = draw(st.sampled_from(BASES)).splitlines()
    for _ in range(draw(st.integers(0, 5))):
        index = draw(st.integers(0, len(lines) - 1))
        value = draw(VALUES)
        key = draw(st.one_of(st.just(lines[index].split(" =")[0]), st.sampled_from(WORDS)))
        edit = draw(st.sampled_from(["value", "insert", "drop", "repeat", "header"]))
        if edit == "value":
            lines[index] = f"{key} = {value}"
        elif edit == "insert":
            lines.insert(index, f"{key} = {value}")
        elif edit == "drop" and len(lines) > 1:
            del lines[index]
        elif edit == "repeat":
            lines.append(lines[index])
        elif edit == "header":
            lines.insert(index, draw(st.sampled_from(HEADERS)))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("base", BASES)
def test_they_are_sound(base: str) -> None:
    assert isinstance(outcome(base), Declaration)


@given(changed_declarations())
def test_any_change_of_a_declaration(text: str) -> None:
    check(text)


@given(st.binary(max_size=40))
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzz.toml"
    file.write_bytes(content)
    with contextlib.suppress(DeclarationError):
        load(file)
