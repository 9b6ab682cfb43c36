-- What jobs have to do, until they are over: not history, and gone with the job. The rows hold what customers sent.
create schema job;

create table job.inputs (
  job text collate "C" not null,
  -- Of the first row in it.
  first integer not null,
  rows text not null,
  primary key (job, first)
);

-- Which process works on which job. Who does not say so again in time is taken for gone.
create table job.leases (
  job text collate "C" primary key,
  node text not null,
  until timestamptz not null
);
