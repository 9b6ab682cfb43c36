-- The earliest and the latest time in each block of 16,384 positions, so that who asks for a time looks only where it can
-- be. All of it follows from the stored rows; a block of which not all rows are in the tables has no bounds, 0 and the
-- greatest time there is. An index on the time would cost each append some 1 us a row, a sixth of all it costs, and be of no
-- use to who wants a page in the order of positions.
create table ledger.times (
  block bigint primary key,
  min_ms bigint not null,
  max_ms bigint not null
);
