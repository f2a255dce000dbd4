"""Parquet: DuckDB reads it column by column, typed as it is; a file of floats is refused."""

from __future__ import annotations

from collections.abc import Mapping

from runner.engines.staging import Staging
from runner.errors import EngineError, InputError, Location
from runner.ingest.formats import Format
from runner.ingest.functions import decimal_text, quoted
from runner.ingest.progress import Progress
from runner.ingest.readers.columns import check_columns
from runner.ingest.source import Piece, Source
from runner.sqltyping.types import Kind, parse_type


def read(staging: Staging, form: Format, source: Source, progress: Progress) -> Piece:
    """Stage a Parquet file as views over it; `row_id` counts its rows from 1.

    It is read where its rows are asked for: `progress` hears nothing of it here.
    """
    table = _table(source)
    described = _described(staging, source)
    given = {name.lower(): name for name in described}
    warnings = check_columns(form, source, list(given), None)
    _refuse_floats(form, source, {name.lower(): kind for name, kind in described.items()})
    row_id = f"{source.number << 40} + file_row_number + 1 as row_id"
    listed = ",\n    ".join(
        f'"{given[name]}" as "{name}"' if name in given else f'null::varchar as "{name}"'
        for name in (*form.columns, *form.optional)
    )
    texts = ", ".join(f'"{name}" := {_text(name, kind)}' for name, kind in described.items())
    return Piece(
        f"select\n    {row_id},\n    {listed}\nfrom {table}",
        f"select {row_id}, cast(to_json(struct_pack({texts})) as varchar) as raw from {table}",
        f"select count(*) from {table}",
        warnings,
    )


def _text(name: str, kind: str) -> str:
    """SQL of a value as it is kept verbatim."""
    parsed = parse_type(kind)
    if parsed.kind is Kind.DECIMAL and (parsed.precision or 0) > 18 > (parsed.scale or 0):
        return decimal_text(f'"{name}"', parsed.scale or 0)
    return f'cast("{name}" as varchar)'


def columns(staging: Staging, source: Source) -> list[str]:
    """The names of a file's columns."""
    return [name.lower() for name in _described(staging, source)]


def _table(source: Source) -> str:
    return f"read_parquet({quoted(str(source.path))}, file_row_number = true)"


def _described(staging: Staging, source: Source) -> dict[str, str]:
    """Column name -> type."""
    try:
        described = staging.rows(f"describe select * from {_table(source)}")
    except EngineError as error:
        raise InputError(
            "R278",
            f"{source.path.name} is not a readable Parquet file",
            where=Location(source.path),
            why=(error.why or error.what).splitlines()[0],
            mend="export it again",
        ) from error
    return {row[0]: row[1] for row in described if row[0] != "file_row_number"}


def _refuse_floats(form: Format, source: Source, types: Mapping[str, str]) -> None:
    for name in (*form.columns, *form.optional):
        if types.get(name, "").startswith(("FLOAT", "DOUBLE")):
            raise InputError(
                "R275",
                f"column '{name}' is {types[name]}: a float where a decimal belongs",
                where=Location(source.path, column=name),
                why="a binary float does not hold 0.1 exactly, and nobody can tell what was meant",
                mend="write the file with a decimal or text column "
                f"(in pyarrow: pa.decimal128(38, 12); in DuckDB: cast({name} as decimal(38, 12)))",
            )
