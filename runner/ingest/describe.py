"""What a format's file must hold, in words: from its mapping's header and its shape."""

from __future__ import annotations

from collections.abc import Iterator

from runner.ingest.formats import Format
from runner.ingest.shape import Field, Reading
from runner.ingest.shapes import SHAPES


def described(form: Format) -> Iterator[str]:
    """The format's description, kinds of file and columns, as lines of Markdown."""
    shapes = [SHAPES[name] for name in form.shapes]
    tables = ", ".join(f"`{shape.table}`" for shape in shapes)
    yield form.description
    yield ""
    yield f"Files: {', '.join(form.readers)}. Rows become {tables}."
    if not form.has_columns:
        yield ""
        yield " ".join(_records(form, reader) for reader in form.readers)
        return
    yield ""
    yield "| column | in the file | value | |"
    yield "|---|---|---|---|"
    for name in (*form.columns, *form.optional):
        found = next(filter(None, (shape.field(name) for shape in shapes)), None)
        presence = "must be" if name in form.columns else "may be"
        value = "required" if found is not None and found.required else "may be empty"
        yield f"| `{name}` | {presence} | {value} | {_reading(found)} |"


def _records(form: Format, reader: str) -> str:
    """What is a record of a file without columns, and where in it they stand."""
    named = ", ".join(f"`{name}`" for name in form.records)
    if reader == "fix":
        return f"Its records are messages ({named}), wherever they stand in a log."
    if reader == "xml":
        return f"Its records are XML elements ({named}) that hold their values in attributes."
    inside = f"; or in an object around them, at the first of these: {named}" if named else ""
    return f"Its records are JSON objects: an array of them, one a line, or one alone{inside}."


def _reading(found: Field | None) -> str:
    if found is None:
        return ""
    if found.reading is Reading.WORD:
        return ", ".join(found.words)
    return str(found.reading.value)
