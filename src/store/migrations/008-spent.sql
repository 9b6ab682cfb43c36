-- What was used of allowances such as the codes of a month, counted in the very transaction that uses them. So no number
-- of nodes slips past a limit together, nothing is counted that did not happen, and it costs no look of its own.
create table limits.used (
  name text collate "C" primary key,
  used bigint not null
) with (fillfactor = 50);

-- Uses allowances, in the order of the requests of a batch. Called behind ledger.append(), under its lock: raises when a
-- request would go past its limit, and then nothing of the batch is written.
create function limits.spend(names text[], amounts bigint[], maxima bigint[]) returns void language plpgsql as $$
declare
  overspent json;
begin
  with asked as (
    select a.name, a.maximum, sum(a.amount) over (partition by a.name order by a.i) as running
    from unnest(names, amounts, maxima) with ordinality a (name, amount, maximum, i)
  )
  select json_agg(distinct jsonb_build_array('allowance', a.name, coalesce(u.used, 0))) into overspent
  from asked a left join limits.used u on u.name = a.name
  where coalesce(u.used, 0) + a.running > a.maximum;
  if overspent is not null then
    raise exception 'an allowance is used up' using errcode = 'LIM01', detail = overspent::text;
  end if;
  insert into limits.used as u (name, used)
    select a.name, sum(a.amount) from unnest(names, amounts) a (name, amount) group by a.name
  on conflict (name) do update set used = u.used + excluded.used;
end $$;

-- What was used before there was a count: codes of each organisation and team by calendar month (UTC), trials apart.
insert into limits.used
  select name, count(*) from (
    select 'codes:' || org || ':' || to_char(to_timestamp(at_ms / 1000.0) at time zone 'UTC', 'YYYY-MM') as name
    from ledger.events where type = 'qr.created' and data ->> 'test' is null
    union all
    select 'codes:' || org || ':' || to_char(to_timestamp(at_ms / 1000.0) at time zone 'UTC', 'YYYY-MM') || ':' || (data ->> 'team')
    from ledger.events where type = 'qr.created' and data ->> 'test' is null and data ->> 'team' is not null
  ) codes group by name;
