import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eq } from 'drizzle-orm'
import type { Database } from '../../src/db/database.ts'
import { claimQuestion, finishQuestion } from '../../src/db/queries/questions.ts'
import { pages } from '../../src/db/schema/content.ts'
import { answerCitations } from '../../src/db/schema/questions.ts'
import { databaseKinds, openTestDatabase } from '../support/database.ts'
import { insertAccessSet, insertConnection, insertPage, insertSpace } from './content.ts'

describe.each(databaseKinds)('a question on %s', (kind) => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase(kind)
  })
  afterAll(() => database.close())

  /** Page 7 of a site, through a connection of its own. */
  async function insertPageSeven(baseUrl: string, versionNumber: number, { isRemoved = false, key = 'HR' } = {}) {
    const connectionId = await insertConnection(database, { baseUrl, state: isRemoved ? 'removed' : 'active' })
    const accessSetId = await insertAccessSet(database, connectionId)
    const spaceId = await insertSpace(database, connectionId, key)
    const id = await insertPage(database, spaceId, { pageId: '7', accessSetId, chunks: [] })
    await database.db.update(pages).set({ versionNumber }).where(eq(pages.id, id))
  }

  it('keeps the versions of the pages that its answer cites, though sites number their pages alike', async () => {
    await insertPageSeven('https://one.example/wiki', 9, { key: 'OLD' })
    await insertPageSeven('https://one.example/wiki', 10, { isRemoved: true })
    await insertPageSeven('https://one.example/wiki2', 12)
    await insertPageSeven('https://one.example/wiki', 11)
    const now = new Date()
    const claim = {
      platform: 'slack' as const,
      tenantId: 'T1',
      conversationId: 'C1',
      threadId: undefined,
      messageId: '1.0',
      askerId: 'U1',
      audience: 'direct' as const,
      text: 'Why?',
    }
    const question = await claimQuestion(database.db, claim, now, new Date(now.getTime() + 60_000))
    const cited = [
      'https://one.example/wiki/spaces/HR/pages/7#Pay',
      'https://one.example/wiki2/spaces/HR/pages/7',
      'https://gone.example/wiki/spaces/HR/pages/7',
    ].map((url, i) => ({ n: i + 1, pageId: '7', spaceKey: 'HR', url }))
    await finishQuestion(database.db, question?.id ?? '', { state: 'answered', answer: {}, finishedAt: now }, cited)
    const kept = await database.db.select().from(answerCitations).orderBy(answerCitations.n)
    expect(kept.map(({ n, pageId, versionNumber }) => [n, pageId, versionNumber])).toEqual([
      [1, '7', 11],
      [2, '7', 12],
      [3, '7', 0],
    ])
  })
})
