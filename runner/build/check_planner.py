"""Decides which checks a build runs, and over which rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from runner.build import extension, fingerprint, state
from runner.build.plan import Action, CheckStep, Request, Step
from runner.checks.compiled_rule import CompiledRule
from runner.checks.rules import RuleKind
from runner.compile.plain_reads import texts_of
from runner.compile.volatile import is_volatile

if TYPE_CHECKING:
    from runner.build.planner import Planner

_QUERY = re.compile(r"\bselect\b|\(\s*(?:--[^\n]*\n\s*)*(?:with|from|table)\b", re.I)


class CheckPlanner:
    """`steps` are those of the build whose tables the checks judge.

    `shown` are models that are not built, and whose rows it changes: views of what is.
    """

    def __init__(
        self,
        planner: Planner,
        steps: Sequence[Step],
        request: Request,
        shown: frozenset[str] = frozenset(),
    ) -> None:
        self.planner = planner
        self.steps = {step.unique_id: step for step in steps}
        self.request = request
        self.judged = request.selected | shown

    def plan(self, rules: Iterable[CompiledRule]) -> tuple[CheckStep, ...]:
        return tuple(c for rule in rules if (c := self._check(rule)) is not None)

    def _check(self, rule: CompiledRule) -> CheckStep | None:
        """A check runs if all it reads stands, and any of it was selected, or shows what was."""
        if not self.request.is_everything and not self.judged & set(rule.reads):
            return None
        for unique_id in rule.reads:
            node = self.planner.models.get(unique_id) or self.planner.seeds.get(unique_id)
            if (
                node
                and unique_id not in self.request.selected
                and node.name not in self.planner.relations
            ):
                return None
        parents = [self.planner.current.get(unique_id) for unique_id in rule.reads]
        if any(p is None for p in parents) or is_volatile(rule.failing):
            return CheckStep(rule, Action.BUILD, None)
        own = fingerprint.digest(rule.failing, rule.extending, rule.rule.judgement)
        combined = fingerprint.of_node(own, [p for p in parents if p is not None])
        known = self.planner.check_states.get(rule.rule.name)
        if known and known.fingerprint == combined and not self.request.full_refresh:
            return CheckStep(rule, Action.SKIP, combined)
        if self.request.full_refresh or not self._has_passed(rule, own, known):
            return CheckStep(rule, Action.BUILD, combined)
        # what was published last, and has passed
        then = [self.planner.nodes[unique_id].built_through or 0 for unique_id in rule.reads]
        through = min(then, default=0)
        fresh, parent = self._fresh(rule, through), self._lost_to(rule)
        if fresh is not None and parent is not None:
            fresh = _and_orphans(rule, fresh, parent)
        return CheckStep(rule, Action.BUILD, combined, fresh, parent, through)

    def _has_passed(self, rule: CompiledRule, own: str, known: state.CheckState | None) -> bool:
        """Whether it passed on what was published last, and that has grown by facts alone."""
        then = [self.planner.nodes.get(unique_id) for unique_id in rule.reads]
        if known is None or known.failures or not all(then):
            return False
        if known.fingerprint != fingerprint.of_node(own, [n.fingerprint for n in then if n]):
            return False
        return all(self._grew(unique_id) for unique_id in rule.reads)

    def _fresh(self, rule: CompiledRule, through: int) -> str | None:
        """A relation of the rows that a check which has passed has not seen; None: of all rows.

        It has seen those of the facts up to batch `through`.
        """
        if rule.rule.kind is RuleKind.SQL:
            # its author says which, by the fresh rows of what it reads, and by what tells of them
            extended = all(self._is_extended(r) for r in rule.reads if self._is_replaced(r))
            return "" if extended and self._are_changes_told_since(through) else None
        if _reads_within(rule):
            return None  # what it compares a row with may be other rows than it was
        subject, *others = rule.reads
        if any(self._moved(r) and r not in self.planner.facts for r in others) and (
            self._lost_to(rule) is None
        ):
            return None
        if subject in self.planner.facts:
            through = self.planner.nodes[subject].built_through or 0
            return f"(select * from {rule.relation} where batch_id > {through})"
        if not self._is_replaced(subject) or not self._is_extended(subject):
            return None
        return extension.fresh_rows(self.planner.models[subject].name)

    def _lost_to(self, rule: CompiledRule) -> str | None:
        """The extended model that each row of the rule's relation refers to by key, if one is."""
        if not rule.parent_key or len(rule.reads) != 2:
            return None
        parent = rule.reads[1]
        if self._is_replaced(parent) and self._is_extended(parent):
            return self.planner.models[parent].name
        return None

    def _are_changes_told_since(self, through: int) -> bool:
        """Whether every model that tells what changed tells of all batches after `through`."""
        tellers = [u for u in self.planner.models if self.planner.tells_changes(u)]
        return all(self._tells_since(unique_id, through) for unique_id in tellers)

    def _tells_since(self, unique_id: str, through: int) -> bool:
        step, known = self.steps.get(unique_id), self.planner.nodes.get(unique_id)
        if step is None or known is None or step.action is Action.BUILD:
            return False
        if step.action is Action.EXTEND:
            return step.built_through <= through
        return step.fingerprint is not None and step.fingerprint == known.fingerprint

    def _is_replaced(self, unique_id: str) -> bool:
        return extension.strategy(self.planner.models.get(unique_id)) == extension.REPLACE

    def _is_extended(self, unique_id: str) -> bool:
        step = self.steps.get(unique_id)
        return step is not None and step.action is Action.EXTEND

    def _grew(self, unique_id: str) -> bool:
        """Whether a node is as it was, or other only by facts appended since."""
        if unique_id in self.planner.facts:
            structure = self.planner.facts[unique_id].structure
            return structure is not None and structure == self.planner.nodes[unique_id].structure
        step = self.steps.get(unique_id)
        known = self.planner.nodes[unique_id]
        if step is None:
            return self.planner.current.get(unique_id) == known.fingerprint
        return (
            step.structure is not None
            and step.structure == known.structure
            and (unique_id not in self.planner.whole)
        )

    def _moved(self, unique_id: str) -> bool:
        return self.planner.current.get(unique_id) != self.planner.nodes[unique_id].fingerprint


def _reads_within(rule: CompiledRule) -> bool:
    """Whether a query stands in its condition, or among the rows that it is about."""
    written = [rule.rule.filter or "", *texts_of(rule.rule.arguments)]
    return any(_QUERY.search(text) for text in written)


def _and_orphans(rule: CompiledRule, fresh: str, parent: str) -> str:
    """The `fresh` rows, and those that refer to a key which `parent` has lost, each once."""
    same = " and ".join(f"lost.{theirs} = child.{own}" for own, theirs in rule.parent_key)
    lost = f"(select 1 from {extension.lost_rows(parent)} as lost where {same})"
    return (
        f"(\nselect child.* from {fresh} as child where not exists {lost}\nunion all\n"
        f"select child.* from {rule.relation} as child where exists {lost}\n)"
    )
