"""Rules to SQL: row rules on one table become one scan; the others a query each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from runner.checks.compiled_rule import (
    CompiledRule,
    batch,
    count_of,
    doubles,
    enclosed,
    filtered,
    relation_of,
)
from runner.checks.expectations.arguments import literal
from runner.checks.expectations.queries import foreign_key
from runner.checks.expected import compile_expectation, judged
from runner.checks.rules import SHORT, Rule, RuleKind, bad_rule
from runner.compile.compiler import Compiler, DisabledRefError
from runner.compile.context import CTE_PREFIX
from runner.compile.ephemeral import with_ctes
from runner.errors import nearest

_ROW_KINDS = {RuleKind.NOT_NULL, RuleKind.ACCEPTED_VALUES, RuleKind.EXPRESSION}


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
    about = (rule.relation, *rule.others)
    ctes = [
        (CTE_PREFIX + m.name, compiler.model(m.name).sql)
        for m in compiler.project.models.values()
        if CTE_PREFIX + m.name in about
    ]
    if not ctes:
        return rule

    def inlined(sql: str | None) -> str | None:
        return None if sql is None else with_ctes(sql, ctes)

    return replace(
        rule,
        failing=with_ctes(rule.failing, ctes),
        counted=inlined(rule.counted),
        considered=inlined(rule.considered),
        aggregate=None,
    )


def scans(rules: Sequence[CompiledRule]) -> list[Scan]:
    """Fuse what can share a scan, in the order tables first appear."""
    fused: dict[str, list[CompiledRule]] = defaultdict(list)
    alone: list[Scan] = []
    for rule in rules:
        if rule.aggregate is not None and rule.relation is not None:
            fused[rule.relation].append(rule)
        else:
            counted = rule.counted or rule.failing
            sql = f"select {rule.tally} as failures\nfrom (\n{counted}\n) as failing"
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
    if rule.kind is RuleKind.EXPECTATION:
        return compile_expectation(compiler, rule)
    assert rule.table is not None
    relation, unique_id = relation_of(compiler, rule.table, rule)
    if rule.kind is RuleKind.GENERIC:
        return _generic(compiler, rule, relation, unique_id)
    own: tuple[str, ...] = (unique_id,)
    if rule.kind is RuleKind.RELATIONSHIPS:
        parent, parent_id = relation_of(compiler, str(rule.arguments["to"]), rule)
        orphans = foreign_key(rule.columns, parent, rule.arguments["to_columns"])
        read = (unique_id, parent_id)
        return replace(judged(rule, relation, read, orphans), others=(parent,), judges_rows=True)
    if rule.kind is RuleKind.UNIQUE:
        failing = doubles(rule, relation, rule.columns)
        return CompiledRule(rule, relation, own, failing, keys=rule.columns)
    if rule.kind is RuleKind.ROW_COUNT:
        return _row_count(rule, relation, own)
    condition, more = _violation(compiler, rule)
    among = filtered(rule, condition)
    return CompiledRule(
        rule,
        relation,
        (*own, *more),
        f"select *\nfrom {relation}\nwhere {among}",
        # a condition that reads other tables cannot stand in an aggregate's filter
        None if more else f"count(*) filter (where {among})",
        among,
        considered=count_of(relation, rule.filter),
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
    if rule.keys:
        assert rule.relation is not None
        return replace(rule, counted=doubles(rule.rule, rule.relation, rule.keys, fresh))
    if rule.judges_rows and rule.template is not None:
        sql = rule.template.replace("{batch}", batch(rule.rule, fresh))
        return replace(rule, counted=sql)
    return rule


def _violation(compiler: Compiler, rule: Rule) -> tuple[str, tuple[str, ...]]:
    if rule.kind is RuleKind.NOT_NULL:
        return " or ".join(f"{c} is null" for c in rule.columns), ()
    if rule.kind is RuleKind.ACCEPTED_VALUES:
        values = ", ".join(literal(v) for v in rule.arguments["values"])
        return f"{rule.columns[0]} not in ({values})", ()
    sql, reads = compiler.snippet(str(rule.arguments["sql"]), rule.where)
    return f"not {enclosed(sql)}", reads


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
        tests |= SHORT - {"sql"}
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
