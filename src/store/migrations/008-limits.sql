-- Rate limits that all nodes share. A bucket is one number, the time at which it would be full again (GCRA: the theoretical
-- arrival time), by this server's clock, so that nodes need not agree on the time. It is not history: after a crash of
-- the server all buckets are full, which is what unlogged tables are for.
create schema limits;

create unlogged table limits.buckets (
  name text collate "C" primary key,
  arrival double precision not null
) with (fillfactor = 50);

-- Settles with a node, for many buckets at once: what it let through on credit is taken whether it was there or not, what
-- it did not need is given back (spent < 0), and of what it wants it is granted as many whole requests as there are.
-- Returns how many, and how many are left, in the order of the names that were given.
create function limits.draw(
  names text[], intervals double precision[], spents double precision[], wanteds double precision[],
  at_ms double precision = null
) returns table (granted double precision, free double precision) language plpgsql as $$
#variable_conflict use_column
declare
  window_ms constant double precision := 60000;
  now_ms double precision;
begin
  insert into limits.buckets (name, arrival)
    select n, 0 from unnest(names) n order by n
  on conflict do nothing;
  -- In one order, so that two nodes never wait for each other.
  perform from limits.buckets b where b.name = any(names) order by b.name for update;
  now_ms := coalesce(at_ms, extract(epoch from clock_timestamp()) * 1000);
  return query
    with asked as (
      select a.i, a.name, a.step, a.wanted, greatest(greatest(b.arrival, now_ms) + a.spent * a.step, now_ms) as settled
      from unnest(names, intervals, spents, wanteds) with ordinality a (name, step, spent, wanted, i)
      join limits.buckets b on b.name = a.name
    ), told as (
      -- Sums of many fractions are off by less than the small number.
      select i, name, step, settled,
        greatest(0, least(wanted, floor((window_ms - (settled - now_ms)) / step + 1e-6))) as granted
      from asked
    ), kept as (
      update limits.buckets b set arrival = t.settled + t.granted * t.step from told t where t.name = b.name
    )
    select t.granted, (window_ms - (t.settled + t.granted * t.step - now_ms)) / t.step from told t order by t.i;
end $$;
