"""Who stands on whom, by unique id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter


class Dag:
    """`parents` maps each unique id to the ids it depends on; there is no cycle by now."""

    def __init__(self, parents: Mapping[str, Iterable[str]]) -> None:
        self.parents: dict[str, frozenset[str]] = {k: frozenset(v) for k, v in parents.items()}
        for ids in list(self.parents.values()):
            for node in ids:
                self.parents.setdefault(node, frozenset())
        self.children: dict[str, set[str]] = {node: set() for node in self.parents}
        for node, ids in self.parents.items():
            for parent in ids:
                self.children[parent].add(node)

    def order(self) -> list[str]:
        """Every id after all it depends on; ties by name, so that plans repeat."""
        sorter = TopologicalSorter(self.parents)
        sorter.prepare()
        ordered: list[str] = []
        while sorter.is_active():
            ready = sorted(sorter.get_ready())
            ordered += ready
            sorter.done(*ready)
        return ordered

    def ancestors(self, node: str, depth: int | None = None) -> set[str]:
        return self._reach(node, self.parents, depth)

    def descendants(self, node: str, depth: int | None = None) -> set[str]:
        return self._reach(node, self.children, depth)

    def _reach(self, node: str, edges: Mapping[str, Iterable[str]], depth: int | None) -> set[str]:
        reached: set[str] = set()
        frontier = {node}
        steps = 0
        while frontier and (depth is None or steps < depth):
            frontier = {n for f in frontier for n in edges[f]} - reached
            reached |= frontier
            steps += 1
        return reached
