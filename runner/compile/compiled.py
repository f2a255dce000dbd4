"""A model ready to run: its SQL, its config, and what it stands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.project.nodes import ColumnSpec, Model

MATERIALIZATIONS = ("table", "view", "incremental", "ephemeral", "kernel")
# how an incremental model extends its table, and the setting each cannot do without
STRATEGIES = {
    "append": None,
    "delete+insert": "unique_key",
    "merge": "unique_key",
    "replace": "stale",
    "overwrite": None,
}


@dataclass(frozen=True)
class Compiled:
    """`depends_on` are unique ids of models, seeds and sources, direct ones only.

    `extending` is the SQL of an incremental model whose table stands (`is_incremental()`), as it is
    of no batch: that is only a number.
    """

    model: Model
    sql: str
    config: Mapping[str, Any]
    depends_on: tuple[str, ...]
    columns: tuple[ColumnSpec, ...]
    description: str
    extending: str = ""

    @property
    def name(self) -> str:
        return self.model.name

    @property
    def unique_id(self) -> str:
        return self.model.unique_id

    @property
    def materialized(self) -> str:
        return str(self.config["materialized"])

    @property
    def is_enabled(self) -> bool:
        return bool(self.config.get("enabled", True))

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(self.config.get("tags", ()))

    @property
    def has_contract(self) -> bool:
        contract = self.config.get("contract")
        return bool(contract.get("enforced")) if isinstance(contract, Mapping) else bool(contract)
