"""`runner reconcile resolve`: what was decided about a break, appended as a fact.

One batch, one transaction: the decision, and with ADOPT what the venue states. Every id is made of
what the fact is, so that a command that is run again, or was interrupted, adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from runner.build.state import built_through
from runner.config import Config
from runner.engines.base import Engine
from runner.errors import EngineError, UsageError, nearest
from runner.ingest import batch
from runner.ingest.batch import Origin
from runner.ingest.facts import fact_tables
from runner.moments import microseconds, utc_now
from runner.reconciliation import adoption
from runner.reconciliation.facts import first, made_id, one, rows

_NAMES_SEARCHED = 10_000


@dataclass(frozen=True)
class Decision:
    """What is decided: ACKNOWLEDGE, ADOPT or DISMISS, why, and by whom."""

    action: str
    reason: str
    actor: str


@dataclass(frozen=True)
class Resolution:
    """What became of a decision; `batch_id` is None where it stood already."""

    break_id: str
    action: str
    batch_id: int | None
    appended: Mapping[str, int]


def resolve(
    engine: Engine,
    config: Config,
    break_id: str,
    decision: Decision,
    now: datetime | None = None,
) -> Resolution:
    """Append a decision about a break of the published `exchange_reconciliation`.

    UsageError for a break there is not (R287), that has nothing to adopt (R288), or that facts
    since the build may have changed (R286). `now` (UTC) is when it was decided; the clock, where
    None.
    """
    if not engine.has_relation("exchange_reconciliation"):
        raise EngineError(
            "R301",
            "there is no exchange_reconciliation yet",
            why="breaks are known once the ledger is built",
            mend=f"run `runner reconcile{config.option_for(engine.target.name)}` first",
        )
    moment = now or utc_now()
    facts = fact_tables(engine, config.migration_path)
    with engine.transaction(), engine.staging() as staging:
        found = first(engine, "select * from exchange_reconciliation where break_id = ?", break_id)
        standing = first(
            engine,
            "select action, recorded_at from break_resolutions where break_id = ? "
            "order by occurred_at desc, recorded_at desc, resolution_id desc limit 1",
            break_id,
        )
        if found is None and standing is None:
            raise _unknown(engine, break_id)
        # decided since it was first seen, or gone
        stands = found is None or (
            standing is not None and standing["recorded_at"] >= found["first_seen_at"]
        )
        if standing is not None and standing["action"] == decision.action and stands:
            return Resolution(break_id, decision.action, None, {})
        if found is None:
            raise UsageError(
                "R287",
                f"the break '{break_id}' is gone",
                why=f"it was resolved ({standing['action'] if standing else ''}), and no build "
                "has found it since",
                mend="there is nothing left to decide",
            )
        made = [
            one(
                facts["break_resolutions"],
                {
                    "resolution_id": made_id("resolution", break_id, str(microseconds(moment))),
                    "break_id": break_id,
                    "action": decision.action,
                    "reason": decision.reason,
                    "actor": decision.actor,
                    "occurred_at": moment,
                },
            )
        ]
        if decision.action == "ADOPT":
            _require_newest(engine, config, break_id)
            made += adoption.adopted(engine, facts, found, decision.reason)
        appended = batch.append(
            engine,
            staging,
            facts,
            made,
            Origin("ADJUSTMENT", f"{decision.action} {break_id}", None),
            now,
        )
    assert appended is not None
    return Resolution(break_id, decision.action, appended.batch_id, dict(appended.rows))


def _require_newest(engine: Engine, config: Config, break_id: str) -> None:
    """What is adopted is the difference as it was built, which other facts may have changed."""
    through = built_through(engine, "exchange_reconciliation")
    newer = first(
        engine,
        "select max(batch_id) as batch_id from ledger_batches "
        "where batch_id > ? and kind <> 'ADJUSTMENT'",
        through or 0,
    )
    if newer is not None and newer["batch_id"] is not None:
        raise UsageError(
            "R286",
            f"the break '{break_id}' may not be what it was",
            why=f"exchange_reconciliation holds batches up to {through}, and the ledger has "
            f"{newer['batch_id']}",
            mend=f"run `runner build{config.option_for(engine.target.name)}`, and look again",
        )


def _unknown(engine: Engine, break_id: str) -> UsageError:
    known = {str(row["break_id"]) for row in rows(
        engine, f"select break_id from exchange_reconciliation limit {_NAMES_SEARCHED}"
    )}  # fmt: skip
    near = nearest(break_id, known)
    return UsageError(
        "R287",
        f"there is no break '{break_id}'",
        mend=f"did you mean '{near}'?"
        if near
        else 'see `runner query "select break_id from exchange_reconciliation"`',
    )
