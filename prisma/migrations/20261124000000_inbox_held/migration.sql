-- Held events, which the sweep compares with their runs: few, of parked runs and of runs that wait for a slot.
create index inbox_held on inbox (id) where held;
