"""Write the audit queries' section of docs/audit.md from their own comments:
`python -m tests.docs.make_audit`.
"""

from __future__ import annotations

import re
from pathlib import Path

from runner.audit.queries import AuditQuery, load_queries

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "audit.md"
_HEADING = "## Each audit query\n"


def page() -> str:
    before, heading, after = PAGE.read_text(encoding="utf-8").partition(_HEADING)
    assert heading, f"{PAGE.name} has no heading '{_HEADING.strip()}'"
    rest = re.search(r"^## ", after, re.M)
    queries = load_queries(ROOT / "sql" / "audit").values()
    sections = "\n".join(_section(query) for query in queries)
    return before + heading + "\n" + sections + ("\n" + after[rest.start() :] if rest else "")


def _section(query: AuditQuery) -> str:
    lines = [f"### `{query.name}`\n", f"{query.description}\n"]
    lines += ["| column | type | |", "|---|---|---|"]
    lines += [f"| `{c.name}` | {c.type} | {c.description} |" for c in query.columns]
    if query.parameters:
        lines += ["", "| parameter | type | default | |", "|---|---|---|---|"]
        lines += [
            f"| `{p.name}` | {p.type} | {p.default} | {p.description} |" for p in query.parameters
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
