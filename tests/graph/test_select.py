"""dbt's selection grammar."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import SelectionError
from runner.graph.dag import Dag
from runner.graph.select import Selectable, Selector

# raw -> stg_a -> mid -> top, raw2 -> stg_b -> mid; mid -> side
PARENTS = {
    "raw": (), "raw2": (), "stg_a": ("raw",), "stg_b": ("raw2",),
    "mid": ("stg_a", "stg_b"), "top": ("mid",), "side": ("mid",),
}  # fmt: skip
TAGS = {"top": ("daily", "pnl"), "side": ("daily",)}


@pytest.fixture
def selector() -> Selector:
    nodes = [
        Selectable(
            name, name, "seed" if name.startswith("raw") else "model",
            ("shop", "staging" if name.startswith("stg") else "marts", name),
            Path("/p/models") / ("staging" if name.startswith("stg") else "marts") / f"{name}.sql",
            TAGS.get(name, ()), {"materialized": "view" if name.startswith("stg") else "table"},
        )
        for name in PARENTS
    ]  # fmt: skip
    return Selector(nodes, Dag(PARENTS), Path("/p"), lambda which: frozenset({"mid"}))


@pytest.mark.parametrize(
    ("select", "exclude", "chosen"),
    [
        ([], [], set(PARENTS)),
        (["mid"], [], {"mid"}),
        (["+mid"], [], {"raw", "raw2", "stg_a", "stg_b", "mid"}),
        (["1+mid"], [], {"stg_a", "stg_b", "mid"}),
        (["stg_a+"], [], {"stg_a", "mid", "top", "side"}),
        (["stg_a+1"], [], {"stg_a", "mid"}),
        (["+stg_a+1"], [], {"raw", "stg_a", "mid"}),
        (["@stg_a"], [], {"raw", "raw2", "stg_a", "stg_b", "mid", "top", "side"}),
        (["tag:daily"], [], {"top", "side"}),
        (["tag:daily,tag:pnl"], [], {"top"}),
        (["tag:pnl stg_a"], [], {"top", "stg_a"}),
        (["tag:pnl", "stg_a"], [], {"top", "stg_a"}),
        (["path:models/staging"], [], {"stg_a", "stg_b"}),
        (["models/staging/stg_a.sql"], [], {"stg_a"}),
        (["shop.staging"], [], {"stg_a", "stg_b"}),
        (["staging.stg_*"], [], {"stg_a", "stg_b"}),
        (["stg_*"], [], {"stg_a", "stg_b"}),
        (["config.materialized:view"], [], {"stg_a", "stg_b"}),
        (["resource_type:seed"], [], {"raw", "raw2"}),
        (["state:modified+"], [], {"mid", "top", "side"}),
        (["+top"], ["+mid"], {"top"}),
        ([], ["tag:daily"], set(PARENTS) - {"top", "side"}),
    ],
)
def test_selection(selector, select, exclude, chosen):
    assert selector.select(select, exclude) == chosen


@pytest.mark.parametrize(
    ("select", "exclude", "said"),
    [
        (["midd"], [], "did you mean 'mid'?"),
        (["mid"], ["mid"], "holds nothing"),
        (["tagg:daily"], [], "did you mean 'tag:'?"),
        (["+"], [], "is not a selector"),
    ],
)
def test_a_selection_of_nothing_is_refused(selector, select, exclude, said):
    with pytest.raises(SelectionError) as refused:
        selector.select(select, exclude)
    assert said in str(refused.value)


def test_order_puts_parents_first():
    order = Dag(PARENTS).order()
    for node, parents in PARENTS.items():
        assert all(order.index(parent) < order.index(node) for parent in parents)
