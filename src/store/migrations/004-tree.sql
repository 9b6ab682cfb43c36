-- The Merkle tree over the ledger, grown behind it by a worker (src/proofs/grower.ts). All of it follows from the stored
-- rows and can be checked against them.

-- Roots of complete subtrees, of every eighth height only: what is between is made again from 256 of them, and what is
-- below from 256 rows of the ledger. That is 32 bytes for 256 events, and no proof reads more than some hundred rows.
create table ledger.tree_nodes (
  height smallint not null,
  index bigint not null,
  hash bytea not null check (octet_length(hash) = 32),
  primary key (height, index)
);
create trigger refuse before update or delete or truncate on ledger.tree_nodes
  for each statement execute function ledger.refuse();
revoke update, delete, truncate on ledger.tree_nodes from public, current_user;

-- How far trees have grown: the ledger's, under '', and one over each organisation's own events. The frontier is what a
-- tree has to remember to go on: the roots of its complete subtrees, largest first.
create table ledger.trees (
  org text collate "C" primary key,
  size bigint not null,
  frontier bytea not null
);
insert into ledger.trees (org, size, frontier) values ('', 0, '');
