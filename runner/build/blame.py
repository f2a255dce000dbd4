"""Which model is at fault for what the database refused, and where in its file."""

from __future__ import annotations

from collections.abc import Sequence

from runner.compile.compiled import Compiled
from runner.compile.inlined import Inlined, place
from runner.compile.source_lines import take_line
from runner.engines.base import Engine
from runner.errors import EngineError, Location

OF_THE_DATABASE = ("R302", "R303", "R304", "R305")  # codes of what no model is at fault for


def blame(
    error: EngineError, engine: Engine, compiled: Compiled, ran: str, within: Sequence[Inlined]
) -> EngineError:
    """The same error, with the model it happened in, and the line where that can be told.

    `ran` is what ran of `compiled`, `within` are the ephemeral models that stand in it. Where the
    error has no line, they are run by themselves.
    """
    culprit = compiled
    if error.code not in OF_THE_DATABASE:
        line = take_line(error, ran)
        culprit, error.where = place(compiled, ran, line, within)
        if line is None and within:
            culprit = _found_alone(error, engine, within) or compiled
            error.where = Location(culprit.model.path)
    error.what = f"{culprit.name} could not be built: {error.what}"
    if culprit is not compiled:
        reader = f"{compiled.name} ({Location(compiled.model.path)})"
        error.why = _joined(f"it is ephemeral, and stands in the query of {reader}", error.why)
    error.mend = error.mend or (
        f"see the SQL as it ran in target/compiled, or with `runner compile {compiled.name}`; "
        "nothing was published"
    )
    return error


def _found_alone(error: EngineError, engine: Engine, within: Sequence[Inlined]) -> Compiled | None:
    """The first ephemeral model that fails by itself as its reader did."""
    failed = (error.code, error.what, error.why)
    try:
        engine.evaluate("select 1 as alive")
    except EngineError:
        # the engine ended the transaction, and what the models read is gone with it
        named = ", ".join(f"{i.compiled.name} ({Location(i.compiled.model.path)})" for i in within)
        error.why = _joined(error.why, f"its query holds ephemeral models: {named}")
        return None
    for one in within:
        try:
            engine.evaluate(one.sql)
        except EngineError as found:
            if (found.code, found.what, found.why) == failed:
                return one.compiled
    return None


def _joined(*parts: str | None) -> str:
    return "; ".join(part for part in parts if part)
