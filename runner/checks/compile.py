"""Rules to SQL: row rules on one table become one scan; the others a query each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from runner.checks.rules import Rule, RuleKind, bad_rule
from runner.compile.compiler import Compiler, DisabledRefError
from runner.compile.context import CTE_PREFIX
from runner.compile.ephemeral import with_ctes
from runner.errors import nearest

_ROW_KINDS = {RuleKind.NOT_NULL, RuleKind.ACCEPTED_VALUES, RuleKind.EXPRESSION}


@dataclass(frozen=True)
class CompiledRule:
    """`failing` is the query of failing rows; `aggregate` counts them in a scan of `relation`.

    A rule without `aggregate` is counted by a query of its own. `reads` are unique ids.
    """

    rule: Rule
    relation: str | None
    reads: tuple[str, ...]
    failing: str
    aggregate: str | None = None
    condition: str | None = None  # a row rule's, true of failing rows
    parent: str | None = None  # the relation that a relationship points to
    counted: str | None = None  # the query to count failures by, where it is not `failing`


@dataclass(frozen=True)
class Scan:
    """One query that counts the failures of several rules: a number for each, in order."""

    sql: str
    rules: tuple[CompiledRule, ...]


def compile_rules(compiler: Compiler, rules: Iterable[Rule]) -> list[CompiledRule]:
    """The rules' SQL; those that read a disabled model are left out, as in dbt."""
    compiled = []
    for rule in rules:
        try:
            compiled.append(_inlined(compiler, _compile(compiler, rule)))
        except DisabledRefError:
            continue
    return compiled


def _inlined(compiler: Compiler, rule: CompiledRule) -> CompiledRule:
    """Ephemeral models that the rule is about stand in its query, as they do in a model's."""
    about = (rule.relation, rule.parent)
    ctes = [
        (CTE_PREFIX + m.name, compiler.model(m.name).sql)
        for m in compiler.project.models.values()
        if CTE_PREFIX + m.name in about
    ]
    if not ctes:
        return rule
    return replace(rule, failing=with_ctes(rule.failing, ctes), aggregate=None)


def scans(rules: Sequence[CompiledRule]) -> list[Scan]:
    """Fuse what can share a scan, in the order tables first appear."""
    fused: dict[str, list[CompiledRule]] = defaultdict(list)
    alone: list[Scan] = []
    for rule in rules:
        if rule.aggregate is not None and rule.relation is not None:
            fused[rule.relation].append(rule)
        else:
            counted = rule.counted or rule.failing
            sql = f"select count(*) as failures\nfrom (\n{counted}\n) as failing"
            alone.append(Scan(sql, (rule,)))
    together = [
        Scan(
            "select\n    "
            + ",\n    ".join(f"{r.aggregate} as rule_{i}" for i, r in enumerate(group))
            + f"\nfrom {relation}",
            tuple(group),
        )
        for relation, group in fused.items()
    ]
    return [*together, *alone]


def _compile(compiler: Compiler, rule: Rule) -> CompiledRule:
    if rule.kind is RuleKind.SQL:
        sql, reads = compiler.snippet(str(rule.arguments["sql"]), rule.where)
        return CompiledRule(rule, None, reads, sql)
    assert rule.table is not None
    relation, unique_id = _relation(compiler, rule.table, rule)
    if rule.kind is RuleKind.GENERIC:
        return _generic(compiler, rule, relation, unique_id)
    own: tuple[str, ...] = (unique_id,)
    if rule.kind is RuleKind.RELATIONSHIPS:
        parent, parent_id = _relation(compiler, str(rule.arguments["to"]), rule)
        failing = _orphans(rule, relation, parent)
        return CompiledRule(rule, relation, (unique_id, parent_id), failing, parent=parent)
    if rule.kind is RuleKind.UNIQUE:
        return CompiledRule(rule, relation, own, _doubles(rule, relation))
    if rule.kind is RuleKind.ROW_COUNT:
        return _row_count(rule, relation, own)
    condition, more = _violation(compiler, rule)
    filtered = _filtered(rule, condition)
    return CompiledRule(
        rule,
        relation,
        (*own, *more),
        f"select *\nfrom {relation}\nwhere {filtered}",
        # a condition that reads other tables cannot stand in an aggregate's filter
        None if more else f"count(*) filter (where {filtered})",
        filtered,
    )


def narrowed(compiler: Compiler, rule: CompiledRule, fresh: str, through: int) -> CompiledRule:
    """The same rule where nothing has failed before and only the rows `fresh` are new.

    `fresh` is a relation. A rule of SQL is rendered as its author wrote it for that
    (`is_incremental()`); one that makes no difference there, and other kinds, stay as they are.
    """
    kind = rule.rule.kind
    if kind is RuleKind.SQL:
        sql, _ = compiler.snippet(
            str(rule.rule.arguments["sql"]), rule.rule.where, built_through=through
        )
        return replace(rule, counted=sql)
    if rule.aggregate is not None and rule.condition is not None:
        return replace(rule, relation=fresh)
    if kind is RuleKind.UNIQUE:
        assert rule.relation is not None
        return replace(rule, counted=_doubles(rule.rule, rule.relation, fresh))
    if kind is RuleKind.RELATIONSHIPS:
        return replace(rule, counted=_orphans(rule.rule, fresh, rule.parent))
    return rule


def _relation(compiler: Compiler, name: str, rule: Rule) -> tuple[str, str]:
    """A table's relation and unique id; by name, whatever kind of node it is."""
    project = compiler.project
    if name in project.models:
        return compiler.relation(name), project.models[name].unique_id
    if name in project.seeds:
        return name, project.seeds[name].unique_id
    for source in project.sources.values():
        if name in (source.name, source.identifier):
            return source.identifier, source.unique_id
    known = {*project.models, *project.seeds, *(s.name for s in project.sources.values())}
    near = nearest(name, known)
    raise bad_rule(
        rule.where,
        f"the check {rule.name} is about '{name}', which is no model, seed or source",
        f"did you mean '{near}'?" if near else "check the spelling",
    )


def _violation(compiler: Compiler, rule: Rule) -> tuple[str, tuple[str, ...]]:
    if rule.kind is RuleKind.NOT_NULL:
        return " or ".join(f"{c} is null" for c in rule.columns), ()
    if rule.kind is RuleKind.ACCEPTED_VALUES:
        values = ", ".join(_literal(v) for v in rule.arguments["values"])
        return f"{rule.columns[0]} not in ({values})", ()
    sql, reads = compiler.snippet(str(rule.arguments["sql"]), rule.where)
    return f"not {_enclosed(sql)}", reads


def _filtered(rule: Rule, condition: str) -> str:
    return f"{_enclosed(rule.filter)} and ({condition})" if rule.filter else condition


def _enclosed(sql: str) -> str:
    """In brackets, which a comment at its end does not swallow."""
    return f"({sql}\n)" if "--" in sql.rpartition("\n")[2] else f"({sql})"


def _doubles(rule: Rule, relation: str, fresh: str | None = None) -> str:
    """Keys that stand more than once, of those in `fresh`; a key with a null in it is no key."""
    listed = ", ".join(rule.columns)
    condition = " and ".join(f"{c} is not null" for c in rule.columns)
    rows = f"{relation}\nwhere {_filtered(rule, condition)}"
    if fresh is not None:
        keys = ", ".join(f"kept.{c}" for c in rule.columns)
        same = " and ".join(f"kept.{c} = fresh.{c}" for c in rule.columns)
        rows = (
            f"(\nselect {keys}\nfrom (select * from {rows}) as kept\n"
            f"inner join (select distinct {listed} from {fresh}) as fresh on {same}\n) as among"
        )
    return (
        f"select {listed}, count(*) as row_count\nfrom {rows}\n"
        f"group by {listed}\nhaving count(*) > 1"
    )


def _orphans(rule: Rule, relation: str, parent: str | None) -> str:
    """Children whose parent is missing; a null in the key refers to nothing."""
    pairs = list(zip(rule.columns, rule.arguments["to_columns"], strict=True))
    present = " and ".join(f"child.{c} is not null" for c, _ in pairs)
    same = " and ".join(f"child.{c} = parent.{p}" for c, p in pairs)
    child = (
        relation
        if rule.filter is None
        else f"(select * from {relation} where {_enclosed(rule.filter)})"
    )
    # not NOT EXISTS: DuckDB keeps every column of the children for one
    return (
        f"select child.*\nfrom {child} as child\nleft join {parent} as parent on {same}\n"
        f"where {present}\n    and parent.{pairs[0][1]} is null"
    )


def _row_count(rule: Rule, relation: str, reads: tuple[str, ...]) -> CompiledRule:
    counted = f"count(*) filter (where {rule.filter})" if rule.filter else "count(*)"
    bounds = []
    if "min" in rule.arguments:
        bounds.append(f"{counted} < {int(rule.arguments['min'])}")
    if "max" in rule.arguments:
        bounds.append(f"{counted} > {int(rule.arguments['max'])}")
    broken = " or ".join(bounds)
    return CompiledRule(
        rule,
        relation,
        reads,
        f"select {counted} as row_count\nfrom {relation}\nhaving {broken}",
        f"case when {broken} then 1 else 0 end",
    )


def _generic(compiler: Compiler, rule: Rule, relation: str, unique_id: str) -> CompiledRule:
    """A dbt project's own generic test: its macro, called with the table and column."""
    macro = f"test_{rule.arguments['test']}"
    if macro not in compiler.templates.macros:
        tests = {m.removeprefix("test_") for m in compiler.templates.macros if m[:5] == "test_"}
        tests |= {kind.value for kind in RuleKind} - {"generic", "sql"}
        near = nearest(str(rule.arguments["test"]), tests)
        raise bad_rule(
            rule.where,
            f"there is no test called '{rule.arguments['test']}'",
            f"did you mean '{near}'?" if near else f"known: {', '.join(sorted(tests))}",
        )
    given: Mapping[str, Any] = rule.arguments["arguments"]
    arguments = {"model": relation, **given}
    if rule.columns:
        arguments["column_name"] = rule.columns[0]
    call = ", ".join(f"{name}=given['{name}']" for name in arguments)
    sql, reads = compiler.snippet(f"{{{{ {macro}({call}) }}}}", rule.where, {"given": arguments})
    return CompiledRule(rule, relation, (unique_id, *reads), sql)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | Decimal):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"
