"""Selection as dbt has it: names and the methods below, `+` and `@`, unions and intersections."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from runner.errors import SelectionError, nearest
from runner.graph.dag import Dag

_TERM = re.compile(
    r"^(?P<at>@)?(?P<parents>(?P<parent_depth>\d*)\+)?"
    r"(?:(?P<method>[\w.]+):)?(?P<value>[^+]+?)"
    r"(?P<children>\+(?P<child_depth>\d*))?$"
)


@dataclass(frozen=True)
class Selectable:
    """What selection can ask about one model, seed or source."""

    unique_id: str
    name: str
    resource_type: str
    fqn: tuple[str, ...]
    path: Path | None
    tags: tuple[str, ...]
    config: Mapping[str, object]


StateOf = Callable[[str], frozenset[str]]
"""Unique ids in a state ('modified', 'new') since the build compared with."""


class Selector:
    def __init__(
        self, nodes: Iterable[Selectable], dag: Dag, root: Path, state: StateOf | None = None
    ) -> None:
        self.nodes = {node.unique_id: node for node in nodes}
        self.dag = dag
        self.root = root
        self.state = state

    def select(self, include: Sequence[str], exclude: Sequence[str] = ()) -> set[str]:
        """Unique ids chosen; SelectionError if that is none.

        All where nothing is asked for, but what is made on demand only.
        """
        chosen = (
            self.matching(include)
            if include
            else {id_ for id_, node in self.nodes.items() if not node.config.get("on_demand")}
        )
        if exclude:
            chosen -= self.matching(exclude)
        if not chosen:
            raise SelectionError(
                "R206",
                "the selection holds nothing",
                why=self._explain(include, exclude),
                mend=self._suggest(include),
            )
        return chosen

    def matching(self, criteria: Sequence[str]) -> set[str]:
        """Unique ids that any of `criteria` holds; SelectionError for one that cannot be read."""
        chosen: set[str] = set()
        for criterion in criteria:
            for word in criterion.split():
                parts = [self._term(term) for term in word.split(",") if term]
                chosen |= set.intersection(*parts) if parts else set()
        return chosen

    def _term(self, term: str) -> set[str]:
        found = _TERM.match(term)
        if found is None:
            raise SelectionError(
                "R207",
                f"'{term}' is not a selector",
                mend="write a name, tag:x, path:folder, with + for what it stands on or carries",
            )
        matched = self._method(found["method"], found["value"])
        chosen = set(matched)
        for node in matched:
            if found["at"]:
                downstream = self.dag.descendants(node)
                chosen |= downstream
                for below in (node, *downstream):
                    chosen |= self.dag.ancestors(below)
            if found["parents"]:
                chosen |= self.dag.ancestors(node, _depth(found["parent_depth"]))
            if found["children"]:
                chosen |= self.dag.descendants(node, _depth(found["child_depth"]))
        return {node for node in chosen if node in self.nodes}

    def _method(self, method: str | None, value: str) -> set[str]:
        if method is None:
            method = "path" if "/" in value or value.endswith((".sql", ".csv")) else "fqn"
        if method == "state":
            if self.state is None:
                raise SelectionError(
                    "R208",
                    "state: needs a build to compare with",
                    mend="build once, or give --state DIR",
                )
            return set(self.state(value)) & set(self.nodes)
        matches = _METHODS.get(method.split(".")[0])
        if matches is None:
            near = nearest(method, {*_METHODS, "state"})
            raise SelectionError(
                "R207",
                f"there is no selector method '{method}:'",
                mend=f"did you mean '{near}:'?"
                if near
                else f"known: {', '.join(sorted({*_METHODS, 'state'}))}",
            )
        return {id_ for id_, node in self.nodes.items() if matches(node, value, method, self.root)}

    def _explain(self, include: Sequence[str], exclude: Sequence[str]) -> str:
        asked = f"--select {' '.join(include)}" if include else "everything"
        return f"{asked}{' --exclude ' + ' '.join(exclude) if exclude else ''} matches no node"

    def _suggest(self, include: Sequence[str]) -> str:
        words = [w.strip("+@0123456789") for c in include for w in re.split(r"[ ,]", c)]
        names = {node.name for node in self.nodes.values()}
        strange = [word for word in words if word not in names]
        near = next((n for n in (nearest(w, names) for w in strange) if n), None)
        return f"did you mean '{near}'?" if near else "see `runner ls` for what there is"


def _depth(text: str | None) -> int | None:
    return int(text) if text else None


def _by_fqn(node: Selectable, value: str, method: str, root: Path) -> bool:
    if node.name == value or fnmatchcase(node.name, value):
        return True
    parts = value.split(".")
    for fqn in (node.fqn, node.fqn[1:]):
        head = fqn[: len(parts)]
        if len(head) == len(parts) and all(map(fnmatchcase, head, parts)):
            return True
    return False


def _by_path(node: Selectable, value: str, method: str, root: Path) -> bool:
    if node.path is None:
        return False
    inside = node.path.relative_to(root) if node.path.is_relative_to(root) else node.path
    wanted = value.rstrip("/")
    return (
        str(inside) == wanted
        or any(str(parent) == wanted for parent in inside.parents)
        or fnmatchcase(str(inside), wanted)
    )


def _by_tag(node: Selectable, value: str, method: str, root: Path) -> bool:
    return any(fnmatchcase(tag, value) for tag in node.tags)


def _by_source(node: Selectable, value: str, method: str, root: Path) -> bool:
    if node.resource_type != "source":
        return False
    parts = value.split(".")
    return all(map(fnmatchcase, node.fqn[-2:], parts))


def _by_config(node: Selectable, value: str, method: str, root: Path) -> bool:
    found = node.config.get(method.partition(".")[2])
    return value in found if isinstance(found, list) else str(found).lower() == value.lower()


_METHODS: dict[str, Callable[[Selectable, str, str, Path], bool]] = {
    "fqn": _by_fqn,
    "path": _by_path,
    "file": lambda node, value, *_: (
        node.path is not None and value in (node.path.name, node.path.stem)
    ),
    "tag": _by_tag,
    "source": _by_source,
    "resource_type": lambda node, value, *_: node.resource_type == value,
    "package": lambda node, value, *_: fnmatchcase(node.fqn[0], value),
    "config": _by_config,
}
