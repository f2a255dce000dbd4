"""Write the demo ledger, seeds/demo/*.csv: `python tests/demo/make_demo.py [FOLDER]`.

The same bytes on every machine: a seeded generator, decimals only, no clock. Nobody in it is real.
Three accounts trade six instruments for five days; story.py has the orders that show one thing
each, market.py the prices, statement.py what the venue says, with one break of each type.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.demo import conduct, crowd, funding, statement, story
from tests.demo.world import World

DEFAULT = Path(__file__).resolve().parent.parent.parent / "seeds" / "demo"


def make(folder: Path) -> list[Path]:
    """Write every CSV of the demo into `folder`."""
    world = World()
    story.tell(world)
    crowd.trade(world)
    funding.pay(world)
    conduct.behave(world)
    statement.state(world)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, rows in world.files().items():
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n", restval="")
            writer.writeheader()
            writer.writerows(rows)
        written.append(path)
    return written


if __name__ == "__main__":
    for path in make(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT):
        print(path)
