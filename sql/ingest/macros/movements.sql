-- What a booking moves.

-- an amount that has its fee within it: what was moved, and the fee it cost, which add up to it.
-- What is nought moves nothing; what cannot be read is there to be refused
create or replace temp macro movements_of(movement_id, kind, amount, fee) as
    list_filter(
        [
            struct_pack(
                movement_id := movement_id,
                kind := kind,
                amount := case
                    when ingest_unless_zero(fee) is null then coalesce(amount, '')
                    else cast(ingest_decimal(amount) + ingest_decimal(fee) as varchar)
                end
            ),
            struct_pack(
                movement_id := movement_id || ' fee',
                kind := 'FEE',
                amount := coalesce(ingest_negated(ingest_unless_zero(fee)), '0')
            )
        ],
        lambda movement: coalesce(ingest_decimal(movement.amount) <> 0, true)
    );
