-- What is personal in a fact is sealed with a pad, random bytes that are used once, see src/store/seal.ts. The pads live
-- here, outside the ledger: destroying one makes the fact unreadable for ever and changes no stored byte of it.
create schema vault;

-- Pads of up to sixteen facts in direct succession: a row for each would cost an append 1.6 us a fact, this a tenth of it.
create table vault.pads (
  -- Position of the first.
  first bigint primary key,
  -- Where each begins in what follows; of a fact without anything personal the next one begins there too.
  starts integer[] not null,
  pad bytea not null
);
-- Random bytes: another try to compress them costs time and saves nothing.
alter table vault.pads alter column pad set storage external;

create function vault.refuse() returns trigger language plpgsql as $$
begin
  raise exception 'a pad is kept or destroyed: % on vault.pads is refused', tg_op
    using errcode = 'insufficient_privilege';
end $$;

-- Bytes may become zero; nothing else may ever change.
create function vault.is_destruction(before bytea, after bytea) returns boolean language sql immutable as $$
  select length(before) = length(after) and bool_and(get_byte(after, i) in (0, get_byte(before, i)))
  from generate_series(0, length(before) - 1) i
$$;
create trigger changed before update on vault.pads
  for each row when (
    new.first <> old.first or new.starts <> old.starts or vault.is_destruction(old.pad, new.pad) is not true
  )
  execute function vault.refuse();
create trigger removed before delete or truncate on vault.pads
  for each statement execute function vault.refuse();

-- Keeps the pads of new facts, in their own transaction. `base` is the position before the first of them; `ends` tells
-- where the pads of each row end in all of them.
create function vault.keep(base bigint, starts integer[], ends integer[], hex text) returns void language plpgsql as $$
begin
  insert into vault.pads
    select keep.base + i * 16 + 1, keep.starts[i * 16 + 1 : i * 16 + 16], substring(pads from begin + 1 for ends[n] - begin)
    from decode(hex, 'hex') pads, generate_subscripts(ends, 1) n,
      lateral (select n - 1 as i, coalesce(ends[n - 1], 0) as begin) r
    where ends[n] > begin;
end $$;

-- The pad of the fact at a position, if something in it is sealed.
create function vault.pad(at bigint) returns bytea language sql stable as $$
  select substring(pad from starts[i] + 1 for coalesce(starts[i + 1], length(pad)) - starts[i])
  from (select *, (at - first + 1)::integer as i from vault.pads where first <= at order by first desc limit 1) p
$$;

-- Answers hold what their request was about in clear. This is how those about a subject are found: by the subject where a
-- request was about one alone, else by the request.
alter table ledger.answers add column subject text collate "C" not null;
create index answers_subject on ledger.answers (subject);
-- Null once it was forgotten: then the key still stands for a request that took effect.
alter table ledger.answers alter column fingerprint drop not null, alter column body drop not null;

-- A logo may show whose it is. It is kept as long as one code that ever had it was not erased.
create index events_logo on ledger.events ((data #>> '{logo,sha256}')) where type = 'qr.logo_attached';
create function vault.is_needed(blob text) returns boolean language sql stable as $$
  select exists (
    select from ledger.events e
    where e.type = 'qr.logo_attached' and e.data #>> '{logo,sha256}' = blob
      and not exists (select from ledger.events x where x.stream = e.stream and x.type like '%.erased'))
$$;
create function vault.refuse_needed() returns trigger language plpgsql as $$
begin
  if vault.is_needed(old.sha256) then
    raise exception 'the ledger is append-only: a code on record needs the blob %', old.sha256
      using errcode = 'insufficient_privilege';
  end if;
  return old;
end $$;
drop trigger refuse on ledger.blobs;
create trigger refuse before update or truncate on ledger.blobs
  for each statement execute function ledger.refuse();
create trigger needed before delete on ledger.blobs for each row execute function vault.refuse_needed();
grant delete on ledger.blobs to current_user;

-- Destroys all pads of subjects, which are streams, and what else is kept of them outside the read models.
create function vault.destroy(subjects text[]) returns void language plpgsql as $$
declare
  at bigint;
begin
  for at in
    select e.position from ledger.events e where e.stream = any(subjects) and e.data ->> 'sealed' is not null
  loop
    update vault.pads
    set pad = overlay(pad placing decode(repeat('00', length(vault.pad(at))), 'hex') from starts[at - first + 1] + 1)
    where first = (select p.first from vault.pads p where p.first <= at order by p.first desc limit 1);
  end loop;
  delete from ledger.blobs b
  using ledger.events e
  where e.stream = any(subjects) and e.type = 'qr.logo_attached' and b.sha256 = e.data #>> '{logo,sha256}'
    and not vault.is_needed(b.sha256);
  update ledger.answers set fingerprint = null, headers = '{}', body = null
  where subject = any(subjects)
    -- Not the answer to the request that erases.
    or subject in (select e.request from ledger.events e where e.stream = any(subjects) and e.type not like '%.erased');
end $$;
