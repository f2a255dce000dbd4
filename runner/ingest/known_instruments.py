"""The instruments a load knows, by the terms that hold: as declared, or as restated last."""

from __future__ import annotations

from collections.abc import Mapping

from runner.engines.staging import Staging
from runner.ingest.facts import FactTable
from runner.ingest.shapes.reference import RESTATED_TERMS

_BY_TERMS_NOW = "ingest_known_instruments"


def relation(staging: Staging, facts: Mapping[str, FactTable]) -> str:
    """The name of a staging relation: the ledger's rows of `instruments`, by those terms."""
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
        for name in RESTATED_TERMS
    )
    staging.run(
        f"create or replace temp table {_BY_TERMS_NOW} as select i.* replace ({terms}) "
        f"from {declared} as i left join (select * from {restated} qualify row_number() over "
        "(partition by instrument_id order by restated_at desc) = 1) as r "
        "on i.instrument_id = r.instrument_id"
    )
    return _BY_TERMS_NOW


def _all_of(staging: Staging, fact: FactTable) -> str:
    return staging.ledger(fact.name, fact.columns, fact.key_column.name)
