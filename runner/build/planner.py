"""Decides what a build does to each seed and model, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from runner.build import extension, fingerprint, removed, state
from runner.build.check_planner import CheckPlanner
from runner.build.plan import Action, Plan, Request, Step
from runner.checks.compiled_rule import CompiledRule
from runner.compile.compiled import Compiled
from runner.compile.volatile import is_volatile
from runner.engines.base import Engine
from runner.errors import SelectionError
from runner.graph.dag import Dag
from runner.project.nodes import Project


class Planner:
    """Knows each node as it was published, as it stands, and as this build will leave it."""

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
        # the same without the facts that batches tell of, and the nodes that change in more than
        # those: rows appended behind the runner's back carry no batch to find them by
        self.structure: dict[str, str | None] = {
            unique_id: sources.facts[unique_id].structure if unique_id in sources.facts else found
            for unique_id, found in sources.fingerprints.items()
        }
        # the same without rows of any kind: what dbt's incremental models are extended by
        self.code: dict[str, str] = {unique_id: unique_id for unique_id in sources.fingerprints}
        self.whole: set[str] = set()
        self.last_batch = extension.last_batch(engine, self.relations)
        # the last batch of facts that each node will hold
        self.holds: dict[str, int] = dict.fromkeys(sources.fingerprints, self.last_batch)

    def plan(self, request: Request, rules: Sequence[CompiledRule]) -> Plan:
        steps = [
            self._step(unique_id, request)
            for unique_id in self.dag.order()
            if unique_id in self.models or unique_id in self.seeds
        ]
        chosen = self._extended([s for s in steps if s is not None], request)
        self._require_terms(chosen, request)
        left = self._removed()
        shown, moved = self._shown_through(chosen, is_any_dropped=request.prune and bool(left))
        checks = CheckPlanner(self, chosen, request, moved).plan(rules)
        failed = {name for name, known in self.check_states.items() if known.failures}
        due = {c.rule.rule.name for c in checks if c.action is Action.BUILD}
        return Plan(
            tuple(chosen),
            checks,
            self.nodes,
            self.check_states,
            self.facts,
            self.last_batch,
            shown,
            left,
            request.prune,
            frozenset(failed & {r.rule.name for r in rules} - due),
        )

    def _removed(self) -> tuple[state.NodeState, ...]:
        stored = [m for m in self.models.values() if m.materialized != "ephemeral"]
        made = {m.unique_id for m in stored} | self.seeds.keys()
        made |= {m.name for m in stored} | {s.name for s in self.seeds.values()}
        return removed.find(self.nodes.values(), self.relations, made)

    def _shown_through(
        self, steps: Sequence[Step], *, is_any_dropped: bool
    ) -> tuple[tuple[Compiled, ...], frozenset[str]]:
        """Standing views that show rows of this build, and are not built by it.

        All of them where relations are dropped: their SQL as published may read one. Then the
        unique ids of these, and of the ephemeral models in between.
        """
        built = {s.unique_id for s in steps if s.action in (Action.BUILD, Action.EXTEND)}
        changed = set(built)
        found = []
        for unique_id in self.dag.order():
            model = self.models.get(unique_id)
            if model is None or unique_id in built:
                continue
            if changed.isdisjoint(model.depends_on) and not is_any_dropped:
                continue
            standing = self.relations.get(model.name)
            if model.materialized == "ephemeral":
                changed.add(unique_id)
            elif standing is not None and standing.is_view:
                changed.add(unique_id)
                found.append(model)
        return tuple(found), frozenset(changed - built)

    def _step(self, unique_id: str, request: Request) -> Step | None:
        compiled, seed = self.models.get(unique_id), self.seeds.get(unique_id)
        selected = unique_id in request.selected
        if compiled is not None and compiled.materialized == "ephemeral":
            own = fingerprint.of_definition(compiled, self.engine.name)
            self.current[unique_id] = self._combined(own, compiled, self.current)
            self.structure[unique_id] = self._combined(own, compiled, self.structure)
            self.code[unique_id] = self._code(own, compiled)
            self.holds[unique_id] = self._held_by_parents(compiled)
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
            self._leave(unique_id)
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
        self.holds[unique_id] = self._held_by_parents(compiled)
        if compiled is None:
            self.code[unique_id] = unique_id
        else:
            self.code[unique_id] = self._code(definition, compiled)
            if self._is_dbts(compiled):
                structure = self.code[unique_id]
        step = Step(
            unique_id,
            name,
            Action.SKIP,
            "",
            combined,
            definition,
            seed,
            compiled,
            structure,
            holds_through=self.holds[unique_id],
        )
        action, reason = self._decide(step, request)
        if action is Action.BUILD and not self._differs_in_facts_only(step):
            self.whole.add(unique_id)
        return replace(step, action=action, reason=reason)

    def _leave(self, unique_id: str) -> None:
        """A node that is not selected: as it was published, or as it shows what stands now."""
        known, compiled = self.nodes.get(unique_id), self.models.get(unique_id)
        stands = known is not None and self._touched(known) is None
        self.current[unique_id] = known.fingerprint if known and stands else None
        # of one that is extended by any rows, what is known leaves them out
        is_dbts = compiled is not None and self._is_dbts(compiled)
        self.structure[unique_id] = known.structure if known and stands and not is_dbts else None
        self.holds[unique_id] = known.built_through or 0 if known else 0
        if known is None or compiled is None:
            self.code[unique_id] = unique_id
            return
        self.code[unique_id] = self._code(known.definition, compiled)
        found = self._combined(known.definition, compiled, self.current)
        is_view = compiled.materialized == "view"
        if stands and is_view:
            # it shows what is new without being built: its readers must see that
            self.current[unique_id] = found
            self.structure[unique_id] = self._combined(known.definition, compiled, self.structure)
        if is_view or (found is not None and found == known.fingerprint):
            self.holds[unique_id] = self._held_by_parents(compiled)

    def _held_by_parents(self, compiled: Compiled | None) -> int:
        """The last batch of facts that all a model stands on holds."""
        parents = compiled.depends_on if compiled else ()
        return min((self.holds.get(parent, 0) for parent in parents), default=self.last_batch)

    def _combined(
        self, definition: str, compiled: Compiled, of: Mapping[str, str | None]
    ) -> str | None:
        parents = [of.get(parent) for parent in compiled.depends_on]
        if is_volatile(compiled.sql) or any(p is None for p in parents):
            return None
        return fingerprint.of_node(definition, [p for p in parents if p is not None])

    @staticmethod
    def _is_dbts(compiled: Compiled) -> bool:
        """Whether it is incremental by one of dbt's own strategies."""
        return compiled.materialized == "incremental" and not extension.strategy(compiled)

    def _code(self, definition: str, compiled: Compiled) -> str:
        """SQL that may answer differently each time is the same SQL all the same."""
        return fingerprint.of_node(definition, [self.code[p] for p in compiled.depends_on])

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
        known = self.nodes[step.unique_id]
        if not extension.strategy(step.compiled):
            # dbt's own strategies: its author answers for the rows that is_incremental() skips
            return None if known.structure == step.structure else "what it stands on has changed"
        return self._changed_beyond_facts(step, request)

    def _changed_beyond_facts(self, step: Step, request: Request) -> str | None:
        known = self.nodes[step.unique_id]
        ancestors = self.dag.ancestors(step.unique_id)
        if step.structure is None or known.structure != step.structure:
            changed = [fact for a in ancestors if (fact := self._restructured(a))]
            if any(not fact.restates for fact in changed):
                return "facts were appended outside a batch"
            return "terms were restated" if changed else "more than facts has changed"
        if ancestors & self.whole:
            return "what it stands on is built whole"
        tellers = {a for a in ancestors if self.tells_changes(a)}
        if not tellers <= request.selected:
            return "what has changed is not selected"
        return None

    def _restructured(self, unique_id: str) -> fingerprint.Fact | None:
        """A fact with rows since the last publish that no batch tells of, or that restate others.

        None of any other.
        """
        fact, known = self.facts.get(unique_id), self.nodes.get(unique_id)
        return fact if fact and known and fact.structure != known.structure else None

    def tells_changes(self, unique_id: str) -> bool:
        return extension.strategy(self.models.get(unique_id)) == extension.OVERWRITE

    def _extended(self, steps: Sequence[Step], request: Request) -> list[Step]:
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
            if self.tells_changes(step.unique_id) and step.action is not Action.BUILD:
                action = Action.EXTEND if extended else Action.SKIP
                step = replace(step, action=action, reason="what has changed")
            changed = self._changed_rows(step, request, through) if extended else None
            found.append(replace(step, built_through=through, changed=changed))
        return found

    def _changed_rows(self, step: Step, request: Request, through: int) -> str | None:
        """Which rows of a view the facts since batch `through` bear on; None where it may be any.

        The others could be read when the view was last published, and are as they were.
        """
        known = self.nodes.get(step.unique_id)
        if step.compiled is None or step.compiled.materialized != "view" or known is None:
            return None
        if request.full_refresh or step.action is not Action.BUILD or step.fingerprint is None:
            return None
        if known.definition != step.definition or self._touched(known):
            return None
        if (known.built_through or 0) < through or self._changed_beyond_facts(step, request):
            return None
        condition = step.compiled.config.get("changed")
        return str(condition) if condition else None

    @cached_property
    def _counts(self) -> Mapping[str, int]:
        """The rows of what was published, as it stands."""
        published = [n for n in self.nodes.values() if n.materialized != state.FACT]
        counted = {n.relation for n in published if n.row_count is not None}
        tables = {name for name, found in self.relations.items() if not found.is_view}
        return self.engine.row_counts(sorted(counted & tables))

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
        if known.row_count is not None and self._counts[name] != known.row_count:
            return "its rows were changed by hand"
        return None

    def _require_terms(self, steps: Sequence[Step], request: Request) -> None:
        """Tables of new terms beside tables of old ones would contradict each other."""
        restating = {u: fact.last_batch for u, fact in self.facts.items() if fact.restates}
        built = [s for s in steps if s.action in (Action.BUILD, Action.EXTEND)]
        for source, last_batch in restating.items():
            step = next((s for s in built if source in self.dag.ancestors(s.unique_id)), None)
            old = step and self._left_with_terms_before(last_batch, source, request)
            if step and old:
                raise SelectionError(
                    "R218",
                    f"{step.name} would be of other terms than {old} is, which is not selected",
                    why="terms of accounts or instruments were restated since that was built",
                    mend="`runner build`, without --select or --exclude, builds all of them",
                )

    def _left_with_terms_before(self, batch: int, source: str, request: Request) -> str | None:
        """A table that is not selected, stands on `source`, and was built before that batch."""
        for unique_id, model in self.models.items():
            known = self.nodes.get(unique_id)
            if unique_id in request.selected or known is None or model.config.get("on_demand"):
                continue
            if model.materialized in ("view", "ephemeral") or known.relation not in self.relations:
                continue
            if (known.built_through or 0) < batch and source in self.dag.ancestors(unique_id):
                return model.name
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
