CREATE EXTENSION IF NOT EXISTS vector;--> statement-breakpoint
CREATE TABLE "access_set_layers" (
	"access_set_id" bigint NOT NULL,
	"layer_id" bigint NOT NULL,
	CONSTRAINT "access_set_layers_access_set_id_layer_id_pk" PRIMARY KEY("access_set_id","layer_id")
);
--> statement-breakpoint
CREATE TABLE "access_sets" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "access_sets_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"connection_id" bigint NOT NULL,
	"layer_key" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "answer_citations" (
	"question_id" uuid NOT NULL,
	"n" integer NOT NULL,
	"page_id" text NOT NULL,
	"version_number" integer NOT NULL,
	CONSTRAINT "answer_citations_question_id_n_pk" PRIMARY KEY("question_id","n")
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "chunk_embeddings" (
	"chunk_id" bigint NOT NULL,
	"model" text NOT NULL,
	"dimensions" integer NOT NULL,
	"embedding" halfvec NOT NULL,
	CONSTRAINT "chunk_embeddings_chunk_id_model_pk" PRIMARY KEY("chunk_id","model")
);
--> statement-breakpoint
CREATE TABLE "chunks" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "chunks_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"page_id" bigint NOT NULL,
	"space_id" bigint NOT NULL,
	"access_set_id" bigint NOT NULL,
	"ordinal" integer NOT NULL,
	"heading_path" text[] NOT NULL,
	"anchor" text,
	"text" text NOT NULL,
	"terms" text NOT NULL,
	"term_count" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "connection_installations" (
	"connection_id" bigint NOT NULL,
	"installation_id" bigint NOT NULL,
	CONSTRAINT "connection_installations_connection_id_installation_id_pk" PRIMARY KEY("connection_id","installation_id")
);
--> statement-breakpoint
CREATE TABLE "connections" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "connections_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"state" text NOT NULL,
	"deployment" text NOT NULL,
	"base_url" text NOT NULL,
	"credential_kind" text NOT NULL,
	"credential_sealed" "bytea" NOT NULL,
	"access_mode" text NOT NULL,
	"scope" jsonb NOT NULL,
	"schedule" text NOT NULL,
	"timezone" text NOT NULL,
	"next_sync_at" timestamp with time zone,
	"test_result" text,
	"test_remedy" text,
	"tested_at" timestamp with time zone,
	"consented_by" text,
	"consented_at" timestamp with time zone,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"question_id" uuid PRIMARY KEY NOT NULL,
	"state" text NOT NULL,
	"reply_id" text,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "group_members" (
	"group_id" bigint NOT NULL,
	"user_id" bigint NOT NULL,
	CONSTRAINT "group_members_group_id_user_id_pk" PRIMARY KEY("group_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "identity_links" (
	"platform" text NOT NULL,
	"tenant_id" text NOT NULL,
	"platform_user_id" text NOT NULL,
	"principal_id" bigint NOT NULL,
	"proven_by" text NOT NULL,
	"proven_at" timestamp with time zone NOT NULL,
	CONSTRAINT "identity_links_platform_tenant_id_platform_user_id_principal_id_pk" PRIMARY KEY("platform","tenant_id","platform_user_id","principal_id")
);
--> statement-breakpoint
CREATE TABLE "installations" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "installations_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"platform" text NOT NULL,
	"tenant_id" text NOT NULL,
	"name" text DEFAULT '' NOT NULL,
	"installed_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "layer_principals" (
	"layer_id" bigint NOT NULL,
	"principal_id" bigint NOT NULL,
	CONSTRAINT "layer_principals_layer_id_principal_id_pk" PRIMARY KEY("layer_id","principal_id")
);
--> statement-breakpoint
CREATE TABLE "layers" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "layers_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"connection_id" bigint NOT NULL,
	"carrier_kind" text NOT NULL,
	"carrier_id" text NOT NULL,
	"is_known" boolean NOT NULL,
	"read_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pages" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "pages_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"space_id" bigint NOT NULL,
	"page_id" text NOT NULL,
	"title" text NOT NULL,
	"status" text NOT NULL,
	"parent_id" text,
	"parent_type" text,
	"position" integer,
	"version_number" integer NOT NULL,
	"version_at" timestamp with time zone NOT NULL,
	"author_id" text,
	"last_editor_id" text,
	"labels" text[] DEFAULT '{}' NOT NULL,
	"web_path" text NOT NULL,
	"access_set_id" bigint,
	"indexed_version" integer,
	"fingerprint" text,
	"is_stale" boolean DEFAULT false NOT NULL,
	"is_degraded" boolean DEFAULT false NOT NULL,
	"unrendered_macros" text[] DEFAULT '{}' NOT NULL,
	"failure" text,
	"tombstoned_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "postings" (
	"term" text NOT NULL,
	"chunk_id" bigint NOT NULL,
	"frequency" smallint NOT NULL,
	CONSTRAINT "postings_term_chunk_id_pk" PRIMARY KEY("term","chunk_id")
);
--> statement-breakpoint
CREATE TABLE "principals" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "principals_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"connection_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"confluence_id" text NOT NULL,
	"name" text DEFAULT '' NOT NULL,
	"email" text,
	"is_active" boolean DEFAULT true NOT NULL,
	"is_guest" boolean DEFAULT false NOT NULL,
	"is_mentioned_only" boolean DEFAULT false NOT NULL,
	"members_read_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "questions" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"platform" text NOT NULL,
	"tenant_id" text NOT NULL,
	"conversation_id" text NOT NULL,
	"thread_id" text,
	"message_id" text NOT NULL,
	"asker_id" text NOT NULL,
	"audience" text NOT NULL,
	"text" text NOT NULL,
	"state" text NOT NULL,
	"lease_until" timestamp with time zone NOT NULL,
	"attempts" integer DEFAULT 1 NOT NULL,
	"answer" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "spaces" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "spaces_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"connection_id" bigint NOT NULL,
	"space_id" text NOT NULL,
	"key" text NOT NULL,
	"name" text NOT NULL,
	"type" text NOT NULL,
	"status" text NOT NULL,
	"homepage_id" text,
	"visibility" text NOT NULL,
	"state" text NOT NULL,
	"error" text,
	"layer_id" bigint,
	"watermark_at" timestamp with time zone,
	"last_synced_at" timestamp with time zone,
	"permissions_read_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sync_runs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sync_runs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"space_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"state" text NOT NULL,
	"requested_by" text NOT NULL,
	"worker" text,
	"lease_until" timestamp with time zone,
	"counts" jsonb,
	"error" text,
	"queued_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "access_set_layers" ADD CONSTRAINT "access_set_layers_access_set_id_access_sets_id_fk" FOREIGN KEY ("access_set_id") REFERENCES "public"."access_sets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_set_layers" ADD CONSTRAINT "access_set_layers_layer_id_layers_id_fk" FOREIGN KEY ("layer_id") REFERENCES "public"."layers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_sets" ADD CONSTRAINT "access_sets_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "answer_citations" ADD CONSTRAINT "answer_citations_question_id_questions_id_fk" FOREIGN KEY ("question_id") REFERENCES "public"."questions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "chunk_embeddings" ADD CONSTRAINT "chunk_embeddings_chunk_id_chunks_id_fk" FOREIGN KEY ("chunk_id") REFERENCES "public"."chunks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "chunks" ADD CONSTRAINT "chunks_page_id_pages_id_fk" FOREIGN KEY ("page_id") REFERENCES "public"."pages"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connection_installations" ADD CONSTRAINT "connection_installations_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connection_installations" ADD CONSTRAINT "connection_installations_installation_id_installations_id_fk" FOREIGN KEY ("installation_id") REFERENCES "public"."installations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_question_id_questions_id_fk" FOREIGN KEY ("question_id") REFERENCES "public"."questions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_members" ADD CONSTRAINT "group_members_group_id_principals_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."principals"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_members" ADD CONSTRAINT "group_members_user_id_principals_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."principals"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "identity_links" ADD CONSTRAINT "identity_links_principal_id_principals_id_fk" FOREIGN KEY ("principal_id") REFERENCES "public"."principals"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "layer_principals" ADD CONSTRAINT "layer_principals_layer_id_layers_id_fk" FOREIGN KEY ("layer_id") REFERENCES "public"."layers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "layer_principals" ADD CONSTRAINT "layer_principals_principal_id_principals_id_fk" FOREIGN KEY ("principal_id") REFERENCES "public"."principals"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "layers" ADD CONSTRAINT "layers_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pages" ADD CONSTRAINT "pages_space_id_spaces_id_fk" FOREIGN KEY ("space_id") REFERENCES "public"."spaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pages" ADD CONSTRAINT "pages_access_set_id_access_sets_id_fk" FOREIGN KEY ("access_set_id") REFERENCES "public"."access_sets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "postings" ADD CONSTRAINT "postings_chunk_id_chunks_id_fk" FOREIGN KEY ("chunk_id") REFERENCES "public"."chunks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "principals" ADD CONSTRAINT "principals_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "spaces" ADD CONSTRAINT "spaces_connection_id_connections_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connections"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "spaces" ADD CONSTRAINT "spaces_layer_id_layers_id_fk" FOREIGN KEY ("layer_id") REFERENCES "public"."layers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sync_runs" ADD CONSTRAINT "sync_runs_space_id_spaces_id_fk" FOREIGN KEY ("space_id") REFERENCES "public"."spaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "access_set_layers_by_layer" ON "access_set_layers" USING btree ("layer_id");--> statement-breakpoint
CREATE UNIQUE INDEX "access_sets_layers" ON "access_sets" USING btree ("connection_id","layer_key");--> statement-breakpoint
CREATE INDEX "answer_citations_by_page" ON "answer_citations" USING btree ("page_id");--> statement-breakpoint
CREATE UNIQUE INDEX "chunks_page_ordinal" ON "chunks" USING btree ("page_id","ordinal");--> statement-breakpoint
CREATE INDEX "chunks_by_access_set" ON "chunks" USING btree ("access_set_id");--> statement-breakpoint
CREATE INDEX "chunks_by_space" ON "chunks" USING btree ("space_id");--> statement-breakpoint
CREATE UNIQUE INDEX "connections_name" ON "connections" USING btree (lower("name")) WHERE "connections"."state" <> 'removed';--> statement-breakpoint
CREATE INDEX "group_members_by_user" ON "group_members" USING btree ("user_id");--> statement-breakpoint
CREATE UNIQUE INDEX "installations_tenant" ON "installations" USING btree ("platform","tenant_id");--> statement-breakpoint
CREATE INDEX "layer_principals_by_principal" ON "layer_principals" USING btree ("principal_id");--> statement-breakpoint
CREATE UNIQUE INDEX "layers_carrier" ON "layers" USING btree ("connection_id","carrier_kind","carrier_id");--> statement-breakpoint
CREATE UNIQUE INDEX "pages_confluence" ON "pages" USING btree ("space_id","page_id");--> statement-breakpoint
CREATE INDEX "pages_by_confluence_id" ON "pages" USING btree ("page_id");--> statement-breakpoint
CREATE INDEX "pages_by_access_set" ON "pages" USING btree ("access_set_id");--> statement-breakpoint
CREATE INDEX "postings_by_chunk" ON "postings" USING btree ("chunk_id");--> statement-breakpoint
CREATE UNIQUE INDEX "principals_confluence" ON "principals" USING btree ("connection_id","kind","confluence_id");--> statement-breakpoint
CREATE INDEX "principals_by_email" ON "principals" USING btree ("email");--> statement-breakpoint
CREATE UNIQUE INDEX "questions_message" ON "questions" USING btree ("platform","tenant_id","conversation_id","message_id");--> statement-breakpoint
CREATE INDEX "questions_by_thread" ON "questions" USING btree ("platform","tenant_id","conversation_id","thread_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "spaces_confluence" ON "spaces" USING btree ("connection_id","space_id");--> statement-breakpoint
CREATE INDEX "spaces_key" ON "spaces" USING btree (lower("key"));--> statement-breakpoint
CREATE UNIQUE INDEX "sync_runs_one_open" ON "sync_runs" USING btree ("space_id") WHERE "sync_runs"."state" in ('queued', 'running');--> statement-breakpoint
CREATE INDEX "sync_runs_by_space" ON "sync_runs" USING btree ("space_id","queued_at");