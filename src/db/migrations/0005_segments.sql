CREATE SEQUENCE "public"."postings_segment" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
DROP TRIGGER "chunks_drop_postings" ON "chunks";--> statement-breakpoint
DROP FUNCTION "drop_postings"();--> statement-breakpoint
DROP TABLE "postings";--> statement-breakpoint
CREATE TABLE "postings" (
	"term" text collate "C" NOT NULL,
	"segment" bigint NOT NULL,
	"chunk_ids" bigint[] NOT NULL,
	"frequencies" smallint[] NOT NULL,
	CONSTRAINT "postings_term_segment_pk" PRIMARY KEY("term","segment")
);
--> statement-breakpoint
DROP INDEX "chunks_without_postings";--> statement-breakpoint
ALTER TABLE "chunks" DROP COLUMN "has_postings";--> statement-breakpoint
ALTER TABLE "chunks" ADD COLUMN "segment" bigint;--> statement-breakpoint
CREATE INDEX "chunks_by_segment" ON "chunks" USING btree ("segment");--> statement-breakpoint
CREATE FUNCTION "drop_postings"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WITH "stale" AS (
    SELECT "term", "segment", array_agg(DISTINCT "id") AS "ids"
      FROM "gone", unnest(string_to_array("terms", ' ')) AS "term" WHERE "segment" IS NOT NULL GROUP BY 1, 2
  )
  UPDATE "postings" SET ("chunk_ids", "frequencies") = (
    SELECT coalesce(array_agg("held"."id"), '{}'), coalesce(array_agg("held"."frequency"), '{}')
      FROM unnest("postings"."chunk_ids", "postings"."frequencies") AS "held"("id", "frequency")
     WHERE "held"."id" <> ALL ("stale"."ids")
  ) FROM "stale" WHERE "postings"."term" = "stale"."term" AND "postings"."segment" = "stale"."segment";
  WITH "stale" AS (
    SELECT DISTINCT "term", "segment" FROM "gone", unnest(string_to_array("terms", ' ')) AS "term" WHERE "segment" IS NOT NULL
  )
  DELETE FROM "postings" USING "stale"
   WHERE "postings"."term" = "stale"."term" AND "postings"."segment" = "stale"."segment" AND "postings"."chunk_ids" = '{}';
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "chunks_drop_postings" AFTER DELETE ON "chunks" REFERENCING OLD TABLE AS "gone" FOR EACH STATEMENT EXECUTE FUNCTION "drop_postings"();
