"""From a line of compiled SQL back to the line of the model's file that it comes from."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from runner.errors import EngineError

_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")

_QUOTED_LINE = re.compile(r"^LINE (\d+): .*", re.M)
_NAMED = re.compile(r'(?:Referenced column|Table with name|Function with name) "?(\w+)"?')

Numbered = list[tuple[int, str]]  # 1-based number of a line, and its text


def take_line(error: EngineError, sql: str = "") -> int | None:
    """The 1-based line of `sql` that the engine names or quotes (`LINE 3: …`).

    The quote loses its number, as what a person reads has that of the file's own line. DuckDB
    counts amiss where comments stand before: what it names is looked for in `sql` itself, and a
    quote that does not hold it is left out.
    """
    why = error.why or ""
    quoted, named = _QUOTED_LINE.search(why), _NAMED.search(why)
    line = error.sql_line or (int(quoted.group(1)) if quoted else None)
    if named and sql:
        word = re.compile(rf"\b{re.escape(named.group(1))}\b", re.I)
        holding = [n for n, text in enumerate(sql.splitlines(), start=1) if word.search(text)]
        if line not in holding:
            line = holding[0] if len(holding) == 1 else None
        if quoted and not word.search(quoted.group()):
            error.why = why[: quoted.start()].rstrip()
            return line
    if quoted:
        error.why = why.replace(f"LINE {quoted.group(1)}: ", " " * len(f"LINE {quoted.group(1)}: "))
    return line


def source_line(template: str, compiled: str, line: int) -> int | None:
    """The 1-based line of `template` that line `line` of what it compiled to comes from.

    None where that cannot be told: a line of a macro or an ephemeral model of several lines, or one
    of several lines of Jinja that could each have made it.

    >>> source_line("select\\n    max({{ c }})\\nfrom t", "select\\n    max(a)\\nfrom t", 2)
    2
    """
    before, after = _written(template), _written(compiled)
    at = next((n for n, (number, _) in enumerate(after) if number == line), None)
    if at is None:
        return None
    # lines of no SQL are left out on both sides: what Jinja leaves blank would align with anything
    one, other = ([text for _, text in side] for side in (before, after))
    aligned = SequenceMatcher(None, one, other, autojunk=False)
    for tag, i1, i2, j1, j2 in aligned.get_opcodes():
        if j1 <= at < j2:
            if tag == "equal":
                return before[i1 + at - j1][0]
            return _within(before[i1:i2], after[j1:j2], at - j1)
    return None


def _written(sql: str) -> Numbered:
    lines = enumerate((line.strip() for line in sql.splitlines()), start=1)
    return [(number, text) for number, text in lines if re.sub(r"\{[%#].*?[%#]\}", "", text)]


def _within(before: Numbered, after: Numbered, at: int) -> int | None:
    """Of lines that Jinja changed, the one a line comes from: by its words, or by its place."""
    made = [number for number, text in before if _pattern(text).fullmatch(after[at][1])]
    if len(made) == 1:
        return made[0]
    if len(before) == len(after):
        return before[at][0]
    expressions = [number for number, text in before if "{{" in text]
    return expressions[0] if len(expressions) == 1 else None


def _pattern(text: str) -> re.Pattern[str]:
    """What a template's line may compile to, whatever its Jinja comes to."""
    return re.compile(".*".join(re.escape(part) for part in _JINJA.split(text)))
