"""What docs/checks.md tells to copy holds on the demo ledger, beside its own suites."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from tests.conftest import ROOT

_PAGE = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
SUITE, EXTENDING = re.findall(r"```yaml\n(.*?)```", _PAGE, re.S)


def _names(suite: Any) -> set[str]:
    rules = [rule for entry in suite["checks"] for rule in entry.get("rules", [entry])]
    return {rule["name"] for rule in rules}


def test_the_suite_can_be_copied_whole(demo_copy, cli):
    (demo_copy.root / "checks" / "desk.yml").write_text(SUITE, encoding="utf-8")
    judged = cli(demo_copy, "check", "--select", "desk", "--format", "json")
    assert judged.exit_code == 0, judged.stderr
    told = {entry["name"]: entry["status"] for entry in json.loads(judged.stdout)}
    assert told == dict.fromkeys(_names(yaml.safe_load(SUITE)), "pass")


def test_the_rule_that_extends_is_one_of_the_ledgers_own():
    own = (ROOT / "checks" / "orders.yml").read_text(encoding="utf-8")
    assert yaml.safe_load(EXTENDING)[0] in yaml.safe_load(own)["checks"]
