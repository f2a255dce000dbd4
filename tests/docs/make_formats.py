"""Write docs/formats.md from the mappings' own headers: `python -m tests.docs.make_formats`."""

from __future__ import annotations

from pathlib import Path

from runner.ingest.describe import described
from runner.ingest.formats import formats

PAGE = Path(__file__).parent.parent.parent / "docs" / "formats.md"
_HEAD = """\
# Formats

Made from the mappings in `sql/ingest`; `runner ingest --describe FORMAT` prints the same. How
values are read, and what becomes of a row that cannot be: [ingest](ingest.md).

A column that must be in the file may still have empty cells, unless its value is required.
"""


def page() -> str:
    parts = [_HEAD]
    for form in formats().values():
        parts.append(f"## `{form.name}`\n")
        parts += [*described(form), ""]
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
