CREATE TYPE "events"."saga_status" AS ENUM ('RUNNING', 'COMPENSATING', 'COMPLETED', 'COMPENSATED');

CREATE TABLE "events"."saga" (
  "id"         UUID                   NOT NULL,
  "tenant_id"  UUID                   NOT NULL,
  "user_id"    UUID                   NOT NULL,
  "kind"       TEXT                   NOT NULL,
  "key"        TEXT                   NOT NULL,
  "status"     "events"."saga_status" NOT NULL,
  "step"       INTEGER                NOT NULL,
  "state"      JSONB                  NOT NULL,
  "reason"     TEXT,
  "attempts"   INTEGER                NOT NULL,
  "error"      TEXT,
  "claim"      BIGINT                 NOT NULL,
  "next_at"    TIMESTAMPTZ(3)         NOT NULL,
  "deadline"   TIMESTAMPTZ(3)         NOT NULL,
  "started_at" TIMESTAMPTZ(3)         NOT NULL,
  "ended_at"   TIMESTAMPTZ(3),
  CONSTRAINT "saga_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "saga_ended" CHECK (("status" IN ('COMPLETED', 'COMPENSATED')) = ("ended_at" IS NOT NULL))
);
CREATE UNIQUE INDEX "saga_user_id_kind_key_key" ON "events"."saga" ("user_id", "kind", "key");
CREATE INDEX "saga_next" ON "events"."saga" ("next_at") WHERE "ended_at" IS NULL;
CALL "events".separate_tenants('"events"."saga"');

-- Callers look; who runs sagas writes, and what was begun is never forgotten.
REVOKE INSERT, UPDATE, DELETE ON "events"."saga" FROM gridworks_app;
REVOKE DELETE ON "events"."saga" FROM gridworks_system;
