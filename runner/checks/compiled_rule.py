"""A rule as SQL, and the SQL that several kinds of rule have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.checks.expectations.forms import SchemaTest
from runner.checks.rules import Rule, bad_rule
from runner.compile.compiler import Compiler
from runner.errors import nearest


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
    others: tuple[str, ...] = ()  # relations beside it that its SQL names
    counted: str | None = None  # the query to count failures by, where it is not `failing`
    tally: str = "count(*)"  # what of that query's rows the number is
    considered: str | None = None  # the query of how many rows were tested
    keys: tuple[str, ...] = ()  # the columns that tell rows apart
    template: str | None = None  # the failing query, with {batch} where the relation stands
    observed: str | None = None  # the query of the figure that is kept for the next build
    schema: SchemaTest | None = None  # of the columns that `failing` has until they are judged
    is_of_view: bool = False  # the relation is computed whenever it is read
    judges_rows: bool = False  # each row of the relation by itself, whatever the others are
    extending: str = ""  # a rule of SQL, as its author wrote it for new rows (`is_incremental()`)
    parent_key: tuple[tuple[str, str], ...] = ()  # of a reference: its columns, and the parent's


def relation_of(compiler: Compiler, name: str, rule: Rule) -> tuple[str, str]:
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


def filtered(rule: Rule, condition: str) -> str:
    return f"{enclosed(rule.filter)} and ({condition})" if rule.filter else condition


def enclosed(sql: str) -> str:
    """In brackets, which a comment at its end does not swallow."""
    return f"({sql}\n)" if "--" in sql.rpartition("\n")[2] else f"({sql})"


def doubles(rule: Rule, relation: str, columns: Sequence[str], fresh: str | None = None) -> str:
    """Keys that stand more than once, of those in `fresh`; a key with a null in it is no key."""
    listed = ", ".join(columns)
    condition = " and ".join(f"{c} is not null" for c in columns)
    rows = f"{relation}\nwhere {filtered(rule, condition)}"
    if fresh is not None:
        # a key may be any SQL
        names = [c if c.isidentifier() else f"key_{place}" for place, c in enumerate(columns)]
        keys = ", ".join(f"{c} as {name}" for c, name in zip(columns, names, strict=True))
        same = " and ".join(f"kept.{name} = fresh.{name}" for name in names)
        listed = ", ".join(f"kept.{name}" for name in names)
        rows = (
            f"(select {keys} from {rows}) as kept\n"
            f"inner join (select distinct {keys} from {fresh}) as fresh on {same}"
        )
    return (
        f"select {listed}, count(*) as row_count\nfrom {rows}\n"
        f"group by {listed}\nhaving count(*) > 1"
    )


def both(condition: str | None, failing: str) -> str:
    return f"{enclosed(condition)} and ({failing})" if condition else failing


def count_of(relation: str, condition: str | None) -> str:
    where = f"\nwhere {condition}" if condition else ""
    return f"select count(*) as considered\nfrom {relation}{where}"


def batch(rule: Rule, relation: str | None) -> str:
    """What `{batch}` stands for: the relation, or those of its rows that the rule is about."""
    if relation is None or rule.filter is None:
        return relation or ""
    return f"(select * from {relation} where {enclosed(rule.filter)})"
