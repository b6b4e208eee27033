CREATE TABLE "page_links" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "page_links_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"page_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"target_page_id" text,
	"target_space_key" text,
	"target_title" text
);
--> statement-breakpoint
CREATE TABLE "page_hints" (
	"space_id" bigint NOT NULL,
	"page_id" text NOT NULL,
	"hinted_at" timestamp with time zone NOT NULL,
	CONSTRAINT "page_hints_space_id_page_id_pk" PRIMARY KEY("space_id","page_id")
);
--> statement-breakpoint
CREATE TABLE "site_holds" (
	"base_url" text PRIMARY KEY NOT NULL,
	"held_until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "connections" ALTER COLUMN "exclusions" SET DEFAULT '{"labels":[],"titles":[],"urls":[],"templates":false,"archived":true}'::jsonb;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "site_key" text;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "webhook_secret_sealed" "bytea";--> statement-breakpoint
ALTER TABLE "page_parts" ADD COLUMN "indexed_by_run" bigint;--> statement-breakpoint
ALTER TABLE "page_parts" ADD COLUMN "is_stale" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "page_parts" ADD COLUMN "notice" text;--> statement-breakpoint
ALTER TABLE "pages" ADD COLUMN "kind" text DEFAULT 'page' NOT NULL;--> statement-breakpoint
ALTER TABLE "pages" ADD COLUMN "ancestor_ids" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "pages" ADD COLUMN "ancestor_titles" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "pages" ADD COLUMN "source_created_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sync_runs" ADD COLUMN "rerun_kind" text;--> statement-breakpoint
ALTER TABLE "page_links" ADD CONSTRAINT "page_links_page_id_pages_id_fk" FOREIGN KEY ("page_id") REFERENCES "public"."pages"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "page_hints" ADD CONSTRAINT "page_hints_space_id_spaces_id_fk" FOREIGN KEY ("space_id") REFERENCES "public"."spaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "page_links_by_page" ON "page_links" USING btree ("page_id");--> statement-breakpoint
UPDATE "connections" SET "exclusions" = "exclusions" || '{"archived": true}'::jsonb;
