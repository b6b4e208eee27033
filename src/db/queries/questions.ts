import { and, desc, eq, gt, inArray, isNotNull, lt, sql } from 'drizzle-orm'
import type { Db } from '../database.ts'
import { connections } from '../schema/connections.ts'
import { pages, spaces } from '../schema/content.ts'
import { answerCitations, deliveries, questions } from '../schema/questions.ts'
import { storable } from '../sql.ts'

export type StoredQuestion = typeof questions.$inferSelect

export type Claim = {
  platform: StoredQuestion['platform']
  tenantId: string
  conversationId: string
  threadId: string | undefined
  messageId: string
  askerId: string
  audience: StoredQuestion['audience']
  text: string
}

/** After so many crashed attempts a question is left alone. */
const maxAttempts = 3

/**
 * Claims a question for this process; undefined when another delivery of the same message has it or it was answered.
 * A claim whose lease ended (its process died) is taken over.
 */
export async function claimQuestion(
  db: Db,
  claim: Claim,
  now: Date,
  leaseUntil: Date,
): Promise<StoredQuestion | undefined> {
  const [claimed] = await db
    .insert(questions)
    .values({
      ...claim,
      text: storable(claim.text),
      threadId: claim.threadId ?? null,
      state: 'claimed',
      leaseUntil,
      createdAt: now,
    })
    .onConflictDoUpdate({
      target: [questions.platform, questions.tenantId, questions.conversationId, questions.messageId],
      set: { leaseUntil, attempts: sql`${questions.attempts} + 1` },
      setWhere: sql`${questions.state} = 'claimed' and ${questions.leaseUntil} < ${now.toISOString()}::timestamptz
        and ${questions.attempts} < ${maxAttempts}`,
    })
    .returning()
  return claimed
}

/** The id of the posted reply; `undefined` with a row means that the outcome of posting is unknown. */
export async function startDelivery(
  db: Db,
  questionId: string,
): Promise<{ isNew: boolean; replyId: string | undefined }> {
  const [inserted] = await db
    .insert(deliveries)
    .values({ questionId, state: 'posting' })
    .onConflictDoNothing()
    .returning()
  if (inserted !== undefined) return { isNew: true, replyId: undefined }
  const [known] = await db.select().from(deliveries).where(eq(deliveries.questionId, questionId))
  return { isNew: false, replyId: known?.replyId ?? undefined }
}

export async function updateDelivery(
  db: Db,
  questionId: string,
  values: { state: 'posted' | 'delivered' | 'failed'; replyId?: string },
  now: Date,
): Promise<void> {
  await db
    .update(deliveries)
    .set({ ...values, updatedAt: now })
    .where(eq(deliveries.questionId, questionId))
}

/** Writes how a question ended, with the page versions that its answer cites. */
export async function finishQuestion(
  db: Db,
  questionId: string,
  values: { state: 'answered' | 'abstained' | 'refused' | 'failed'; answer: unknown; finishedAt: Date },
  citations: { n: number; pageId: string; spaceKey: string; url: string }[],
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.update(questions).set(values).where(eq(questions.id, questionId))
    if (citations.length === 0) return
    const versions = await tx
      .select({
        pageId: pages.pageId,
        versionNumber: pages.versionNumber,
        spaceKey: spaces.key,
        baseUrl: connections.baseUrl,
      })
      .from(pages)
      .innerJoin(spaces, eq(spaces.id, pages.spaceId))
      .innerJoin(connections, eq(connections.id, spaces.connectionId))
      .where(
        and(
          inArray(connections.state, ['active', 'paused']),
          inArray(
            pages.pageId,
            citations.map(({ pageId }) => pageId),
          ),
        ),
      )
    // Two sites may number their pages alike, and a page that moved leaves a tombstone in its old space.
    const versionOf = (cited: (typeof citations)[number]): number =>
      versions.find(
        ({ pageId, spaceKey, baseUrl }) =>
          pageId === cited.pageId && spaceKey === cited.spaceKey && `${cited.url}/`.startsWith(`${baseUrl}/`),
      )?.versionNumber ?? 0
    await tx
      .insert(answerCitations)
      .values(
        citations.map((cited) => ({ questionId, n: cited.n, pageId: cited.pageId, versionNumber: versionOf(cited) })),
      )
      .onConflictDoNothing()
  })
}

/** Earlier questions of the same thread with their answers, oldest first. */
export async function listThreadHistory(
  db: Db,
  question: StoredQuestion,
  options: { limit: number; after: Date },
): Promise<{ text: string; answer: unknown }[]> {
  if (question.threadId === null) return []
  const found = await db
    .select({ text: questions.text, answer: questions.answer })
    .from(questions)
    .where(
      and(
        eq(questions.platform, question.platform),
        eq(questions.tenantId, question.tenantId),
        eq(questions.conversationId, question.conversationId),
        eq(questions.threadId, question.threadId),
        eq(questions.audience, question.audience),
        isNotNull(questions.answer),
        gt(questions.createdAt, options.after),
        lt(questions.createdAt, question.createdAt),
      ),
    )
    .orderBy(desc(questions.createdAt))
    .limit(options.limit)
  return found.toReversed()
}

/** Questions and answers are kept for a time and then dropped with everything that hangs on them. */
export async function purgeQuestions(db: Db, createdBefore: Date): Promise<void> {
  await db.delete(questions).where(lt(questions.createdAt, createdBefore))
}
