-- What an endpoint answered to an event about somebody may repeat what it was told. Such answers stand in facts of their
-- own, one subject each, which they name; they are destroyed with it, also when they come in after it was erased.
create index events_about on ledger.events ((data ->> 'about'))
  where type = 'delivery.attempted' and data ->> 'about' is not null;

-- Destroys the pads of the facts at these positions.
create function vault.destroy_at(positions bigint[]) returns void language plpgsql as $$
declare
  at bigint;
begin
  foreach at in array positions loop
    update vault.pads
    set pad = overlay(pad placing decode(repeat('00', length(vault.pad(at))), 'hex') from starts[at - first + 1] + 1)
    where first = (select p.first from vault.pads p where p.first <= at order by p.first desc limit 1);
  end loop;
end $$;

-- Destroys what was answered about subjects.
create function vault.destroy_answers(subjects text[]) returns void language sql as $$
  select vault.destroy_at(coalesce(array_agg(e.position), '{}'))
  from ledger.events e
  where e.type = 'delivery.attempted' and e.data ->> 'about' is not null and e.data ->> 'about' = any(subjects)
    and e.data ->> 'sealed' is not null
$$;

-- The same for those of them that were erased before.
create function vault.destroy_late(subjects text[]) returns void language sql as $$
  select vault.destroy_answers(coalesce(array_agg(s.subject), '{}'))
  from (select distinct subject from unnest(subjects) subject) s
  where exists (select from ledger.events e where e.stream = s.subject and e.type like '%.erased')
$$;

-- Destroys all pads of subjects, which are streams, and what else is kept of them outside the read models.
create or replace function vault.destroy(subjects text[]) returns void language plpgsql as $$
begin
  perform vault.destroy_at(coalesce(array_agg(e.position), '{}'))
  from ledger.events e where e.stream = any(subjects) and e.data ->> 'sealed' is not null;
  perform vault.destroy_answers(subjects);
  delete from ledger.blobs b
  using ledger.events e
  where e.stream = any(subjects) and e.type = 'qr.logo_attached' and b.sha256 = e.data #>> '{logo,sha256}'
    and not vault.is_needed(b.sha256);
  update ledger.answers set fingerprint = null, headers = '{}', body = null
  where subject = any(subjects)
    -- Not the answer to the request that erases.
    or subject in (select e.request from ledger.events e where e.stream = any(subjects) and e.type not like '%.erased');
end $$;
