-- Events and commands are written once and read as a whole, several times each: as JSON they stay the text that was
-- written, where JSONB was taken apart by every write and put together again by every read. The text of what is there
-- already is what JSONB gave for it, so seals over it still fit.
DROP FUNCTION "events".canonical(record "events"."log");

ALTER TABLE "events"."log" ALTER COLUMN "payload" TYPE JSON USING "payload"::json;
ALTER TABLE "trading"."journal" ALTER COLUMN "command" TYPE JSON USING "command"::json;

-- A record as it is sealed: every column, in this order.
CREATE FUNCTION "events".canonical(record "events"."log") RETURNS text LANGUAGE sql STABLE
RETURN concat_ws(E'\x1f', record.xid::text, record.pos::text, record.id::text, record.topic, record.key,
                 coalesce(record.tenant_id::text, ''), (extract(epoch FROM record.at) * 1000)::bigint::text,
                 record.payload::text);
