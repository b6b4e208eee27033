// One conversation as the tests of the flow see it: what was asked, and what stands on the screen.
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, expect } from 'vitest'
import type { Asker, Question, Reply, ReplyContent } from '../../src/bots/question.ts'
import type { Answer } from '../../src/core/answer/answer.ts'
import type { Core } from '../../src/core/core.ts'
import { deliveries, questions } from '../../src/db/schema/questions.ts'
import { answerQuestion } from '../../src/bots/conversation.ts'
import { stoppedClock } from '../support/core.ts'
import type { DatabaseKind } from '../support/database.ts'
import { type Flow, openSyncedFlow, slackMember } from '../support/flow.ts'

export const leave = 'How many days of annual leave do I have?'
export const toner = 'Where is the printer toner kept?'
export const harbour = 'When does the harbour office close?'
export const nothing = 'Which zebra eats marmalade?'

export const alice = slackMember('alice.member')
export const bob = slackMember('bob.member')

/** What people see in one conversation: the contents of each message, in the order in which they were shown. */
export type Screen = Map<string, ReplyContent[]>

export function onScreen(screen: Screen, asker: Asker | undefined, overrides: Partial<Reply> = {}): Reply {
  return {
    async post(content, signal) {
      signal.throwIfAborted()
      const id = `m${screen.size + 1}`
      screen.set(id, [content])
      return id
    },
    async update(id, content, signal) {
      signal.throwIfAborted()
      screen.get(id)?.push(content)
    },
    findPosted: async () => undefined,
    identify: async () => asker,
    ...overrides,
  }
}

export type Company = {
  /** There while tests run. */
  readonly flow: Flow
  laterBy: (ms: number) => void
  /** Asks, and what people see of it. */
  show: (asked: Question, asker?: Asker, core?: Core) => Promise<Screen>
}

/** The small company for the tests of one `describe`, synced, at a time that stands still. */
export function useCompany(kind: DatabaseKind): Company {
  const clock = stoppedClock(new Date('2026-05-04T09:00:00Z'))
  let flow: Flow
  beforeAll(async () => {
    flow = await openSyncedFlow(kind, { now: clock.now })
  })
  afterAll(() => flow.close())
  return {
    get flow() {
      return flow
    },
    laterBy: clock.advance,
    async show(asked, asker = alice, core = flow.core) {
      const screen: Screen = new Map()
      await answerQuestion(core, asked, onScreen(screen, asker), signal())
      return screen
    },
  }
}

/** The only message there is, as it stands in the end. */
export function standing(screen: Screen): ReplyContent {
  expect([...screen.keys()]).toHaveLength(1)
  const last = [...screen.values()][0]?.at(-1)
  if (last === undefined) throw new Error('nothing was shown')
  return last
}

export function answerOn(screen: Screen): Answer {
  const content = standing(screen)
  if (content.kind !== 'answer') throw new Error(`no answer but ${JSON.stringify(content)}`)
  return content.answer
}

export function noticeOn(screen: Screen): string {
  const content = standing(screen)
  if (content.kind !== 'notice') throw new Error(`no notice but ${content.kind}`)
  return content.text
}

let messages = 0

export function question(text: string, overrides: Partial<Question> = {}): Question {
  return {
    platform: 'slack',
    tenantId: 'T0ACME',
    conversationId: 'D0ALICE',
    audience: 'direct',
    threadId: undefined,
    messageId: `message-${++messages}`,
    askerId: 'U0ALICE',
    text,
    ...overrides,
  }
}

/** How the question and the delivery of its reply ended. */
export async function stateOf(
  core: Core,
  { messageId }: Question,
): Promise<{ question: string; delivery: string | undefined }> {
  const found = await core.database.db
    .select({ question: questions.state, delivery: deliveries.state })
    .from(questions)
    .leftJoin(deliveries, eq(deliveries.questionId, questions.id))
    .where(eq(questions.messageId, messageId))
  return { question: found[0]?.question ?? 'not stored', delivery: found[0]?.delivery ?? undefined }
}

export const signal = (): AbortSignal => AbortSignal.timeout(20_000)
