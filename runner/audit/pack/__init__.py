"""A folder of evidence: facts, what was derived from them, and all it takes to derive it again."""
