"""Write docs/expectations.md and checks/suite.schema.json from the vocabulary of checks.

`python -m tests.docs.make_expectations`
"""

from __future__ import annotations

import json
from pathlib import Path

from runner.checks.expectations import VOCABULARY
from runner.checks.expectations.arguments import Argument
from tests.docs.suite_schema import suite_schema

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "expectations.md"
SCHEMA = ROOT / "checks" / "suite.schema.json"
_HEAD = """\
# Expectations

Made from the vocabulary itself. [Checks](checks.md) tells how a rule is written and judged.

Names and arguments are Great Expectations' own, but for those marked *ours*, which it lacks. Those
that take `mostly` judge each row by itself. Arguments in bold must be given.
"""


def page() -> str:
    parts = [_HEAD]
    for name, expectation in VOCABULARY.items():
        marks = [
            word
            for word, is_so in (
                ("ours", expectation.is_ours),
                ("takes `mostly`", expectation.takes_mostly),
            )
            if is_so
        ]
        said = f" *({', '.join(marks)})*" if marks else ""
        lines = [f"## {name}", "", f"{expectation.description}{said}", ""]
        lines += ["| argument | what it is | else |", "|---|---|---|"]
        lines += [_row(key, argument) for key, argument in expectation.arguments.items()]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _row(name: str, argument: Argument) -> str:
    shown = f"**`{name}`**" if argument.is_required else f"`{name}`"
    takes = (
        " or ".join(f"`{choice}`" for choice in argument.choices)
        if argument.choices
        else argument.takes.value
    )
    default = "" if argument.default is None else f"`{str(argument.default).lower()}`"
    return f"| {shown} | {takes} | {default} |"


def schema() -> str:
    return json.dumps(suite_schema(), indent=1) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    SCHEMA.write_text(schema(), encoding="utf-8")
