CREATE TABLE "trading"."journal_projection" (
  "id"       SMALLINT NOT NULL CHECK ("id" = 1),
  "sequence" BIGINT   NOT NULL CHECK ("sequence" >= 0),
  CONSTRAINT "journal_projection_pkey" PRIMARY KEY ("id")
);
REVOKE ALL ON "trading"."journal_projection" FROM gridworks_app;
REVOKE INSERT, DELETE ON "trading"."journal_projection" FROM gridworks_system;

-- So far the tables were written in the transaction of the commands.
INSERT INTO "trading"."journal_projection" ("id", "sequence")
SELECT 1, coalesce(max("sequence"), 0) FROM "trading"."journal";
