"""Does every row point to facts there are? By anti-join: no engine's foreign key is relied on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runner.engines.staging import Staging
from runner.ingest.candidates import Candidates
from runner.ingest.facts import FactTable
from runner.ingest.shape import Reference


def check(
    staging: Staging,
    candidates: Candidates,
    facts: Mapping[str, FactTable],
    loaded: Sequence[Candidates] = (),
) -> None:
    """Give each row that points to an unknown fact its problem.

    `loaded` are the candidates of other shapes in the same load, those pointed to first.
    """
    for reference in candidates.shape.references:
        _check(staging, candidates, facts[reference.table], reference, loaded)


def _check(
    staging: Staging,
    candidates: Candidates,
    fact: FactTable,
    reference: Reference,
    loaded: Sequence[Candidates],
) -> None:
    table, column = candidates.table, reference.column
    pending = f"problem is null and {column} is not null and not ({reference.unless})"
    if not staging.rows(f"select 1 from {table} where {pending} limit 1"):
        return
    asked = [reference.key, *([reference.alike] if reference.alike else [])]
    known = staging.ledger(
        fact.name,
        [c for c in fact.columns if c.name in asked],
        reference.key,
        f"select distinct {column} from {table} where {pending}",
    )

    def pointed_to(*columns: str) -> str:
        listed = ", ".join(columns)
        return f"select {listed} from {known}" + "".join(
            f" union all select {listed} from {rows.table} where problem is null"
            for rows in (candidates, *loaded)
            if rows.shape.table == fact.name
        )

    wrong = [
        (
            f"{reference.code} ' || {reference.reason}",
            f"{pending} and {column} not in ({pointed_to(reference.key)})",
        )
    ]
    if reference.alike:
        code, reason = reference.contradiction
        wrong.append(
            (
                f"{code} ' || {reason}",
                f"{pending} and ({column}, {reference.alike}) not in ({pointed_to(*asked)})",
            )
        )
    while True:
        # a row refused now may be one that another row of the load points to
        for problem, condition in wrong:
            if staging.rows(f"select 1 from {table} where {condition} limit 1"):
                staging.run(f"update {table} set problem = '{problem} where {condition}")
                break
        else:
            return
