"""Whether this process has committed anything: what an interrupted command can say of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Commits:
    count: int = 0

    def outcome(self) -> str:
        """What a command that ends early has done: a transaction leaves all of it, or nothing."""
        if self.count:
            return "what it had committed by then stands, nothing is half-written"
        return "nothing was published"


COMMITS = Commits()
