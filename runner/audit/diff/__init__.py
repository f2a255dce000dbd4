"""Two builds of a ledger compared: which rows differ, by how much, and which facts explain it."""
