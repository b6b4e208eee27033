ALTER TABLE "connections" ADD COLUMN "exclusions" jsonb DEFAULT '{"labels":[],"titles":[],"urls":[],"templates":false}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "pages" ADD COLUMN "indexed_by_run" bigint;--> statement-breakpoint
ALTER TABLE "pages" ADD COLUMN "exclusion" text;