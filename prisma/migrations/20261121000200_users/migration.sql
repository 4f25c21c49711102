CREATE TYPE "users"."tier" AS ENUM ('LITE', 'PRO', 'ELITE', 'ONYX', 'OBSIDIAN', 'VOID');
CREATE TYPE "users"."role" AS ENUM ('TRADER', 'PARTNER', 'OPERATOR');

CREATE TABLE "users"."tenant" (
  "id"         UUID           NOT NULL,
  "slug"       TEXT           NOT NULL,
  "name"       TEXT           NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "tenant_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "tenant_slug_key" ON "users"."tenant" ("slug");

CREATE TABLE "users"."user" (
  "id"            UUID             NOT NULL,
  "tenant_id"     UUID             NOT NULL,
  "email"         TEXT             NOT NULL,
  "display_name"  TEXT             NOT NULL,
  "password_hash" TEXT             NOT NULL,
  "tier"          "users"."tier"   NOT NULL DEFAULT 'LITE',
  "roles"         "users"."role"[] DEFAULT ARRAY['TRADER']::"users"."role"[],
  "created_at"    TIMESTAMPTZ(3)   NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "user_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "user_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "users"."tenant" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "user_tenant_id_email_key" ON "users"."user" ("tenant_id", "email");
CALL "events".separate_tenants('"users"."user"');

CREATE TABLE "users"."signing_key" (
  "kid"         TEXT           NOT NULL,
  "private_jwk" JSONB          NOT NULL,
  "created_at"  TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "signing_key_pkey" PRIMARY KEY ("kid")
);
-- Private keys are no caller's business.
REVOKE ALL ON "users"."signing_key" FROM gridworks_app;
