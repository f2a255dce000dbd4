"""The terms of instruments that a load goes by: as declared, or as restated last."""

from __future__ import annotations

from collections.abc import Mapping

from runner.engines.staging import Staging
from runner.ingest.facts import FactTable
from runner.ingest.shapes.reference import INSTRUMENT_TERMS

_IN_FORCE = "ingest_terms_in_force"


def in_force(staging: Staging, facts: Mapping[str, FactTable]) -> str:
    """The name of a staging relation: the ledger's rows of `instruments`, by their terms now."""
    declared = _all_of(staging, facts["instruments"])
    # a project may be older than restatements are
    restatements = facts.get("instrument_restatements")
    if restatements is None:
        return declared
    restated = _all_of(staging, restatements)
    if not staging.rows(f"select 1 from {restated} limit 1"):
        return declared
    terms = ", ".join(
        f"case when r.restatement_id is null then i.{name} else r.{name} end as {name}"
        for name in INSTRUMENT_TERMS
    )
    staging.run(
        f"create or replace temp table {_IN_FORCE} as select i.* replace ({terms}) "
        f"from {declared} as i left join (select * from {restated} qualify row_number() over "
        "(partition by instrument_id order by restated_at desc) = 1) as r "
        "on i.instrument_id = r.instrument_id"
    )
    return _IN_FORCE


def _all_of(staging: Staging, fact: FactTable) -> str:
    return staging.ledger(fact.name, fact.columns, fact.key_column.name)
