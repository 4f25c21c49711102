-- Of some kinds a user has one at a time under way.
ALTER TABLE "events"."saga" ADD COLUMN "is_exclusive" BOOLEAN NOT NULL DEFAULT false;
CREATE UNIQUE INDEX "saga_exclusive" ON "events"."saga" ("user_id", "kind") WHERE "is_exclusive" AND "ended_at" IS NULL;
