-- The ledger. Rows are added by ledger.append() alone and never change: what is hashed is what is stored.
create schema ledger;

create function ledger.refuse() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger is append-only: % on %.% is refused', tg_op, tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;

-- One row per commit: hash = sha256(hash of the commit before || sha256 of this commit's lines), see src/store/line.ts.
-- The last row is the head of the ledger. Who appends holds a lock while reading it and drawing the next positions from
-- it, so they are gapless and in the order of commits. A head row that is updated instead needs a trigger to protect it
-- and leaves a dead row with every commit.
create table ledger.commits (
  last bigint primary key,
  first bigint not null,
  hash bytea not null
);
insert into ledger.commits (last, first, hash) values (0, 0, sha256('indelible ledger 1'));

create view ledger.head as select last as position, hash from ledger.commits order by last desc limit 1;

-- Facts: what was decided about organisations, keys and codes.
create table ledger.events (
  position bigint primary key,
  stream text collate "C" not null,
  version integer not null,
  type text collate "C" not null,
  at_ms bigint not null,
  org text collate "C",
  actor text collate "C" not null,
  request text collate "C",
  data json not null
);
create unique index events_stream_version on ledger.events (stream, version);
-- Which blocks may hold an organisation's rows. A tree of them would cost each append 1 us a row, a sixth of all it costs;
-- rows are read by position anyway, and blocks without the organisation are passed over.
create index events_org on ledger.events using brin (org text_bloom_ops) with (pages_per_range = 32, autosummarize = on);

-- Who writes scans: one stream per node and day. Its version is checked and moved with every batch.
create table ledger.writers (
  id integer generated always as identity primary key,
  stream text collate "C" not null unique,
  version integer not null
);

-- Scans: typed and narrow, in ranges of positions, so that old ones can be detached and archived.
create table ledger.scans (
  position bigint not null,
  writer integer not null,
  version integer not null,
  at_ms bigint not null,
  org text collate "C" not null,
  qr text collate "C" not null,
  qr_version integer not null,
  rule text collate "C",
  kind text collate "C" not null,
  country text collate "C",
  device text collate "C" not null,
  os text collate "C",
  browser text collate "C",
  referrer text collate "C",
  language text collate "C",
  agent integer not null,
  visitor integer not null,
  region text collate "C",
  city text collate "C",
  utm_source text collate "C",
  utm_medium text collate "C",
  utm_campaign text collate "C",
  test boolean,
  rules smallint,
  -- Kinds by older rules, such as 1=scan, separated by spaces.
  earlier text collate "C"
) partition by range (position);

create function ledger.add_scan_partition(number integer, width bigint) returns void language plpgsql as $$
declare
  leaf text := format('scans_%s', number);
begin
  if to_regclass('ledger.' || leaf) is not null then return; end if;
  execute format('create table ledger.%I (like ledger.scans including all)', leaf);
  execute format('create unique index on ledger.%I (position)', leaf);
  execute format('create unique index on ledger.%I (writer, version)', leaf);
  execute format('create index on ledger.%I using brin (org text_bloom_ops)
    with (pages_per_range = 32, autosummarize = on)', leaf);
  execute format('create trigger refuse before update or delete or truncate on ledger.%I
    for each statement execute function ledger.refuse()', leaf);
  execute format('revoke update, delete, truncate on ledger.%I from public, current_user', leaf);
  execute format('alter table ledger.scans attach partition ledger.%I for values from (%s) to (%s)',
    leaf, number * width, (number + 1) * width);
end $$;

-- Names that are given once and for ever, such as slugs.
create table ledger.claims (
  name text collate "C" primary key,
  stream text collate "C" not null
);

-- Answers of commands that came with an idempotency key; not history, so old ones may be removed.
create table ledger.answers (
  org text collate "C" not null,
  key text collate "C" not null,
  fingerprint text not null,
  status integer not null,
  headers json not null,
  body text not null,
  at_ms bigint not null,
  primary key (org, key)
);

create trigger refuse before update or delete or truncate on ledger.events
  for each statement execute function ledger.refuse();
create trigger refuse before update or delete or truncate on ledger.scans
  for each statement execute function ledger.refuse();
create trigger refuse before update or delete or truncate on ledger.commits
  for each statement execute function ledger.refuse();
create trigger refuse before update or delete or truncate on ledger.claims
  for each statement execute function ledger.refuse();
revoke update, delete, truncate on ledger.events, ledger.scans, ledger.commits, ledger.claims from public, current_user;

-- The one way in. A batch of requests is written whole or not at all: when a request is refused (its stream has
-- another version, its name or its idempotency key is taken) the refusals are returned, nothing is written, and the
-- caller sends the others again. Columns of text arrive joined by line feeds, which JSON never contains: splitting them
-- costs less than array literals, in which every quote of the JSON would have to be escaped. A column with one value for
-- all rows arrives as that value alone, and unnest() leaves it null in the rows behind the first. COPY would cost a third
-- less for each row, but needs five round trips for which the client has to find time; one call lets it do other work.

-- What stands against a batch, as [[reason, name], …]; null when nothing does. To be called under the lock.
create function ledger.refusals(
  check_streams text, check_versions integer[], claim_names text, answers json, scan_stream text, scan_expected integer
) returns json language plpgsql as $$
declare
  lf constant text := E'\n';
  found_refusals json;
begin
  if cardinality(check_versions) > 0 then
    select json_agg(json_build_array('version', c.stream)) into found_refusals
    from unnest(string_to_array(check_streams, lf), check_versions) c (stream, version)
    where c.version <> coalesce(
      (select e.version from ledger.events e where e.stream = c.stream order by e.version desc limit 1), 0);
    if found_refusals is not null then return found_refusals; end if;
  end if;

  if scan_stream is not null
    and scan_expected <> coalesce((select w.version from ledger.writers w where w.stream = scan_stream), 0)
  then
    return json_build_array(json_build_array('version', scan_stream));
  end if;
  if claim_names is not null then
    select json_agg(json_build_array('claim', c.name)) into found_refusals
    from unnest(string_to_array(claim_names, lf)) c (name)
    where exists (select from ledger.claims taken where taken.name = c.name);
    if found_refusals is not null then return found_refusals; end if;
  end if;
  if answers is not null then
    select json_agg(json_build_array('answer', a.org || ' ' || a.key)) into found_refusals
    from json_populate_recordset(null::ledger.answers, answers) a
    where exists (select from ledger.answers given where given.org = a.org and given.key = a.key);
  end if;
  return found_refusals;
end $$;

create function ledger.append(
  digest bytea, check_streams text, check_versions integer[], claim_names text, claim_streams text, answers json,
  fact_count integer, streams text, versions integer[], types text, ats bigint[], orgs text, actors text,
  requests text, datas text,
  scan_stream text = null, scan_expected integer = null, scan_count integer = 0, scan_ats bigint[] = null,
  scan_orgs text = null, scan_qrs text = null, scan_qr_versions integer[] = null, scan_rules text = null,
  scan_kinds text = null, scan_countries text = null, scan_devices text = null, scan_oses text = null,
  scan_browsers text = null, scan_referrers text = null, scan_languages text = null, scan_agents integer[] = null,
  scan_visitors integer[] = null, scan_regions text = null, scan_cities text = null, scan_utm_sources text = null,
  scan_utm_mediums text = null, scan_utm_campaigns text = null, scan_tests text = null, scan_rule_versions integer[] = null,
  scan_earliers text = null,
  out base bigint, out refused json
) language plpgsql as $$
#variable_conflict use_column
declare
  lf constant text := E'\n';
  width constant bigint := 10000000;
  count constant integer := fact_count + scan_count;
  before_hash bytea;
  writer_id integer;
  written integer;
begin
  -- As an expression: "perform" would be one more statement in every commit.
  if pg_advisory_xact_lock(hashtext('indelible ledger')) is null then null; end if;
  if check_versions <> '{}' or claim_names is not null or answers is not null or scan_stream is not null then
    append.refused := ledger.refusals(check_streams, check_versions, claim_names, answers, scan_stream, scan_expected);
    if append.refused is not null then return; end if;
  end if;
  select c.last, c.hash into append.base, before_hash from ledger.commits c order by c.last desc limit 1;

  if fact_count > 0 then
    insert into ledger.events
      select append.base + i, stream, coalesce(version, versions[1]), coalesce(type, types), coalesce(at, ats[1]),
        nullif(coalesce(org, orgs), ''), coalesce(actor, actors), nullif(coalesce(request, requests), ''), data::json
      from unnest(
        string_to_array(streams, lf), versions, string_to_array(types, lf), ats, string_to_array(orgs, lf),
        string_to_array(actors, lf), string_to_array(requests, lf), string_to_array(datas, lf)
      ) with ordinality e (stream, version, type, at, org, actor, request, data, i);
    get diagnostics written = row_count;
    if written <> fact_count then raise exception '% of % facts arrived', written, fact_count; end if;
  end if;
  if scan_count > 0 then
    -- Not "on conflict": that would draw an id for every batch, and integers would run out.
    update ledger.writers w set version = scan_expected + scan_count where w.stream = scan_stream
      returning w.id into writer_id;
    if writer_id is null then
      insert into ledger.writers (stream, version) values (scan_stream, scan_expected + scan_count)
        returning id into writer_id;
    end if;
    perform ledger.add_scan_partition(n, width)
    from generate_series((append.base / width)::integer, ((append.base + count) / width)::integer) n;
    insert into ledger.scans
      select append.base + fact_count + i, writer_id, (scan_expected + i)::integer, coalesce(at, scan_ats[1]),
        coalesce(org, scan_orgs), coalesce(qr, scan_qrs), coalesce(qr_version, scan_qr_versions[1]),
        nullif(coalesce(rule, scan_rules), ''), coalesce(kind, scan_kinds), nullif(coalesce(country, scan_countries), ''),
        coalesce(device, scan_devices), nullif(coalesce(os, scan_oses), ''), nullif(coalesce(browser, scan_browsers), ''),
        nullif(coalesce(referrer, scan_referrers), ''), nullif(coalesce(language, scan_languages), ''),
        coalesce(agent, scan_agents[1]), coalesce(visitor, scan_visitors[1]),
        nullif(coalesce(region, scan_regions), ''), nullif(coalesce(city, scan_cities), ''),
        nullif(coalesce(utm_source, scan_utm_sources), ''), nullif(coalesce(utm_medium, scan_utm_mediums), ''),
        nullif(coalesce(utm_campaign, scan_utm_campaigns), ''), nullif(coalesce(test, scan_tests), '')::boolean,
        nullif(coalesce(rules, scan_rule_versions[1]), 0)::smallint, nullif(coalesce(earlier, scan_earliers), '')
      from unnest(
        scan_ats, string_to_array(scan_orgs, lf), string_to_array(scan_qrs, lf), scan_qr_versions,
        string_to_array(scan_rules, lf), string_to_array(scan_kinds, lf), string_to_array(scan_countries, lf),
        string_to_array(scan_devices, lf), string_to_array(scan_oses, lf), string_to_array(scan_browsers, lf),
        string_to_array(scan_referrers, lf), string_to_array(scan_languages, lf), scan_agents, scan_visitors,
        string_to_array(scan_regions, lf), string_to_array(scan_cities, lf), string_to_array(scan_utm_sources, lf),
        string_to_array(scan_utm_mediums, lf), string_to_array(scan_utm_campaigns, lf), string_to_array(scan_tests, lf),
        scan_rule_versions, string_to_array(scan_earliers, lf)
      ) with ordinality s (at, org, qr, qr_version, rule, kind, country, device, os, browser, referrer, language,
        agent, visitor, region, city, utm_source, utm_medium, utm_campaign, test, rules, earlier, i);
    get diagnostics written = row_count;
    if written <> scan_count then raise exception '% of % scans arrived', written, scan_count; end if;
  end if;
  if claim_names is not null then
    insert into ledger.claims
      select c.name, c.stream
      from unnest(string_to_array(claim_names, lf), string_to_array(claim_streams, lf)) c (name, stream);
  end if;
  if answers is not null then
    insert into ledger.answers select * from json_populate_recordset(null::ledger.answers, answers);
  end if;
  if count > 0 then
    insert into ledger.commits values (append.base + count, append.base + 1, sha256(before_hash || digest));
  end if;
end $$;

-- Secrets of the instance. Not history: nothing in the ledger can be read out of them, and they may be destroyed.
create table public.indelible_secrets (
  name text primary key,
  value bytea not null
);
