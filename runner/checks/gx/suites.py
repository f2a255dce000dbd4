"""Rules put together for Great Expectations: a suite of its own for each table of ours."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from runner.checks.compiled_rule import CompiledRule

_NO_SUITE = "models"  # tests beside models belong to no suite


@dataclass(frozen=True)
class TableSuite:
    """`relation` is None for rules that bring their own query."""

    name: str
    relation: str | None
    rules: tuple[CompiledRule, ...]


def table_suites(rules: Sequence[CompiledRule], known: Collection[str]) -> list[TableSuite]:
    """In the order tables first appear; a relation that is not `known` is no table to stand on."""
    grouped: dict[tuple[str, str | None], list[CompiledRule]] = defaultdict(list)
    for rule in rules:
        relation = rule.relation if rule.relation in known else None
        # the name is one of files as well
        suite = re.sub(r"[^\w.-]+", "_", rule.rule.suite or _NO_SUITE)
        grouped[suite, relation].append(rule)
    return [
        TableSuite(f"{suite}.{relation or 'queries'}", relation, tuple(group))
        for (suite, relation), group in grouped.items()
    ]
