"""Expectations to SQL: their tables found, their tests as queries over them."""

from __future__ import annotations

import json
from dataclasses import replace

from runner.checks.compiled_rule import (
    CompiledRule,
    batch,
    both,
    count_of,
    doubles,
    enclosed,
    relation_of,
)
from runner.checks.expectations import VOCABULARY
from runner.checks.expectations.arguments import RefusedArguments, Takes, literal
from runner.checks.expectations.forms import (
    KeyTest,
    QueryTest,
    RowTest,
    SchemaTest,
    Test,
)
from runner.checks.rules import Rule, bad_rule
from runner.checks.suites import table_named
from runner.compile.compiler import Compiler


def compile_expectation(compiler: Compiler, rule: Rule) -> CompiledRule:
    """One of the vocabulary: its arguments' SQL rendered, its tables found, its test as queries."""
    expectation = VOCABULARY[rule.arguments["expectation"]]
    given = dict(rule.arguments["given"])
    reads: list[str] = []
    others: list[str] = []
    for key, argument in expectation.arguments.items():
        if given[key] is None:
            continue
        if argument.takes is Takes.TABLE:
            given[key], unique_id = relation_of(compiler, table_named(given[key]), rule)
            reads.append(unique_id)
            others.append(given[key])
        elif argument.takes is Takes.SQL:
            snippet = compiler.snippet(given[key], rule.where)
            given[key] = snippet.sql
            reads += snippet.reads
    relation = None
    if rule.table is not None:
        relation, unique_id = relation_of(compiler, rule.table, rule)
        reads.insert(0, unique_id)
    try:
        test = expectation.compile(given)
    except RefusedArguments as error:
        raise bad_rule(rule.where, f"{expectation.name}: {error}", error.mend) from None
    found = judged(rule, relation, tuple(dict.fromkeys(reads)), test)
    return replace(found, others=tuple(others), judges_rows=expectation.judges_rows)


def judged(rule: Rule, relation: str | None, reads: tuple[str, ...], test: Test) -> CompiledRule:
    """A test as the rule's queries over its relation."""
    if isinstance(test, QueryTest):
        sql = test.sql.replace("{check}", literal(rule.name))
        rows = batch(rule, relation)
        observed = test.observed.replace("{batch}", rows) if test.observed else None
        considered = None if test.considered is None else count_of(rows, test.considered)
        return CompiledRule(
            rule,
            relation,
            reads,
            sql.replace("{batch}", rows),
            considered=considered,
            template=sql,
            observed=observed,
            parent_key=test.parent_key,
        )
    assert relation is not None
    if isinstance(test, SchemaTest):
        return _of_columns(rule, relation, reads, test)
    tested = " and ".join(enclosed(c) for c in (rule.filter, _considered(test)) if c)
    if isinstance(test, RowTest):
        failing = both(tested, test.failing)
        return CompiledRule(
            rule,
            relation,
            reads,
            f"select *\nfrom {relation}\nwhere {failing}",
            f"count(*) filter (where {failing})",
            failing,
            considered=count_of(relation, tested),
        )
    if isinstance(test, KeyTest):
        listed = ", ".join(test.columns)
        present = " and ".join(f"{c} is not null" for c in test.columns)
        return CompiledRule(
            rule,
            relation,
            reads,
            "select *\nfrom (\n    select\n        *,\n        "
            f"count(*) over (partition by {listed}) as row_count\n    from {relation}\n"
            f"    where {both(rule.filter, present)}\n) as counted\nwhere row_count > 1",
            counted=doubles(rule, relation, test.columns),
            tally="coalesce(sum(row_count), 0)",
            considered=count_of(relation, tested),
            keys=test.columns,
        )
    rows = relation if rule.filter is None else f"{batch(rule, relation)} as batch"
    return CompiledRule(
        rule,
        relation,
        reads,
        f"select {test.shown}\nfrom {rows}\nhaving {test.broken}",
        None if rule.filter else f"case when {test.broken} then 1 else 0 end",
    )


def _considered(test: Test) -> str:
    return test.considered if isinstance(test, RowTest | KeyTest) else ""


def _of_columns(
    rule: Rule, relation: str, reads: tuple[str, ...], test: SchemaTest
) -> CompiledRule:
    if rule.filter is not None:
        raise bad_rule(
            rule.where, "a rule on columns is about no rows", "leave its row_condition out"
        )
    # named with its arguments: another rule's result does not stand for this one's
    asked = json.dumps(rule.arguments, default=str)
    return CompiledRule(
        rule, relation, reads, f"-- {asked}\nselect *\nfrom {relation}", schema=test
    )
