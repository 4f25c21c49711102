-- Two roles that own nothing. `gridworks_app` serves callers and sees one tenant; `gridworks_system` serves event
-- consumers, the exchange and sign-in. Roles belong to the server, not the database: another database may have made them.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gridworks_app') THEN
    CREATE ROLE gridworks_app NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'gridworks_system') THEN
    CREATE ROLE gridworks_system NOLOGIN;
  END IF;
END
$$;
GRANT gridworks_app, gridworks_system TO CURRENT_USER;

CREATE SCHEMA IF NOT EXISTS "events";
CREATE SCHEMA IF NOT EXISTS "users";
CREATE SCHEMA IF NOT EXISTS "trading";
CREATE SCHEMA IF NOT EXISTS "billing";
CREATE SCHEMA IF NOT EXISTS "partners";
CREATE SCHEMA IF NOT EXISTS "ai";
CREATE SCHEMA IF NOT EXISTS "butler";

GRANT USAGE ON SCHEMA "events", "users", "trading", "billing", "partners", "ai", "butler" TO gridworks_app, gridworks_system;
ALTER DEFAULT PRIVILEGES IN SCHEMA "events", "users", "trading", "billing", "partners", "ai", "butler"
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO gridworks_app, gridworks_system;
ALTER DEFAULT PRIVILEGES IN SCHEMA "events", "users", "trading", "billing", "partners", "ai", "butler"
  GRANT USAGE, SELECT ON SEQUENCES TO gridworks_app, gridworks_system;

-- The tenant in scope of this connection; null, and so equal to no row's, when none is.
CREATE FUNCTION "events".current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.tenant', true), '')::uuid;

-- Row-level security as every table with a `tenant_id` has it.
CREATE PROCEDURE "events".separate_tenants(target regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  EXECUTE format('CREATE POLICY tenant ON %s TO gridworks_app USING (tenant_id = "events".current_tenant())', target);
  EXECUTE format('CREATE POLICY system ON %s TO gridworks_system USING (true) WITH CHECK (true)', target);
END
$$;

CREATE TABLE "events"."log" (
  "pos"       BIGSERIAL      NOT NULL,
  "xid"       xid8           NOT NULL DEFAULT pg_current_xact_id(),
  "id"        UUID           NOT NULL,
  "topic"     TEXT           NOT NULL,
  "key"       TEXT           NOT NULL,
  "tenant_id" UUID,
  "at"        TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "payload"   JSONB          NOT NULL,
  CONSTRAINT "log_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "log_cursor" ON "events"."log" ("xid", "pos");

CREATE TABLE "events"."consumer" (
  "name"       TEXT           NOT NULL,
  "xid"        xid8           NOT NULL,
  "pos"        BIGINT         NOT NULL,
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  CONSTRAINT "consumer_pkey" PRIMARY KEY ("name")
);

CREATE TABLE "events"."dead_letter" (
  "id"       UUID           NOT NULL,
  "consumer" TEXT           NOT NULL,
  "event_id" UUID           NOT NULL,
  "topic"    TEXT           NOT NULL,
  "attempts" INTEGER        NOT NULL,
  "error"    TEXT           NOT NULL,
  "at"       TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  CONSTRAINT "dead_letter_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "dead_letter_consumer_at_idx" ON "events"."dead_letter" ("consumer", "at");

-- The log is append-only for everybody who serves requests.
REVOKE UPDATE, DELETE ON "events"."log" FROM gridworks_app, gridworks_system;
REVOKE SELECT ON "events"."log" FROM gridworks_app;
