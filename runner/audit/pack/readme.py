"""The pack's README: what a stranger finds in it, and how to hold it to account."""

from __future__ import annotations

from collections.abc import Sequence

from runner.audit.pack.tables import Period, Written
from runner.ledger.findings import Verification

_TEXT = """\
# Evidence of the ledger {project}

Period: {first} until before {last}, UTC. Facts: all that the ledger had recorded until
{known_at} (UTC), {fact_count:,} of {batch_count:,} batches, whatever time they are of: positions
and lots of the period stand on what came before it. Head of the hash chain:
`{head}`.

| folder or file | holds |
|---|---|
| `facts/` | every fact, as Parquet and CSV, in the order of its key |
| `derived/` | what the models made of them, likewise |
| `results/` | what each check came to, and some of the rows that fail |
| `compiled/` | the SQL that made each derived table and found failing rows, without templates |
| `models/`, `checks/`, `seeds/`, `sql/` | the project: models, checks, reference data, migrations |
| `pyproject.toml` | settings of this folder as a project of sot-runner {version} |
| `manifest.json` | period, versions, row counts, columns and types, batches with their hashes |
| `SHA256SUMS` | the SHA-256 of every other file |

In CSV, NULL is nothing and an empty text is `""`; decimals are exact; times are UTC. A derived
table has the rows of the period where the manifest names a `period_column`, and otherwise all: the
state as known at the moment above.

## That the files are those that were packed

```sh
sha256sum --check --quiet SHA256SUMS
```

The SHA-256 of `SHA256SUMS` itself was printed when the pack was made: ask for it by another way.

## That the facts are what was appended, and that every number follows from them

```sh
pip install sot-runner=={version}
runner build                       # a new ledger of facts/, all models built, all checks run
runner verify --anchor {head}
runner audit pack --from {first_option} --to {last_option} -o again
tables() {{ grep -E '(facts|derived)/.*csv|results/checks.csv' $1/SHA256SUMS; }}
diff <(tables .) <(tables again)
```

No output of the last line: each table was made again from the facts, the same in every cell, and
each check came to the same. It holds on the other engine too: add `-t sqlite` or `-t duckdb` to
each command of runner. `docs/ledger.md` of sot-runner says how the chain is computed, so that it
can be recomputed without it.

## Tables

| table | kind | rows | rows chosen by |
|---|---|---:|---|
{tables}
"""


def readme(
    project: str,
    version: str,
    period: Period,
    known_at: str,
    proof: Verification,
    tables: Sequence[Written],
) -> str:
    rows = (
        f"| `{t.table.name}` | {t.table.folder} | {t.row_count:,} | {t.table.period_column or ''} |"
        for t in tables
    )
    return _TEXT.format(
        project=project,
        version=version,
        first=period.first,
        last=period.last,
        first_option=period.first.isoformat(),
        last_option=period.last.isoformat(),
        known_at=known_at,
        head=proof.head,
        fact_count=proof.row_count,
        batch_count=proof.batch_count,
        tables="\n".join(rows),
    )
