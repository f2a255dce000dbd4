"""Does a file have the columns its format needs?"""

from __future__ import annotations

from collections.abc import Sequence

from runner.errors import InputError, Location, nearest
from runner.ingest.formats import Format
from runner.ingest.source import Source


def check_columns(
    form: Format, source: Source, found: Sequence[str], line: int | None
) -> tuple[str, ...]:
    """Refuse missing and doubled columns; the warnings about those the format has not."""
    where = Location(source.path, line)
    missing = [name for name in form.columns if name not in found]
    doubled = sorted({name for name in found if name and list(found).count(name) > 1})
    if missing:  # a first line that is no header can have a value twice
        doubled = [name for name in doubled if name in (*form.columns, *form.optional)]
    if doubled:
        raise InputError(
            "R274",
            f"{source.path.name} has the column '{doubled[0]}' twice",
            where=where,
            mend="keep one of them",
        )
    # a header that ends with its delimiter has a column without a name behind it
    extra = [name for name in found if name and name not in (*form.columns, *form.optional)]
    if missing:
        listed = ", ".join(_missing(name, extra) for name in missing)
        raise InputError(
            "R274",
            f"{source.path.name} lacks {'columns' if len(missing) > 1 else 'column'} {listed}",
            where=where,
            why=f"{form.name} needs: {', '.join(form.columns)}"
            + (f"; the file also has: {', '.join(extra)}" if extra else ""),
            mend="name the columns in the first line, the header, or name the right --format",
        )
    absent = {name for name in form.optional if name not in found}
    for name in extra:
        near = nearest(name, absent)
        if near:
            raise InputError(
                "R274",
                f"{source.path.name} has a column '{name}', which {form.name} has not",
                where=where,
                mend=f"did you mean '{near}'? rename it, or leave the column out",
            )
    if extra:
        return (f"{source.name}: not read, as {form.name} has no such column: {', '.join(extra)}",)
    return ()


def _missing(name: str, extra: Sequence[str]) -> str:
    near = nearest(name, set(extra)) if extra else None
    return f"'{name}' (is it '{near}'?)" if near else f"'{name}'"
