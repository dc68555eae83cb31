"""Random histories of the presets and of random declarations, a few of those that `make soak` goes through."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from tests.histories.databases import Worlds
from tests.histories.declarations import random_worlds
from tests.histories.machine import go_through
from tests.histories.presets import PRESETS
from tests.histories.session import Figures
from tests.histories.world import World


@pytest.mark.parametrize("world", PRESETS.values(), ids=lambda world: str(world.name))
def test_a_preset(worlds: Worlds, world: World) -> None:
    figures = Figures()
    go_through(worlds, st.just(world), figures, histories=4, steps=20)
    assert figures.checks


def test_random_declarations(worlds: Worlds) -> None:
    figures = Figures()
    go_through(worlds, random_worlds(), figures, histories=6, steps=15)
    assert figures.checks
