-- What events refer to by its hash and is too large to stand in them: logos, as clean PNGs of ours. A blob is written
-- before the event that names it; like the ledger it is only ever added to, so that every picture can be made again.
create table ledger.blobs (
  sha256 text collate "C" primary key check (sha256 = encode(sha256(bytes), 'hex')),
  type text not null,
  bytes bytea not null
);
-- PNGs are compressed: another try costs time and saves nothing.
alter table ledger.blobs alter column bytes set storage external;

create trigger refuse before update or delete or truncate on ledger.blobs
  for each statement execute function ledger.refuse();
revoke update, delete, truncate on ledger.blobs from public, current_user;
