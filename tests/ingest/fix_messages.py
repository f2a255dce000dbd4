"""FIX messages for tests: fields given as text, with the length and the checksum they must have."""

from __future__ import annotations

SOH = "\x01"


def message(*fields: str, version: str = "FIX.4.4", delimiter: str = SOH) -> str:
    """A message of fields such as `35=8`; BodyLength and CheckSum by FIX Session Layer."""
    body = "".join(f"{field}{SOH}" for field in fields)
    text = f"8={version}{SOH}9={len(body.encode())}{SOH}{body}"
    return f"{text}10={sum(text.encode()) % 256:03d}{SOH}".replace(SOH, delimiter)


def report(exec_id: str, exec_type: str, status: str, *fields: str, delimiter: str = SOH) -> str:
    """An ExecutionReport of order O1, a limit order to buy 2 BTC/USD."""
    own = {field.split("=")[0] for field in fields}
    terms = ("1=main", "37=O1", "11=C1", "55=BTC/USD", "15=USD", "54=1", "38=2", "40=2", "44=50000",
             "60=20260302-09:00:00.000001")  # fmt: skip
    return message(
        "35=8", "49=NORTHEX", "56=ACME", "34=1", "52=20260302-09:00:00",
        f"17={exec_id}", f"150={exec_type}", f"39={status}",
        *(term for term in terms if term.split("=")[0] not in own), *fields,
        delimiter=delimiter,
    )  # fmt: skip
