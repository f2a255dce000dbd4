"""The two builds of a diff: how each is named, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from runner.build import state
from runner.build.as_of import at_moment, in_own_place
from runner.build.fingerprint import BATCHES
from runner.config import Config, Target
from runner.engines.base import Engine, Relation, open_engine, require_database
from runner.errors import UsageError, nearest

_ALONE = ("published", "project")
_WITH_VALUE = ("as-of", "target", "var")
_MEND = (
    "name it published, project, as-of:2026-03-02, target:NAME or var:NAME=VALUE "
    "(such as var:pnl_method=average)"
)
_LONGEST_NAME = 60  # of a folder, before what tells it from others


@dataclass(frozen=True)
class Spec:
    """One build as the command line names it."""

    text: str
    kind: str
    value: str


@dataclass(frozen=True)
class Place:
    """A build's settings and database; `is_built_here`: it is brought up to date for the diff."""

    spec: Spec
    config: Config
    target: Target
    is_built_here: bool


@dataclass(frozen=True)
class Batch:
    batch_id: int
    recorded_at: Any
    source: str
    chain_hash: str


@dataclass(frozen=True)
class Build:
    """A build as it stands: its relations, and the last batch of facts that they hold."""

    name: str
    target: Target
    relations: Mapping[str, Relation]
    nodes: Mapping[str, state.NodeState]  # by the relation's name
    batches: Sequence[Batch]  # the ledger's, oldest first

    def through(self, tables: Sequence[str]) -> int:
        """The last batch that all of `tables` hold; 0 without facts."""
        last = self.batches[-1].batch_id if self.batches else 0
        built = [self.nodes[t].built_through for t in tables if t in self.nodes]
        return min([last, *(b for b in built if b is not None)])


def parse(text: str, config: Config) -> Spec:
    """UsageError (R200) for what names no build."""
    kind, colon, value = text.strip().partition(":")
    if (kind in _ALONE and not colon) or (kind in _WITH_VALUE and value):
        return Spec(text.strip(), kind, value)
    raise UsageError(
        "R200", f"'{text}' names no build", mend=_suggestion(text, kind, value, config)
    )


def _suggestion(text: str, kind: str, value: str, config: Config) -> str:
    if text in config.targets:
        return f"did you mean 'target:{text}'?"
    if re.match(r"\d{4}-\d\d", text):
        return f"did you mean 'as-of:{text}'?"
    if re.match(r"\w+=", text):
        return f"did you mean 'var:{text}'?"
    near = nearest(kind, {*_ALONE, *_WITH_VALUE})
    if near is None or near == kind:
        return _MEND
    rest = f":{value}" if near in _WITH_VALUE and value else ""
    return f"did you mean '{near}{rest}'?" if rest or near in _ALONE else _MEND


def place(spec: Spec, config: Config, target: str | None, wait_seconds: float) -> Place:
    """Where the build stands; one that is made for the diff gets its facts, copied if need be."""
    if spec.kind == "as-of":
        made = at_moment(config, target, spec.value, wait_seconds)
    elif spec.kind == "project":
        made = in_own_place(config, target, "project", wait_seconds)
    elif spec.kind == "var":
        name, sign, _ = spec.value.partition("=")
        if not sign or not name:
            raise UsageError("R200", f"'{spec.text}' sets no var", mend="write var:NAME=VALUE")
        made = in_own_place(config, target, f"var-{_as_folder(spec.value)}", wait_seconds)
    else:
        found = config.target(spec.value if spec.kind == "target" else target)
        require_database(found)
        return Place(spec, config, found, is_built_here=False)
    return Place(spec, made, made.target(target), is_built_here=True)


def _as_folder(text: str) -> str:
    """A text as a name that any file system takes, another for each text."""
    name = re.sub(r"[^\w=.-]+", "_", text, flags=re.ASCII)
    if name == text and len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:_LONGEST_NAME]}-{sha256(text.encode()).hexdigest()[:12]}"


def with_var(place: Place, variables: Mapping[str, Any]) -> Place:
    config = place.config
    told = replace(
        config, vars={**config.vars, **variables}, asked_vars=config.asked_vars | set(variables)
    )
    return replace(place, config=told)


def read(place: Place, wait_seconds: float) -> Build:
    """The build as it stands."""
    opened = open_engine(place.target, read_only=True, wait_seconds=wait_seconds)
    with closing(opened) as engine:
        catalogue = state.read_catalogue(engine)
        nodes = {n.relation: n for n in state.read_nodes(engine, catalogue).values()}
        batches = _batches(engine) if BATCHES in catalogue.relations else []
    return Build(place.spec.text, place.target, dict(catalogue.relations), nodes, batches)


def _batches(engine: Engine) -> list[Batch]:
    rows = engine.query(
        f"select batch_id, recorded_at, source, chain_hash from {BATCHES} order by batch_id"
    ).rows
    return [Batch(*row) for row in rows]
