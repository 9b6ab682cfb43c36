-- Scans are found by their code and time as well: which blocks may hold them, at the cost of some bytes for each 256 KB.
-- A tree would cost each append as much as all the rest.
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
  execute format('alter table ledger.scans attach partition ledger.%I for values from (%s) to (%s)',
    leaf, number * width, (number + 1) * width);
end $$;

-- Ranges of positions whose scans have been moved into files. What they say is in the file whose digest stands here; the
-- chain over them is verified from there.
create table ledger.archives (
  first bigint primary key,
  last bigint not null check (last >= first),
  scans bigint not null,
  file text not null,
  sha256 text collate "C" not null,
  at_ms bigint not null
);
create trigger refuse before delete or truncate on ledger.archives
  for each statement execute function ledger.refuse();

-- User agents by the number that scans name them by, so that better rules can judge the past. Not history: a string that
-- few have is forgotten after a while, for it could point at somebody.
create table public.indelible_agents (
  number integer primary key,
  agent text not null,
  first_ms bigint not null,
  -- Places of some visitors that had it, as long as they are few.
  visitors integer[] not null
);
