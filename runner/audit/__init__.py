"""Questions that an auditor asks of the ledger."""
