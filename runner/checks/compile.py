"""Rules to SQL: row rules on one table become one statement; the others a query each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
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
    """One query that counts the failures of several rules.

    It gives a number for each, in order; or, where they are counted `apart`, a row for each: the
    rule's place and its number. `ends` are the lines of the query that each rule's part ends in.
    """

    sql: str
    rules: tuple[CompiledRule, ...]
    ends: tuple[int, ...]
    apart: bool = False

    def rule_at(self, line: int) -> CompiledRule | None:
        """The rule that a line of the query, from 1, is of."""
        return next((r for r, end in zip(self.rules, self.ends, strict=True) if line <= end), None)


def compile_rules(compiler: Compiler, rules: Iterable[Rule]) -> list[CompiledRule]:
    """The rules' SQL; those that read a disabled model are left out, as in dbt."""
    views = {m.name for m in compiler.all_models().values() if m.materialized == "view"}
    compiled = []
    for rule in rules:
        try:
            made = _inlined(compiler, _of_its_rows(compiler, rule))
            compiled.append(replace(made, is_of_view=made.relation in views))
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


def scans(rules: Sequence[CompiledRule], apart: Container[str] = ()) -> list[Scan]:
    """Fuse what can share a scan, in the order tables first appear.

    Of the relations `apart` each condition is counted by itself: where the database knows of each
    part of a column what it holds at least and at most, that reads next to nothing if no row fails.
    """
    fused: dict[str, list[CompiledRule]] = defaultdict(list)
    alone: list[Scan] = []
    for rule in rules:
        if rule.aggregate is not None and rule.relation is not None:
            fused[rule.relation].append(rule)
        else:
            counted = rule.counted or rule.failing
            sql = f"select {rule.tally} as failures\nfrom (\n{counted}\n) as failing"
            alone.append(Scan(sql, (rule,), (sql.count("\n") + 1,)))
    together = [
        _apart(relation, group) if relation in apart else _fused(relation, group)
        for relation, group in fused.items()
    ]
    return [*together, *alone]


def _fused(relation: str, rules: Sequence[CompiledRule]) -> Scan:
    parts = [f"    {rule.aggregate} as rule_{place}" for place, rule in enumerate(rules)]
    sql = "select\n" + ",\n".join(parts) + f"\nfrom {relation}"
    return Scan(sql, tuple(rules), _ends(parts, before=1))


def _apart(relation: str, rules: Sequence[CompiledRule]) -> Scan:
    parts = []
    for place, rule in enumerate(rules):
        counted = "count(*)" if rule.condition is not None else rule.aggregate
        where = f"\nwhere {rule.condition}" if rule.condition is not None else ""
        parts.append(f"select {place} as rule, {counted} as failures\nfrom {relation}{where}")
    ended = [f"{part}\nunion all" for part in parts[:-1]] + parts[-1:]
    return Scan("\n".join(ended), tuple(rules), _ends(ended), apart=True)


def _ends(parts: Sequence[str], before: int = 0) -> tuple[int, ...]:
    return tuple(before + n for n in accumulate(part.count("\n") + 1 for part in parts))


def _of_its_rows(compiler: Compiler, rule: Rule) -> CompiledRule:
    """The rule compiled, with what says which rows it is about rendered."""
    if rule.filter is None or "{" not in rule.filter:
        return _compile(compiler, rule)
    condition, more, _ = compiler.snippet(rule.filter, rule.where)
    made = _compile(compiler, replace(rule, filter=condition))
    if not more:
        return made
    reads = tuple(dict.fromkeys((*made.reads, *more)))
    # a condition that reads other tables cannot stand in an aggregate's filter
    return replace(made, reads=reads, aggregate=None)


def _compile(compiler: Compiler, rule: Rule) -> CompiledRule:
    if rule.kind is RuleKind.SQL:
        written = str(rule.arguments["sql"])
        sql, reads, is_of_new_rows = compiler.snippet(written, rule.where)
        extending = ""
        if is_of_new_rows:
            extending = compiler.snippet(written, rule.where, built_through=0).sql
        return CompiledRule(rule, None, reads, sql, extending=extending)
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
        written = str(rule.rule.arguments["sql"])
        fresh_sql = compiler.snippet(written, rule.rule.where, built_through=through).sql
        return replace(rule, counted=fresh_sql)
    if rule.aggregate is not None and rule.condition is not None:
        return replace(rule, relation=fresh, is_of_view=False)
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
    sql, reads, _ = compiler.snippet(str(rule.arguments["sql"]), rule.where)
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
    # in brackets and of a name, as dbt has it: the macro reads from it as it would from a table
    rows = relation if rule.filter is None else f"{batch(rule, relation)} as dbt_subquery"
    arguments = {"model": rows, **given}
    if rule.columns:
        arguments["column_name"] = rule.columns[0]
    call = ", ".join(f"{name}=given['{name}']" for name in arguments)
    sql, reads, _ = compiler.snippet(f"{{{{ {macro}({call}) }}}}", rule.where, {"given": arguments})
    return CompiledRule(rule, relation, (unique_id, *reads), sql)
