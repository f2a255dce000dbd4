-- One row per instrument, by its terms as they were stated last.
with source as (
    select * from {{ source('ledger', 'instruments') }}
    {{ known_as_of() }}
),

restatements as (
    select
        *,
        row_number() over (partition by instrument_id order by restated_at desc) as recency
    from {{ source('ledger', 'instrument_restatements') }}
    {{ known_as_of() }}
),

final as (
    select
        source.instrument_id,

        source.symbol,
        {{ in_force('instrument_type') }},
        {{ in_force('base_currency') }},
        {{ in_force('quote_currency') }},
        {{ in_force('settlement_currency') }},
        {{ in_force('is_inverse') }},
        {{ in_force('allows_negative_price') }},
        source.origin,

        {{ in_force('multiplier') }},
        {{ in_force('tick_size') }},
        {{ in_force('lot_size') }},

        restated.restated_at,
        restated.recorded_at as restatement_recorded_at,

        source.recorded_at,
        source.batch_id
    from source
    left join restatements as restated
        on source.instrument_id = restated.instrument_id
        and restated.recency = 1
)

select * from final
