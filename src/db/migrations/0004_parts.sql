CREATE TABLE "page_parts" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "page_parts_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"page_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"part_id" text NOT NULL,
	"title" text NOT NULL,
	"media_type" text,
	"file_size" bigint,
	"version_number" integer NOT NULL,
	"version_at" timestamp with time zone NOT NULL,
	"author_id" text,
	"web_path" text,
	"indexed_version" integer,
	"exclusion" text,
	"failure" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
DROP INDEX "chunks_page_ordinal";--> statement-breakpoint
ALTER TABLE "chunks" ADD COLUMN "part_id" bigint;--> statement-breakpoint
ALTER TABLE "page_parts" ADD CONSTRAINT "page_parts_page_id_pages_id_fk" FOREIGN KEY ("page_id") REFERENCES "public"."pages"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "page_parts_confluence" ON "page_parts" USING btree ("page_id","part_id");--> statement-breakpoint
ALTER TABLE "chunks" ADD CONSTRAINT "chunks_part_id_page_parts_id_fk" FOREIGN KEY ("part_id") REFERENCES "public"."page_parts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "chunks_by_part" ON "chunks" USING btree ("part_id") WHERE "chunks"."part_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "chunks_page_ordinal" ON "chunks" USING btree ("page_id",coalesce("part_id", 0),"ordinal");