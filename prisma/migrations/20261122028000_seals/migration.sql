-- The audit trail is the log itself, and seals over it: each holds the digest of every audited record since the seal before
-- it, and a hash over those and that seal's hash. What is changed, removed or added later does not fit any more.
CREATE TABLE "events"."seal" (
  "seq"     BIGINT         NOT NULL,
  -- The place of the last record that it seals.
  "xid"     xid8           NOT NULL,
  "pos"     BIGINT         NOT NULL,
  -- What was audited then: a topic that is audited later does not count before that.
  "topics"  TEXT[]         NOT NULL,
  "records" INTEGER        NOT NULL,
  -- SHA-256 of each, one after the other.
  "digests" BYTEA          NOT NULL,
  "hash"    BYTEA          NOT NULL,
  "at"      TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "seal_pkey" PRIMARY KEY ("seq"),
  CONSTRAINT "seal_of_something" CHECK ("records" > 0 AND octet_length("digests") = "records" * 32)
);
-- Digests do not get shorter.
ALTER TABLE "events"."seal" ALTER COLUMN "digests" SET STORAGE EXTERNAL;
REVOKE ALL ON "events"."seal" FROM gridworks_app;
REVOKE UPDATE, DELETE ON "events"."seal" FROM gridworks_system;

-- Stands for the seals up to this one, whose records were removed when their time was over.
CREATE TABLE "events"."checkpoint" (
  "seq"     BIGINT         NOT NULL,
  "xid"     xid8           NOT NULL,
  "pos"     BIGINT         NOT NULL,
  "hash"    BYTEA          NOT NULL,
  -- How many records it stands for, those of earlier checkpoints not counted.
  "records" BIGINT         NOT NULL,
  "at"      TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  CONSTRAINT "checkpoint_pkey" PRIMARY KEY ("seq")
);
REVOKE ALL ON "events"."checkpoint" FROM gridworks_app;
REVOKE INSERT, UPDATE, DELETE ON "events"."checkpoint" FROM gridworks_system;

-- A record as it is sealed: every column, in this order.
CREATE FUNCTION "events".canonical(record "events"."log") RETURNS text LANGUAGE sql STABLE
RETURN concat_ws(E'\x1f', record.xid::text, record.pos::text, record.id::text, record.topic, record.key,
                 coalesce(record.tenant_id::text, ''), (extract(epoch FROM record.at) * 1000)::bigint::text,
                 record.payload::text);

-- The only way in which audited records leave the log: with the oldest seals, whole, and never before five years are over
-- (SEBI (Stock Brokers) Regulations 1992, regulation 18), whoever asks. Returns how many records.
CREATE FUNCTION "events".forget_sealed(before timestamptz, topics text[], seals integer) RETURNS bigint
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
  last    record;
  removed bigint;
BEGIN
  IF before > now() - interval '5 years' THEN
    RAISE EXCEPTION 'records are kept for five years' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT * INTO last FROM (
    SELECT s.seq, s.xid, s.pos, s.hash, s.at FROM "events"."seal" s ORDER BY s.seq LIMIT seals) oldest
   WHERE oldest.at < before ORDER BY oldest.seq DESC LIMIT 1;
  IF NOT FOUND THEN RETURN 0; END IF;
  DELETE FROM "events"."log" l WHERE l.topic = ANY (topics) AND (l.xid, l.pos) <= (last.xid, last.pos);
  GET DIAGNOSTICS removed = ROW_COUNT;
  DELETE FROM "events"."seal" s WHERE s.seq <= last.seq;
  INSERT INTO "events"."checkpoint" (seq, xid, pos, hash, records) VALUES (last.seq, last.xid, last.pos, last.hash, removed);
  RETURN removed;
END
$$;
REVOKE ALL ON FUNCTION "events".forget_sealed FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "events".forget_sealed TO gridworks_system;
