-- The tier is text and not the enumeration of users: this schema leans on no other.
CREATE TABLE "butler"."group" (
  "tier" TEXT    NOT NULL,
  "size" INTEGER NOT NULL,
  "root" TEXT    NOT NULL,
  CONSTRAINT "group_pkey" PRIMARY KEY ("tier"),
  CONSTRAINT "group_tier_black" CHECK ("tier" IN ('ONYX', 'OBSIDIAN', 'VOID')),
  CONSTRAINT "group_size_range" CHECK ("size" BETWEEN 0 AND 65536),
  CONSTRAINT "group_root_decimal" CHECK ("root" ~ '^[1-9][0-9]{0,76}$')
);
-- The root of a tree of depth 16 without leaves.
INSERT INTO "butler"."group" ("tier", "size", "root")
SELECT unnest(ARRAY['ONYX', 'OBSIDIAN', 'VOID']), 0,
       '19217088683336594659449020493828377907203207941212636669271704950158751593251';

CREATE TABLE "butler"."enrolment" (
  "user_id" UUID NOT NULL,
  "tier"    TEXT NOT NULL,
  CONSTRAINT "enrolment_pkey" PRIMARY KEY ("user_id", "tier"),
  CONSTRAINT "enrolment_tier_black" CHECK ("tier" IN ('ONYX', 'OBSIDIAN', 'VOID'))
);

CREATE TABLE "butler"."leaf" (
  "tier"       TEXT    NOT NULL,
  "index"      INTEGER NOT NULL,
  "commitment" TEXT    NOT NULL,
  CONSTRAINT "leaf_pkey" PRIMARY KEY ("tier", "index"),
  CONSTRAINT "leaf_tier_black" CHECK ("tier" IN ('ONYX', 'OBSIDIAN', 'VOID')),
  CONSTRAINT "leaf_index_range" CHECK ("index" BETWEEN 0 AND 65535),
  CONSTRAINT "leaf_commitment_decimal" CHECK ("commitment" ~ '^[1-9][0-9]{0,76}$')
);
CREATE UNIQUE INDEX "leaf_commitment_key" ON "butler"."leaf" ("commitment");

CREATE TABLE "butler"."root" (
  "tier" TEXT    NOT NULL,
  "size" INTEGER NOT NULL,
  "root" TEXT    NOT NULL,
  CONSTRAINT "root_pkey" PRIMARY KEY ("tier", "size"),
  CONSTRAINT "root_tier_black" CHECK ("tier" IN ('ONYX', 'OBSIDIAN', 'VOID')),
  -- Nobody can prove anything against an empty tree, so its root is not kept.
  CONSTRAINT "root_size_range" CHECK ("size" BETWEEN 1 AND 65536),
  CONSTRAINT "root_root_decimal" CHECK ("root" ~ '^[1-9][0-9]{0,76}$')
);
CREATE UNIQUE INDEX "root_tier_root_key" ON "butler"."root" ("tier", "root");

CREATE TABLE "butler"."nullifier" (
  "scope"     TEXT NOT NULL,
  "nullifier" TEXT NOT NULL,
  CONSTRAINT "nullifier_pkey" PRIMARY KEY ("scope", "nullifier"),
  -- One spelling a number: a second one would be a second nullifier.
  CONSTRAINT "nullifier_nullifier_decimal" CHECK ("nullifier" ~ '^(0|[1-9][0-9]{0,76})$')
);

CREATE TABLE "butler"."member" (
  "id"           UUID NOT NULL,
  "codename"     TEXT NOT NULL,
  "codename_key" TEXT NOT NULL,
  "tier"         TEXT NOT NULL,
  "joined_on"    DATE NOT NULL,
  "scope"        TEXT NOT NULL,
  "nullifier"    TEXT NOT NULL,
  CONSTRAINT "member_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "member_scope_nullifier_fkey" FOREIGN KEY ("scope", "nullifier") REFERENCES "butler"."nullifier" ("scope", "nullifier") ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "member_tier_black" CHECK ("tier" IN ('ONYX', 'OBSIDIAN', 'VOID')),
  CONSTRAINT "member_codename_key_folded" CHECK ("codename_key" = lower("codename")),
  CONSTRAINT "member_id_random" CHECK ("id"::text ~ '^.{14}4'),
  CONSTRAINT "member_joined_on_monday" CHECK (extract(isodow FROM "joined_on") = 1)
);
CREATE UNIQUE INDEX "member_codename_key_key" ON "butler"."member" ("codename_key");
CREATE UNIQUE INDEX "member_scope_nullifier_key" ON "butler"."member" ("scope", "nullifier");

CREATE TABLE "butler"."spent_challenge" (
  "challenge"  TEXT           NOT NULL,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "spent_challenge_pkey" PRIMARY KEY ("challenge")
);
CREATE INDEX "spent_challenge_expires_at_idx" ON "butler"."spent_challenge" ("expires_at");

CREATE TABLE "butler"."challenge_key" (
  "id"     INTEGER NOT NULL DEFAULT 1,
  "secret" BYTEA   NOT NULL,
  CONSTRAINT "challenge_key_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "challenge_key_single" CHECK ("id" = 1),
  CONSTRAINT "challenge_key_secret_length" CHECK (octet_length("secret") = 32)
);

CREATE TABLE "butler"."signing_key" (
  "kid"         TEXT           NOT NULL,
  "private_jwk" JSONB          NOT NULL,
  "created_at"  TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "signing_key_pkey" PRIMARY KEY ("kid")
);

-- Members belong to no tenant, so row-level security has nothing to hold on to here. The role that serves tenants
-- therefore gets nothing at all, now or in tables to come: a query that forgets where it runs fails.
REVOKE ALL ON ALL TABLES IN SCHEMA "butler" FROM gridworks_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA "butler" REVOKE ALL ON TABLES FROM gridworks_app;
REVOKE USAGE ON SCHEMA "butler" FROM gridworks_app;

-- What is proven against must not change afterwards, and what may happen once must not be forgotten.
REVOKE UPDATE, DELETE ON "butler"."enrolment", "butler"."leaf", "butler"."root", "butler"."nullifier", "butler"."member"
  FROM gridworks_system;
-- There are three groups; their rows grow.
REVOKE INSERT, DELETE ON "butler"."group" FROM gridworks_system;
