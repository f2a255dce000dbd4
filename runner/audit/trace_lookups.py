"""Where the id that a trace is asked for may stand, and the orders it leads to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lookup:
    """Where an id `{id}` may stand, and the orders it leads to; `is_uuid`: one of the ledger's."""

    table: str
    sql: str
    is_uuid: bool = False


def _by_request(named: str) -> tuple[Lookup, ...]:
    """The orders of a request, by each id it has; `named`: a query of them, up to the condition."""
    return (
        Lookup("order_requests", f"{named} requests.client_request_id = {{id}}"),
        Lookup("order_requests", f"{named} requests.order_request_id = {{id}}", is_uuid=True),
        Lookup("signals", f"{named} requests.signal_id = {{id}}", is_uuid=True),
    )


LOOKUPS = (
    Lookup("orders", "select order_id from orders where order_id = {id}", is_uuid=True),
    Lookup("orders", "select order_id from orders where client_order_id = {id}"),
    Lookup("orders", "select order_id from orders where exchange_order_id = {id}"),
    Lookup("order_fills", "select order_id from order_fills where fill_id = {id}", is_uuid=True),
    Lookup("order_fills", "select order_id from order_fills where exchange_fill_id = {id}"),
    *_by_request(
        "select orders.order_id from orders inner join order_requests as requests "
        "on orders.order_request_id = requests.order_request_id where"
    ),
)

# where those lead to no order: terms that came after its first fill may name the request
LATER_LOOKUPS = _by_request(
    "select events.order_id from order_events as events inner join order_requests as requests "
    "on events.order_request_id = requests.order_request_id "
    "where events.event_type = 'RESTATED' and"
)

# where those lead to none, either
_REQUESTS = "select order_request_id from order_requests"
REQUESTS = (
    Lookup("order_requests", f"{_REQUESTS} where client_request_id = {{id}}"),
    Lookup("order_requests", f"{_REQUESTS} where order_request_id = {{id}}", is_uuid=True),
    Lookup("order_requests", f"{_REQUESTS} where signal_id = {{id}}", is_uuid=True),
)

# ids that begin alike, for "did you mean"
NEAR = (
    "select cast(order_id as text) as id from orders "
    "where starts_with(cast(order_id as text), {start})",
    "select client_request_id as id from order_requests "
    "where starts_with(client_request_id, {start})",
    "select client_order_id as id from orders where starts_with(client_order_id, {start})",
    "select exchange_order_id as id from orders where starts_with(exchange_order_id, {start})",
    "select exchange_fill_id as id from order_fills where starts_with(exchange_fill_id, {start})",
)
