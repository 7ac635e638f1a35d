-- A beat is never given twice, whatever was rolled back: a copy of Redis from before a loss does not pass for one from
-- after it.
create sequence courier_beat;
select setval('courier_beat', (select last_beat + 1000 from courier where id = 1));
grant usage on sequence courier_beat to flotilla_engine;
