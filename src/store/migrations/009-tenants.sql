-- Row-level security on every table that has an organisation, forced also for the owner of the tables: who reads says for
-- whom, and sees that organisation's rows, whatever the statement asks for. '*' is all of them, for the program's own work.
create function ledger.tenant() returns text language plpgsql stable as $$
declare
  tenant text := current_setting('indelible.org', true);
begin
  if tenant is null or tenant = '' then
    raise exception 'nobody has said for which organisation this is read' using errcode = 'IN001';
  end if;
  return tenant;
end $$;

create function ledger.protect(relation regclass, org name) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security, force row level security', relation);
  execute format('create policy tenant on %s using ((select ledger.tenant()) in (%I, ''*''))', relation, org);
end $$;

-- All tables of a schema that have an organisation; in the table of organisations it is the id.
create function ledger.protect_schema(its name) returns void language plpgsql as $$
declare
  found record;
begin
  for found in
    select c.oid::regclass as relation, a.attname as org
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = its::regnamespace and c.relkind in ('r', 'p') and not c.relrowsecurity
      and (a.attname = 'org' or (c.relname = 'organizations' and a.attname = 'id'))
  loop
    perform ledger.protect(found.relation, found.org);
  end loop;
end $$;

select ledger.protect_schema('ledger');

create or replace function ledger.add_scan_partition(number integer, width bigint) returns void language plpgsql as $$
declare
  leaf text := format('scans_%s', number);
begin
  if to_regclass('ledger.' || leaf) is not null then return; end if;
  execute format('create table ledger.%I (like ledger.scans including all)', leaf);
  execute format('create unique index on ledger.%I (position)', leaf);
  execute format('create unique index on ledger.%I (writer, version)', leaf);
  execute format('create index on ledger.%I using brin (org text_bloom_ops, qr text_bloom_ops, at_ms)
    with (pages_per_range = 32, autosummarize = on)', leaf);
  execute format('create trigger refuse before update or delete or truncate on ledger.%I
    for each statement execute function ledger.refuse()', leaf);
  execute format('revoke update, delete, truncate on ledger.%I from public, current_user', leaf);
  perform ledger.protect(format('ledger.%I', leaf)::regclass, 'org');
  execute format('alter table ledger.scans attach partition ledger.%I for values from (%s) to (%s)',
    leaf, number * width, (number + 1) * width);
end $$;
