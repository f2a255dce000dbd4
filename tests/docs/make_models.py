"""Write docs/models.md from the models' own YAML: `python -m tests.docs.make_models`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from runner.compile.compiled import Compiled
from runner.config import load_config
from runner.workspace import open_workspace

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "models.md"
_HEAD = """\
# Models

Made from the YAML beside each model. Money is `decimal(38,12)`, exact on every engine; times are
UTC. A model called `int_…` is a step on the way and may change; the others are what readers use.

"""


def page() -> str:
    workspace = open_workspace(load_config(ROOT))
    ordered = sorted(workspace.models.values(), key=lambda m: (m.model.path.parent, _rank(m)))
    parts = [_HEAD]
    for folder, models in groupby(ordered, key=lambda m: m.model.path.parent.name):
        parts.append(f"## {folder}\n")
        parts += [_section(compiled) for compiled in models]
    return "\n".join(parts)


def _rank(compiled: Compiled) -> tuple[bool, str]:
    return compiled.name.startswith("int_"), compiled.name


def _section(compiled: Compiled) -> str:
    said = " ".join(compiled.description.split())
    lines = [f"### `{compiled.name}`\n", f"{said}\n", f"Materialized as {compiled.materialized}.\n"]
    lines += ["| column | type | |", "|---|---|---|"]
    lines += [
        f"| `{c.name}` | {c.data_type or ''} | {' '.join(c.description.split())} |"
        for c in compiled.columns
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
