-- What operators are told of the running services stands in the log among millions of other events.
CREATE INDEX "log_operations" ON "events"."log" ("xid", "pos") WHERE "topic" IN (
  'services.health.status', 'services.performance.metrics', 'errors.critical', 'errors.warning', 'deployments.status');

-- Events that are no records of the audit trail leave the log when their time is over.
CREATE INDEX "log_passing" ON "events"."log" ("topic", "at") WHERE "topic" IN (
  'services.health.status', 'services.performance.metrics', 'errors.critical', 'errors.warning', 'deployments.status',
  'positions.updated', 'candles.recorded', 'alerts.triggered', 'anonymous.butler.interactions',
  'orders.entered', 'orders.adjusted', 'instruments.adjusted');

-- Removes some of the oldest events of these topics of before then, and returns how many. What is sealed does not go this
-- way, whoever asks. What a consumer has not heard yet stays, and what waits among the dead letters. Where events travel
-- through Kafka, they have been heard when the relay has sent them: no other cursor moves there.
CREATE FUNCTION "events".forget_passing(before timestamptz, passing text[], events integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
  heard   record;
  removed integer;
BEGIN
  IF (SELECT s.topics && passing FROM "events"."seal" s ORDER BY s.seq DESC LIMIT 1) THEN
    RAISE EXCEPTION 'records of the audit trail leave with their seals' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT c.xid, c.pos INTO heard FROM "events"."consumer" c
   WHERE c.name = 'kafka.relay' OR NOT EXISTS (SELECT FROM "events"."consumer" r WHERE r.name = 'kafka.relay')
   ORDER BY c.xid, c.pos LIMIT 1;
  IF NOT FOUND THEN RETURN 0; END IF;
  -- Written out, so that the server can use the index that holds these alone.
  EXECUTE format(
    'DELETE FROM "events"."log" WHERE id IN (
       SELECT l.id FROM "events"."log" l
        WHERE l.topic = ANY (%L::text[]) AND l.at < %L::timestamptz AND (l.xid, l.pos) <= (%L::xid8, %L::bigint)
          AND NOT EXISTS (SELECT FROM "events"."dead_letter" d WHERE d.event_id = l.id)
        LIMIT %s)', passing, before, heard.xid, heard.pos, events);
  GET DIAGNOSTICS removed = ROW_COUNT;
  RETURN removed;
END
$$;
REVOKE ALL ON FUNCTION "events".forget_passing FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "events".forget_passing TO gridworks_system;
