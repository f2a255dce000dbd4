-- What the parts of a Coinbase Advanced product say: BASE-QUOTE; BASE-PERP-INTX, a contract on one
-- unit of the base, settled in USDC; any other future (…-CDE) is of a size that is not told.

create or replace temp macro coinbase_base(parts) as
    case when len(parts) = 2 or parts[-1] = 'INTX' then parts[1] end;

create or replace temp macro coinbase_quote(parts) as
    case when len(parts) = 2 then parts[2] when parts[-1] = 'INTX' then 'USDC' end;

create or replace temp macro coinbase_instrument_type(parts) as
    case when len(parts) = 2 then 'SPOT' when parts[-1] = 'INTX' then 'LINEAR' end;

create or replace temp macro coinbase_multiplier(parts) as
    case when parts[-1] = 'INTX' then '1' end;
