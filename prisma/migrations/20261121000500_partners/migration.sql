CREATE TYPE "partners"."partner_status" AS ENUM ('PENDING', 'ACTIVE', 'SUSPENDED');

CREATE TABLE "partners"."partner" (
  "id"            UUID                        NOT NULL,
  "tenant_id"     UUID                        NOT NULL,
  "owner_user_id" UUID                        NOT NULL,
  "name"          TEXT                        NOT NULL,
  "name_key"      TEXT                        NOT NULL,
  "status"        "partners"."partner_status" NOT NULL DEFAULT 'PENDING',
  "created_at"    TIMESTAMPTZ(3)              NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "partner_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "partner_owner_user_id_key" ON "partners"."partner" ("owner_user_id");
CREATE UNIQUE INDEX "partner_tenant_id_name_key_key" ON "partners"."partner" ("tenant_id", "name_key");
CALL "events".separate_tenants('"partners"."partner"');

CREATE TABLE "partners"."app" (
  "id"         UUID           NOT NULL,
  "tenant_id"  UUID           NOT NULL,
  "partner_id" UUID           NOT NULL,
  "name"       TEXT           NOT NULL,
  "name_key"   TEXT           NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "app_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "app_partner_id_fkey" FOREIGN KEY ("partner_id") REFERENCES "partners"."partner" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "app_partner_id_name_key_key" ON "partners"."app" ("partner_id", "name_key");
CALL "events".separate_tenants('"partners"."app"');

CREATE TABLE "partners"."api_key" (
  "id"           UUID           NOT NULL,
  "tenant_id"    UUID           NOT NULL,
  "app_id"       UUID           NOT NULL,
  "prefix"       TEXT           NOT NULL,
  "hash"         BYTEA          NOT NULL,
  "scopes"       TEXT[]         NOT NULL,
  "created_at"   TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "last_used_at" TIMESTAMPTZ(3),
  "revoked_at"   TIMESTAMPTZ(3),
  CONSTRAINT "api_key_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "api_key_app_id_fkey" FOREIGN KEY ("app_id") REFERENCES "partners"."app" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "api_key_prefix_shape" CHECK ("prefix" ~ '^[a-z2-7]{12}$'),
  CONSTRAINT "api_key_hash_length" CHECK (octet_length("hash") = 32),
  CONSTRAINT "api_key_scopes_known" CHECK (
    cardinality("scopes") > 0 AND "scopes" <@ ARRAY['market:read', 'orders:read', 'orders:write', 'usage:read']
  )
);
CREATE UNIQUE INDEX "api_key_prefix_key" ON "partners"."api_key" ("prefix");
CREATE INDEX "api_key_app_id_idx" ON "partners"."api_key" ("app_id");
CALL "events".separate_tenants('"partners"."api_key"');

CREATE TABLE "partners"."key_usage" (
  "key_id"    UUID           NOT NULL,
  "minute"    TIMESTAMPTZ(3) NOT NULL,
  "tenant_id" UUID           NOT NULL,
  "requests"  BIGINT         NOT NULL,
  "errors"    BIGINT         NOT NULL,
  CONSTRAINT "key_usage_pkey" PRIMARY KEY ("key_id", "minute"),
  CONSTRAINT "key_usage_key_id_fkey" FOREIGN KEY ("key_id") REFERENCES "partners"."api_key" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "key_usage_counts" CHECK ("requests" > 0 AND "errors" BETWEEN 0 AND "requests"),
  CONSTRAINT "key_usage_minute_whole" CHECK (date_trunc('minute', "minute", 'UTC') = "minute")
);
CALL "events".separate_tenants('"partners"."key_usage"');

-- Callers make keys and revoke them. They never read a hash, never change what a key may do, and never count usage.
REVOKE ALL ON "partners"."api_key", "partners"."key_usage" FROM gridworks_app;
GRANT SELECT ("id", "tenant_id", "app_id", "prefix", "scopes", "created_at", "last_used_at", "revoked_at"), INSERT, UPDATE ("revoked_at")
  ON "partners"."api_key" TO gridworks_app;
GRANT SELECT ON "partners"."key_usage" TO gridworks_app;
REVOKE DELETE ON "partners"."partner", "partners"."app" FROM gridworks_app;
