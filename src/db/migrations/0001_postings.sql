ALTER TABLE "chunks" ADD COLUMN "has_postings" boolean DEFAULT false NOT NULL;--> statement-breakpoint
UPDATE "chunks" SET "has_postings" = true WHERE exists (SELECT 1 FROM "postings" WHERE "postings"."chunk_id" = "chunks"."id");--> statement-breakpoint
ALTER TABLE "postings" DROP CONSTRAINT "postings_chunk_id_chunks_id_fk";--> statement-breakpoint
DROP INDEX "postings_by_chunk";--> statement-breakpoint
ALTER TABLE "postings" ALTER COLUMN "term" SET DATA TYPE text collate "C";--> statement-breakpoint
CREATE INDEX "chunks_without_postings" ON "chunks" USING btree ("id") WHERE not "chunks"."has_postings";--> statement-breakpoint
CREATE FUNCTION "drop_postings"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM "postings" USING (
    SELECT DISTINCT "term", "gone"."id" FROM "gone", unnest(string_to_array("gone"."terms", ' ')) AS "term" WHERE "gone"."has_postings"
  ) AS "stale" WHERE "postings"."term" = "stale"."term" AND "postings"."chunk_id" = "stale"."id";
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "chunks_drop_postings" AFTER DELETE ON "chunks" REFERENCING OLD TABLE AS "gone" FOR EACH STATEMENT EXECUTE FUNCTION "drop_postings"();
