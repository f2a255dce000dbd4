"""Run a unit test: the model's own SQL over the rows given, in an empty database in memory."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from runner.build import kernel
from runner.build.seeds import load_seed
from runner.compile.source_lines import source_line, take_line
from runner.engines.base import Column, Engine, open_memory
from runner.errors import EngineError, Location
from runner.unit_tests.cases import Case, Table, unknown_column
from runner.unit_tests.definition import Fixture, bad_unit_test
from runner.unit_tests.results import Row, UnitTestResult
from runner.unit_tests.values import comparable, value_of

_NOT_ITS_FAULT = ("R304", "R305", "R306")  # the machine's


def run_case(engine_name: str, case: Case) -> UnitTestResult:
    """ProjectError for an expectation that the model has no columns for.

    EngineError (R314) where the database cannot run the model, or the rows: neither a pass nor a
    failure.
    """
    started = time.perf_counter()
    with closing(open_memory(engine_name)) as engine:
        for seed in case.seeds:
            load_seed(engine, seed)
        for table in case.tables:
            _stand(engine, table, case)
        columns, found = _found(engine, case)
        expected = _expected(engine, case, columns)
        names = expected.columns
        places = [[c.name.lower() for c in columns].index(n.lower()) for n in names]
        rows = [tuple(row[place] for place in places) for row in found]
    missing, unexpected = Counter(expected.rows), Counter(rows)
    return UnitTestResult(
        case.test,
        tuple(names),
        tuple((missing - unexpected).elements()),
        tuple((unexpected - missing).elements()),
        len(expected.rows),
        len(rows),
        time.perf_counter() - started,
    )


def _stand(engine: Engine, table: Table, case: Case) -> None:
    try:
        if table.sql is None:
            engine.empty_table(table.name, table.columns)
            engine.insert_rows(table.name, table.columns, table.rows)
        elif table.is_open:
            engine.table_as(table.name, table.sql)
        else:
            engine.empty_table(table.name, table.columns)
            named = [c.name for c in engine.describe(table.sql)]
            known = {c.name.lower(): c.name for c in table.columns}
            for name in named:
                if name.lower() not in known:
                    raise unknown_column(table.given.call, name, known, table.given.where)
            engine.insert_select(table.name, [known[n.lower()] for n in named], table.sql)
    except EngineError as error:
        raise _cannot_run(error, case, table.given.where, f"the rows of {table.given.call}") from (
            error
        )


def _found(engine: Engine, case: Case) -> tuple[Sequence[Column], list[Row]]:
    compiled = case.compiled
    try:
        if compiled.materialized == "kernel":
            kernel.materialize(engine, compiled)
            answer = engine.query(f'select * from "{compiled.name}"')
        else:
            answer = engine.query(compiled.sql)
        types = [c.type for c in answer.columns]
        rows = [tuple(map(comparable, row, types)) for row in answer.rows]
    except EngineError as error:
        line = take_line(error, compiled.sql)
        source = line and source_line(compiled.model.raw_sql, compiled.sql, line)
        raise _cannot_run(error, case, Location(compiled.model.path, source)) from error
    return answer.columns, rows


@dataclass(frozen=True)
class _Expected:
    """Values of `columns`, of the types that the model gives them."""

    columns: Sequence[str]
    rows: Sequence[Row]


def _expected(engine: Engine, case: Case, columns: Sequence[Column]) -> _Expected:
    fixture = case.test.expect
    known = {c.name.lower(): c for c in columns}
    if fixture.sql is not None:
        try:
            answer = engine.query(fixture.sql)
            names = [c.name for c in answer.columns]
            written: list[Sequence[Any]] = list(answer.rows)
        except EngineError as error:
            raise _cannot_run(error, case, fixture.where, "the rows expected") from error
        places = [fixture.where] * len(written)
    else:
        names = list(fixture.rows[0].values) if fixture.rows else [c.name for c in columns]
        _require_alike(fixture, names)
        written = [[row.values[name] for name in names] for row in fixture.rows]
        places = [row.where for row in fixture.rows]
    for name in names:
        if name.lower() not in known:
            where = places[0] if places else fixture.where
            raise unknown_column(case.test.model, name, known, where, "gives")
    types = [known[name.lower()].type for name in names]
    rows = []
    for place, values in zip(places, written, strict=True):
        try:
            rows.append(tuple(map(value_of, values, types)))
        except ValueError as error:
            raise bad_unit_test(
                place,
                f"a value that is expected of {case.test.model} is none of its column's type",
                "correct the value",
                str(error),
            ) from error
    return _Expected(names, rows)


def _require_alike(fixture: Fixture, names: Sequence[str]) -> None:
    for row in fixture.rows:
        if set(row.values) != set(names):
            raise bad_unit_test(
                row.where,
                "the rows expected do not all name the same columns",
                f"name {', '.join(names)} in each; null where there is no value",
            )


def _cannot_run(error: EngineError, case: Case, where: Location, what: str = "") -> EngineError:
    if error.code in _NOT_ITS_FAULT:
        return error
    test = case.test
    return EngineError(
        "R314",
        f"the unit test {test.name} of {test.model} could not run: {what or error.what}",
        where=where,
        why=error.why or error.what,
        mend=f"correct the SQL, or the rows given at {test.where}",
    )
