-- Who is at work on what, of the processes that send webhooks: on a webhook's deliveries, or on a replay. Not history:
-- a lease says only until when nobody else may touch its work, and ends by itself with the process that held it.
create schema webhooks;

create table webhooks.leases (
  work text collate "C" primary key,
  holder text collate "C" not null,
  until timestamptz not null
);
