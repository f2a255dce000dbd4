"""Run a unit test: the model's own SQL over the rows given, in an empty database in memory."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
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
            # a column that the query does not give is not there: so it is under dbt
            columns = list(_given_columns(engine.describe(table.sql), table))
            engine.empty_table(table.name, columns)
            engine.insert_select(table.name, [c.name for c in columns], table.sql)
    except EngineError as error:
        raise _cannot_run(error, case, table.given.where, f"the rows of {table.given.call}") from (
            error
        )


def _given_columns(named: Sequence[Column], table: Table) -> Iterator[Column]:
    """What a query gives, with the types of the input's own columns."""
    known = {c.name.lower(): c for c in table.columns}
    for name in (column.name.lower() for column in named):
        if name not in known:
            raise unknown_column(table.given.call, name, known, table.given.where)
        yield known[name]


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
        where = Location(compiled.model.path, source)
        raise _cannot_run(error, case, where, mend=_left_out(engine, case, error)) from error
    return answer.columns, rows


def _left_out(engine: Engine, case: Case, error: EngineError) -> str | None:
    """Which column the model missed because the query of an input does not give it."""
    said = set(re.findall(r"\w+", f"{error.what} {error.why}".lower()))
    for table in case.tables:
        if table.sql is None:
            continue
        given = {c.name for c in engine.relations()[table.name].columns}
        missed = [c.name for c in table.columns if c.name not in given and c.name.lower() in said]
        if missed:
            where = table.given.where
            return f"have the query of {table.given.call} give {missed[0]} as well, at {where}"
    return None


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


def _cannot_run(
    error: EngineError, case: Case, where: Location, what: str = "", mend: str | None = None
) -> EngineError:
    if error.code in _NOT_ITS_FAULT:
        return error
    test = case.test
    return EngineError(
        "R314",
        f"the unit test {test.name} of {test.model} could not run: {what or error.what}",
        where=where,
        why=error.why or error.what,
        mend=mend or f"correct the SQL, or the rows given at {test.where}",
    )
