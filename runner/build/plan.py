"""What a build would do, and why: decided before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

from runner.build import extension, fingerprint, state
from runner.checks.compile import CompiledRule
from runner.checks.rules import RuleKind
from runner.compile.compiled import Compiled
from runner.compile.compiler import is_volatile
from runner.engines.base import Engine
from runner.errors import SelectionError
from runner.graph.dag import Dag
from runner.project.nodes import Project, Seed


class Action(Enum):
    BUILD = "build"
    EXTEND = "extend"  # an incremental model over its standing table
    SKIP = "skip"
    INLINE = "inline"  # ephemeral: it stands in its readers' queries


@dataclass(frozen=True)
class Step:
    """One seed or model; `fingerprint` is None where it must be built every time.

    `structure` is a fingerprint that leaves the facts out: None where nothing but a whole build
    will do. `built_through` is the batch that the tables extended in this build hold.
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

    @property
    def materialized(self) -> str:
        return self.compiled.materialized if self.compiled else "seed"


@dataclass(frozen=True)
class CheckStep:
    """A check, and `fresh`: the rows it need look at, where all others have passed it before."""

    rule: CompiledRule
    action: Action
    fingerprint: str | None
    fresh: str | None = None


@dataclass(frozen=True)
class Plan:
    steps: tuple[Step, ...]
    checks: tuple[CheckStep, ...]
    nodes: Mapping[str, state.NodeState]  # as the last publish left them
    check_states: Mapping[str, state.CheckState]
    facts: Mapping[str, fingerprint.Fact]
    last_batch: int

    @property
    def published_through(self) -> int:
        """The last batch of facts that the last publish knew of."""
        known = [self.nodes[f].built_through or 0 for f in self.facts if f in self.nodes]
        return min(known, default=0)

    @property
    def has_work(self) -> bool:
        moving = (Action.BUILD, Action.EXTEND)
        return any(s.action in moving for s in self.steps) or any(
            c.action in moving for c in self.checks
        )


@dataclass(frozen=True)
class Request:
    selected: frozenset[str]
    is_everything: bool
    full_refresh: bool


class Planner:
    def __init__(
        self,
        engine: Engine,
        project: Project,
        models: Mapping[str, Compiled],
        dag: Dag,
    ) -> None:
        self.engine = engine
        self.project = project
        self.models = {m.unique_id: m for m in models.values()}
        self.seeds = {s.unique_id: s for s in project.seeds.values()}
        self.dag = dag
        catalogue = state.read_catalogue(engine)
        self.relations = catalogue.relations
        self.guarded = catalogue.guarded
        self.nodes = state.read_nodes(engine, catalogue)
        self.check_states = state.read_checks(engine, catalogue)
        sources = fingerprint.of_sources(engine, project, self.relations)
        self.facts = sources.facts
        # fingerprints as this build will leave them
        self.current: dict[str, str | None] = dict(sources.fingerprints)
        # the same without the facts, and the nodes that change in more than those
        self.structure: dict[str, str | None] = {
            unique_id: unique_id if unique_id in sources.facts else found
            for unique_id, found in sources.fingerprints.items()
        }
        self.whole: set[str] = set()
        self.last_batch = extension.last_batch(engine, self.relations)

    def plan(self, request: Request, rules: Sequence[CompiledRule]) -> Plan:
        steps = [
            self._step(unique_id, request)
            for unique_id in self.dag.order()
            if unique_id in self.models or unique_id in self.seeds
        ]
        chosen = self._extended([s for s in steps if s is not None])
        self.steps = {step.unique_id: step for step in chosen}
        checks = [c for rule in rules if (c := self._check(rule, request)) is not None]
        return Plan(
            tuple(chosen),
            tuple(checks),
            self.nodes,
            self.check_states,
            self.facts,
            self.last_batch,
        )

    def _step(self, unique_id: str, request: Request) -> Step | None:
        compiled, seed = self.models.get(unique_id), self.seeds.get(unique_id)
        selected = unique_id in request.selected
        if compiled is not None and compiled.materialized == "ephemeral":
            own = fingerprint.of_definition(compiled, self.engine.name)
            self.current[unique_id] = self._combined(own, compiled, self.current)
            self.structure[unique_id] = self._combined(own, compiled, self.structure)
            return (
                Step(
                    unique_id,
                    compiled.name,
                    Action.INLINE,
                    "ephemeral",
                    self.current[unique_id],
                    own,
                    compiled=compiled,
                )
                if selected
                else None
            )
        if not selected:
            known = self.nodes.get(unique_id)
            stands = known is not None and self._touched(known) is None
            self.current[unique_id] = known.fingerprint if known and stands else None
            self.structure[unique_id] = known.structure if known and stands else None
            if known and stands and compiled is not None and compiled.materialized == "view":
                # a view shows new facts without being built: its readers must see that
                self.current[unique_id] = self._combined(known.definition, compiled, self.current)
            return None
        if seed is not None:
            definition = fingerprint.of_seed(seed, self.engine.name)
            combined: str | None = definition
            structure: str | None = definition
            name = seed.name
        else:
            assert compiled is not None
            self._require_parents(compiled, request)
            definition = fingerprint.of_definition(compiled, self.engine.name)
            combined = self._combined(definition, compiled, self.current)
            structure = self._combined(definition, compiled, self.structure)
            name = compiled.name
        self.current[unique_id] = combined
        self.structure[unique_id] = structure
        step = Step(
            unique_id, name, Action.SKIP, "", combined, definition, seed, compiled, structure
        )
        action, reason = self._decide(step, request)
        if action is Action.BUILD and not self._differs_in_facts_only(step):
            self.whole.add(unique_id)
        return replace(step, action=action, reason=reason)

    def _combined(
        self, definition: str, compiled: Compiled, of: Mapping[str, str | None]
    ) -> str | None:
        parents = [of.get(parent) for parent in compiled.depends_on]
        if is_volatile(compiled.sql) or any(p is None for p in parents):
            return None
        return fingerprint.of_node(definition, [p for p in parents if p is not None])

    def _decide(self, step: Step, request: Request) -> tuple[Action, str]:
        known, combined = self.nodes.get(step.unique_id), step.fingerprint
        if request.full_refresh:
            return Action.BUILD, "full refresh"
        if known is None:
            unguarded = step.name in self.relations and state.NODES not in self.guarded
            return Action.BUILD, "no guarded record tells of it" if unguarded else "new"
        if known.definition != step.definition:
            return Action.BUILD, "changed"
        if touched := self._touched(known):
            return Action.BUILD, touched
        if step.materialized == "incremental":
            if combined is not None and known.fingerprint == combined:
                return Action.SKIP, "unchanged"
            if refused := self._cannot_extend(step, request):
                return Action.BUILD, refused
            return Action.EXTEND, "new facts"
        if combined is None:
            return Action.BUILD, "its inputs can change unseen"
        if known.fingerprint != combined:
            return Action.BUILD, "what it stands on has changed"
        return Action.SKIP, "unchanged"

    def _differs_in_facts_only(self, step: Step) -> bool:
        known = self.nodes.get(step.unique_id)
        if known is None or step.structure is None or known.structure != step.structure:
            return False
        is_replaced = extension.strategy(step.compiled) != ""
        return not is_replaced and step.fingerprint != known.fingerprint

    def _cannot_extend(self, step: Step, request: Request) -> str | None:
        """Why a model that derives from facts alone must be built whole; None where it need not."""
        if not extension.strategy(step.compiled):
            return None  # dbt's own strategies: its author answers for what is_incremental() skips
        known = self.nodes[step.unique_id]
        if step.structure is None or known.structure != step.structure:
            return "more than facts has changed"
        ancestors = self.dag.ancestors(step.unique_id)
        if ancestors & self.whole:
            return "what it stands on is built whole"
        tellers = {a for a in ancestors if self._tells_changes(a)}
        if not tellers <= request.selected:
            return "what has changed is not selected"
        if ancestors & self._appended_unseen:
            return "facts were appended outside a batch"
        return None

    @cached_property
    def _appended_unseen(self) -> frozenset[str]:
        return extension.appended_unseen(self.engine, self.relations, self.facts, self.nodes)

    def _tells_changes(self, unique_id: str) -> bool:
        return extension.strategy(self.models.get(unique_id)) == extension.OVERWRITE

    def _extended(self, steps: Sequence[Step]) -> list[Step]:
        """The steps, each extension told from which batch on.

        All are told the same, the oldest that any of them holds: what is derived anew once more
        comes out as it was.
        """
        extended = [
            self.nodes[s.unique_id].built_through or 0
            for s in steps
            if s.action is Action.EXTEND and extension.strategy(s.compiled) == extension.REPLACE
        ]
        through = min(extended, default=0)
        found = []
        for step in steps:
            if self._tells_changes(step.unique_id) and step.action is not Action.BUILD:
                action = Action.EXTEND if extended else Action.SKIP
                step = replace(step, action=action, reason="what has changed")
            found.append(replace(step, built_through=through))
        return found

    def _touched(self, known: state.NodeState) -> str | None:
        """What was done by hand to a published relation; None where it is as it was published.

        Read from the catalogue alone: under a guard that is in place no statement changes a row.
        """
        name = known.relation
        relation = self.relations.get(name)
        if relation is None:
            return "its table is gone"
        is_table = known.materialized != "view"
        if relation.is_view is is_table:
            return "its relation was replaced by hand"
        if relation.definition != known.relation_definition:
            return "its definition was changed by hand"
        if is_table and name not in self.guarded:
            return "its guard was taken off by hand"
        if known.row_count is not None and self.engine.row_count(name) != known.row_count:
            return "its rows were changed by hand"
        return None

    def _require_parents(self, compiled: Compiled, request: Request) -> None:
        for parent in compiled.depends_on:
            node = self.models.get(parent) or self.seeds.get(parent)
            if node is None or parent in request.selected or node.name in self.relations:
                continue
            if isinstance(node, Compiled) and node.materialized == "ephemeral":
                continue
            raise SelectionError(
                "R209",
                f"{compiled.name} stands on {node.name}, which is neither built nor selected",
                mend=f"select +{compiled.name} to build what it stands on as well",
            )

    def _check(self, rule: CompiledRule, request: Request) -> CheckStep | None:
        """A check runs if all it reads stands, and any of it was selected."""
        if not request.is_everything and not request.selected & set(rule.reads):
            return None
        for unique_id in rule.reads:
            node = self.models.get(unique_id) or self.seeds.get(unique_id)
            if node and unique_id not in request.selected and node.name not in self.relations:
                return None
        parents = [self.current.get(unique_id) for unique_id in rule.reads]
        if any(p is None for p in parents) or is_volatile(rule.failing):
            return CheckStep(rule, Action.BUILD, None)
        own = fingerprint.digest(rule.failing, rule.rule.severity.value)
        combined = fingerprint.of_node(own, [p for p in parents if p is not None])
        known = self.check_states.get(rule.rule.name)
        if known and known.fingerprint == combined and not request.full_refresh:
            return CheckStep(rule, Action.SKIP, combined)
        fresh = None if request.full_refresh else self._fresh(rule, own, known)
        return CheckStep(rule, Action.BUILD, combined, fresh)

    def _fresh(self, rule: CompiledRule, own: str, known: state.CheckState | None) -> str | None:
        """A relation of the rows that the check has not seen; None where it must see them all.

        It has passed on what was published last, and that has grown by facts alone.
        """
        then = [self.nodes.get(unique_id) for unique_id in rule.reads]
        if known is None or known.failures or not all(then):
            return None
        if known.fingerprint != fingerprint.of_node(own, [n.fingerprint for n in then if n]):
            return None
        if not all(self._grew(unique_id) for unique_id in rule.reads):
            return None
        if rule.rule.kind is RuleKind.SQL:
            # its author says which, by the fresh rows of what it reads
            extended = all(self._is_extended(r) for r in rule.reads if self._is_replaced(r))
            return "" if extended else None
        subject, *others = rule.reads
        if any(self._moved(unique_id) and unique_id not in self.facts for unique_id in others):
            return None
        if subject in self.facts:
            through = self.nodes[subject].built_through or 0
            return f"(select * from {rule.relation} where batch_id > {through})"
        if not self._is_replaced(subject) or not self._is_extended(subject):
            return None
        return extension.fresh_rows(self.models[subject].name)

    def _is_replaced(self, unique_id: str) -> bool:
        return extension.strategy(self.models.get(unique_id)) == extension.REPLACE

    def _is_extended(self, unique_id: str) -> bool:
        step = self.steps.get(unique_id)
        return step is not None and step.action is Action.EXTEND

    def _grew(self, unique_id: str) -> bool:
        """Whether a node is as it was, or other only by facts appended since."""
        if unique_id in self.facts:
            return unique_id not in self._appended_unseen
        step = self.steps.get(unique_id)
        known = self.nodes[unique_id]
        if step is None:
            return self.current.get(unique_id) == known.fingerprint
        return (
            step.structure is not None
            and step.structure == known.structure
            and (unique_id not in self.whole)
        )

    def _moved(self, unique_id: str) -> bool:
        return self.current.get(unique_id) != self.nodes[unique_id].fingerprint
