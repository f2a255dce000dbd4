"""The order ledger's runner: migrates, ingests, builds, checks and publishes."""

__version__ = "0.1.0"
