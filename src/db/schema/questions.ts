// Questions from chat, the messages that answer them, and what was cited.
import { index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core'
import { createdAt, instant } from './columns.ts'

/** A question's life: claimed once, leased while it is answered, kept with its answer for feedback and recall. */
export const questions = pgTable(
  'questions',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    platform: text('platform', { enum: ['slack', 'teams', 'terminal'] }).notNull(),
    tenantId: text('tenant_id').notNull(),
    conversationId: text('conversation_id').notNull(),
    threadId: text('thread_id'),
    /** The platform's message id: one answer per message, whatever is delivered twice. */
    messageId: text('message_id').notNull(),
    askerId: text('asker_id').notNull(),
    audience: text('audience', { enum: ['direct', 'shared'] }).notNull(),
    text: text('text').notNull(),
    state: text('state', { enum: ['claimed', 'answered', 'abstained', 'refused', 'failed'] }).notNull(),
    leaseUntil: instant('lease_until').notNull(),
    attempts: integer('attempts').notNull().default(1),
    /** The answer as it was shown (core/answer's `Answer`). */
    answer: jsonb('answer'),
    createdAt: createdAt(),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    uniqueIndex('questions_message').on(t.platform, t.tenantId, t.conversationId, t.messageId),
    index('questions_by_thread').on(t.platform, t.tenantId, t.conversationId, t.threadId, t.createdAt),
  ],
)

/** The message in which a question is answered. `posting` with no reply id: the outcome of posting is unknown. */
export const deliveries = pgTable('deliveries', {
  questionId: uuid('question_id')
    .primaryKey()
    .references(() => questions.id, { onDelete: 'cascade' }),
  state: text('state', { enum: ['posting', 'posted', 'delivered', 'failed'] }).notNull(),
  replyId: text('reply_id'),
  updatedAt: instant('updated_at').notNull().defaultNow(),
})

/** What an answer cited, with the page version that it quoted. */
export const answerCitations = pgTable(
  'answer_citations',
  {
    questionId: uuid('question_id')
      .notNull()
      .references(() => questions.id, { onDelete: 'cascade' }),
    n: integer('n').notNull(),
    pageId: text('page_id').notNull(),
    versionNumber: integer('version_number').notNull(),
  },
  (t) => [primaryKey({ columns: [t.questionId, t.n] }), index('answer_citations_by_page').on(t.pageId)],
)
