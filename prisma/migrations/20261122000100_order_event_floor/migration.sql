CREATE TABLE "trading"."order_event_floor" (
  "user_id"   UUID   NOT NULL,
  "tenant_id" UUID   NOT NULL,
  "sequence"  BIGINT NOT NULL CHECK ("sequence" > 0),
  CONSTRAINT "order_event_floor_pkey" PRIMARY KEY ("user_id")
);
CALL "events".separate_tenants('"trading"."order_event_floor"');

-- Callers only read. A floor never disappears: the numbers of a user go on from it when no event is left.
REVOKE INSERT, UPDATE, DELETE ON "trading"."order_event_floor" FROM gridworks_app;
REVOKE DELETE ON "trading"."order_event_floor" FROM gridworks_system;

-- History is still never rewritten. It may be forgotten from its beginning on, and only what lies below the floor that
-- was recorded first: who deletes anything else deletes nothing.
GRANT DELETE ON "trading"."order_event" TO gridworks_system;
CREATE POLICY forgotten ON "trading"."order_event" AS RESTRICTIVE FOR DELETE TO gridworks_system USING (
  "sequence" < (SELECT floor."sequence" FROM "trading"."order_event_floor" floor WHERE floor."user_id" = "order_event"."user_id")
);
