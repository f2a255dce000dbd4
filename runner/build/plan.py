"""What a build would do, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from pathlib import Path

from runner.build import extension, fingerprint, state
from runner.checks.compiled_rule import CompiledRule
from runner.compile.compiled import Compiled
from runner.project.nodes import Seed


class Action(Enum):
    BUILD = "build"
    EXTEND = "extend"  # an incremental model over its standing table
    SKIP = "skip"
    INLINE = "inline"  # ephemeral: it stands in its readers' queries


@dataclass(frozen=True)
class Step:
    """One seed or model; `fingerprint` is None where it must be built every time.

    `structure` is a fingerprint that leaves the facts out: None where nothing but a whole build
    will do. `built_through` is the batch that the tables extended in this build hold, and
    `holds_through` that which this one will: of what stands as it is, what was built longest ago
    says. Of a view, `changed` is the condition on its rows that can be others than at the last
    publish; None: any.
    """

    unique_id: str
    name: str
    action: Action
    reason: str
    fingerprint: str | None
    definition: str
    seed: Seed | None = None
    compiled: Compiled | None = None
    structure: str | None = None
    built_through: int = 0
    changed: str | None = None
    holds_through: int = 0

    @property
    def materialized(self) -> str:
        return self.compiled.materialized if self.compiled else "seed"

    @property
    def path(self) -> Path:
        """The file that says what it is."""
        made_by = self.compiled.model if self.compiled else self.seed
        assert made_by is not None
        return made_by.path


@dataclass(frozen=True)
class CheckStep:
    """A check, and `fresh`: the rows it need look at, where all others have passed it before.

    `through` is the last batch of facts that it has passed. `parent` is the extended model whose
    lost rows are among what these are found by.
    """

    rule: CompiledRule
    action: Action
    fingerprint: str | None
    fresh: str | None = None
    parent: str | None = None
    through: int = 0


@dataclass(frozen=True)
class Plan:
    steps: tuple[Step, ...]
    checks: tuple[CheckStep, ...]
    nodes: Mapping[str, state.NodeState]  # as the last publish left them
    check_states: Mapping[str, state.CheckState]
    facts: Mapping[str, fingerprint.Fact]
    last_batch: int
    shown_through: tuple[Compiled, ...]  # standing views over what is built, left as they are
    removed: tuple[state.NodeState, ...]  # relations that no model or seed makes any more
    is_pruned: bool  # whether those are dropped
    standing: frozenset[str]  # checks that failed at the last publish, and need not run again

    @cached_property
    def referred_to(self) -> Mapping[str, tuple[str, ...]]:
        """Of extended models, the columns by which rows of others refer to theirs."""
        found: dict[str, dict[str, None]] = {}
        for check in self.checks:
            if check.parent is not None:
                columns = [parents for _, parents in check.rule.parent_key]
                found.setdefault(check.parent, {}).update(dict.fromkeys(columns))
        return {name: tuple(columns) for name, columns in found.items()}

    @property
    def new_facts(self) -> int:
        """How many rows of facts the last publish did not hold."""
        known = {u: node.row_count or 0 for u, node in self.nodes.items() if u in self.facts}
        return sum(fact.row_count - known.get(u, 0) for u, fact in self.facts.items())

    @property
    def extends(self) -> bool:
        """Whether tables that grow with the facts are extended, and none of them is built whole."""
        growing = {s.action for s in self.steps if s.materialized == "incremental"}
        return Action.EXTEND in growing and Action.BUILD not in growing

    def whole(self) -> Plan:
        """The plan that builds whole what derives from facts alone, and checks all of it.

        Not what dbt's own strategies extend: that may hold what nothing else does any more.
        """
        steps = (
            replace(s, action=Action.BUILD, reason="most of it has changed")
            if s.action is Action.EXTEND and extension.strategy(s.compiled)
            else s
            for s in self.steps
        )
        return replace(
            self,
            steps=tuple(replace(s, changed=None) for s in steps),
            checks=tuple(replace(c, fresh=None, parent=None, through=0) for c in self.checks),
        )

    def left_behind(self, check_name: str) -> tuple[str, ...]:
        """Tables the check reads that were not selected, and do not hold the newest facts."""
        chosen = {step.unique_id for step in self.steps}
        reads = (c.rule.reads for c in self.checks if c.rule.rule.name == check_name)
        known = (self.nodes.get(u) for of in reads for u in of if u not in chosen)
        return tuple(
            n.relation
            for n in known
            if n is not None
            and n.materialized not in (state.FACT, "seed", "view")
            and (n.built_through or 0) < self.last_batch
        )

    @property
    def has_work(self) -> bool:
        moving = (Action.BUILD, Action.EXTEND)
        return (
            any(s.action in moving for s in self.steps)
            or any(c.action in moving for c in self.checks)
            or bool(self.dropped)
        )

    @property
    def dropped(self) -> tuple[state.NodeState, ...]:
        return self.removed if self.is_pruned else ()


@dataclass(frozen=True)
class Request:
    selected: frozenset[str]
    is_everything: bool
    full_refresh: bool
    prune: bool = False
