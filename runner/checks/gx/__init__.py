"""The same rules through Great Expectations: `runner check --engine gx`, with the extra `[gx]`.

Each rule becomes one expectation of a real suite: Great Expectations' own where that is exact, else
its UnexpectedRowsExpectation with our SQL. It reads the database through a SQLAlchemy dialect over
the engine that is open already. Nothing outside this folder imports Great Expectations.
"""
