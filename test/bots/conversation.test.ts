import { Writable } from 'node:stream'
import { eq } from 'drizzle-orm'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startAnthropic } from '../../sandbox/anthropic/anthropic.ts'
import { answerQuestion } from '../../src/bots/conversation.ts'
import type { Asker, Question, Reply, ReplyContent } from '../../src/bots/question.ts'
import { loadConfig } from '../../src/config.ts'
import type { Answer } from '../../src/core/answer/answer.ts'
import type { Core } from '../../src/core/core.ts'
import { deliveries, questions } from '../../src/db/schema.ts'
import { AccessDeniedError, TransientError } from '../../src/errors.ts'
import { describeError } from '../../src/log.ts'
import { databaseKinds } from '../support/database.ts'
import { type Flow, openFlow, slackMember } from '../support/flow.ts'

const leave = 'How many days of annual leave do I have?'
const toner = 'Where is the printer toner kept?'
const harbour = 'When does the harbour office close?'
const nothing = 'Which zebra eats marmalade?'

const alice = slackMember('alice.member')
const bob = slackMember('bob.member')

/** What people see in one conversation: the contents of each message, in the order in which they were shown. */
type Screen = Map<string, ReplyContent[]>

function onScreen(screen: Screen, asker: Asker | undefined, overrides: Partial<Reply> = {}): Reply {
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

/** The only message there is, as it stands in the end. */
function standing(screen: Screen): ReplyContent {
  expect([...screen.keys()]).toHaveLength(1)
  const last = [...screen.values()][0]?.at(-1)
  if (last === undefined) throw new Error('nothing was shown')
  return last
}

function answerOn(screen: Screen): Answer {
  const content = standing(screen)
  if (content.kind !== 'answer') throw new Error(`no answer but ${JSON.stringify(content)}`)
  return content.answer
}

function noticeOn(screen: Screen): string {
  const content = standing(screen)
  if (content.kind !== 'notice') throw new Error(`no notice but ${content.kind}`)
  return content.text
}

let messages = 0

function question(text: string, overrides: Partial<Question> = {}): Question {
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

function failing(error: Error): () => Promise<never> {
  return () => Promise.reject(error)
}

function hang(): Promise<never> {
  return new Promise(() => {})
}

const signal = (): AbortSignal => AbortSignal.timeout(20_000)

describe.each(databaseKinds)('answerQuestion on %s', (kind) => {
  let flow: Flow
  let now = new Date('2026-05-04T09:00:00Z')
  const laterBy = (ms: number): void => void (now = new Date(now.getTime() + ms))

  beforeAll(async () => {
    flow = await openFlow(kind, { now: () => now })
    await flow.connect()
    await flow.work()
  })
  afterAll(() => flow.close())

  async function show(asked: Question, asker: Asker | undefined = alice, core: Core = flow.core): Promise<Screen> {
    const screen: Screen = new Map()
    await answerQuestion(core, asked, onScreen(screen, asker), signal())
    return screen
  }

  async function stateOf({ messageId }: Question): Promise<{ question: string; delivery: string | undefined }> {
    const found = await flow.core.database.db
      .select({ question: questions.state, delivery: deliveries.state })
      .from(questions)
      .leftJoin(deliveries, eq(deliveries.questionId, questions.id))
      .where(eq(questions.messageId, messageId))
    return { question: found[0]?.question ?? 'not stored', delivery: found[0]?.delivery ?? undefined }
  }

  describe('one answer', () => {
    it('replaces the placeholder by the answer with its sources', async () => {
      const asked = question(leave)
      const screen = await show(asked)
      expect(screen.get('m1')?.map(({ kind: shown }) => shown)).toEqual(['working', 'answer'])
      const answer = answerOn(screen)
      expect(answer.text).toContain('thirty days of annual leave')
      expect(answer.citations).toEqual([
        expect.objectContaining({ n: 1, pageId: '2', title: 'Annual leave', spaceKey: 'HB' }),
      ])
      expect(await stateOf(asked)).toEqual({ question: 'answered', delivery: 'delivered' })
    })

    it('answers once what is delivered twice at the same time, also to two replicas, and again later', async () => {
      const asked = question(leave)
      const screen: Screen = new Map()
      const cores = [flow.core, flow.replica(), flow.core, flow.replica()]
      await Promise.all(cores.map((core) => answerQuestion(core, asked, onScreen(screen, alice), signal())))
      laterBy(3_600_000)
      await answerQuestion(flow.core, asked, onScreen(screen, alice), signal())
      expect(answerOn(screen).kind).toBe('answer')
      expect(screen.get('m1')).toHaveLength(2)
    })

    it('answers messages of the same id in different conversations and workspaces each', async () => {
      const asked = question(leave)
      await show(asked)
      for (const elsewhere of [{ conversationId: 'D0OTHER' }, { tenantId: 'T0OTHER' }, { platform: 'teams' } as const])
        expect(answerOn(await show({ ...asked, ...elsewhere })).kind).toBe('answer')
    })
  })

  describe('after a crash', () => {
    /** A process that goes as far as `until` and is never heard of again. */
    async function crash(asked: Question, screen: Screen, until: 'posting' | 'posted'): Promise<void> {
      const { promise: reached, resolve } = Promise.withResolvers<void>()
      const stop = (): Promise<never> => {
        resolve()
        return hang()
      }
      const reply = onScreen(screen, alice)
      const dying: Partial<Reply> =
        until === 'posted' ? { identify: stop } : { post: async (...args) => (await reply.post(...args), stop()) }
      void answerQuestion(flow.core, asked, { ...reply, ...dying }, signal())
      await reached
    }

    it('leaves a question to its first process until the lease is over, then updates the known placeholder', async () => {
      const asked = question(leave)
      const screen: Screen = new Map()
      await crash(asked, screen, 'posted')
      laterBy(119_000)
      await answerQuestion(flow.core, asked, onScreen(screen, alice), signal())
      expect(standing(screen).kind).toBe('working')
      laterBy(2_000)
      await answerQuestion(flow.replica(), asked, onScreen(screen, alice), signal())
      expect(answerOn(screen).kind).toBe('answer')
    })

    it('looks up a placeholder whose posting is unknown', async () => {
      const asked = question(leave)
      const screen: Screen = new Map()
      await crash(asked, screen, 'posting')
      laterBy(121_000)
      await answerQuestion(flow.core, asked, onScreen(screen, alice, { findPosted: async () => 'm1' }), signal())
      expect(answerOn(screen).kind).toBe('answer')
    })

    it('posts anew where the platform cannot look up: an orphan may remain, two answers may not', async () => {
      const asked = question(leave)
      const screen: Screen = new Map()
      await crash(asked, screen, 'posting')
      laterBy(121_000)
      await answerQuestion(flow.core, asked, onScreen(screen, alice), signal())
      expect([...screen.values()].map((shown) => shown.at(-1)?.kind)).toEqual(['working', 'answer'])
    })

    it('leaves a question alone that crashed three processes', async () => {
      const asked = question(leave)
      for (let attempt = 1; attempt <= 3; attempt++) {
        await crash(asked, new Map(), 'posting')
        laterBy(121_000)
      }
      const screen: Screen = new Map()
      await answerQuestion(flow.core, asked, onScreen(screen, alice), signal())
      expect(screen.size).toBe(0)
    })
  })

  describe('refusals', () => {
    it.each([
      ['a guest', { ...alice, kind: 'guest' as const }],
      ['somebody of another organisation', { ...alice, kind: 'external' as const }],
      ['somebody deactivated', { ...alice, kind: 'deactivated' as const }],
      ['a bot', { ...alice, kind: 'bot' as const }],
    ])('turns %s away before anything is searched', async (_who, asker) => {
      const asked = question(leave)
      const text = noticeOn(await show(asked, asker))
      expect(text).toMatch(/^I answer members of this organisation only\./)
      expect(await stateOf(asked)).toEqual({ question: 'refused', delivery: 'delivered' })
    })

    it('refuses somebody whom the platform does not vouch for', async () => {
      const asked = question(leave)
      const screen: Screen = new Map()
      await answerQuestion(flow.core, asked, onScreen(screen, undefined), signal())
      expect(noticeOn(screen)).toMatch(/^I could not find out who you are/)
      expect((await stateOf(asked)).question).toBe('refused')
    })

    it.each(['', '   \n '])('asks back when the question is %j', async (text) => {
      expect(noticeOn(await show(question(text)))).toMatch(/^What would you like to know\?/)
    })
  })

  describe('what is asked', () => {
    it('answers a question of 20,000 characters and says how much of it was read', async () => {
      const long = `${leave} `.repeat(1_000).slice(0, 20_000)
      const answer = answerOn(await show(question(long)))
      expect(answer.text).toContain('thirty days of annual leave')
      expect(answer.note).toBe('Your question is very long; I read its first 4,000 characters.')
    })

    it('takes characters that a database cannot store', async () => {
      expect(answerOn(await show(question(`${leave}\u0000 \uD800`))).kind).toBe('answer')
    })

    it('names the searched spaces when there is no answer, with a hint where others read along', async () => {
      const direct = question(nothing)
      expect(answerOn(await show(direct))).toMatchObject({
        kind: 'abstention',
        text: 'I did not find an answer to that in Handbook and IT desk.',
        note: undefined,
      })
      expect((await stateOf(direct)).question).toBe('abstained')
      const shared = answerOn(await show(question(nothing, { audience: 'shared', conversationId: 'C0GENERAL' })))
      expect(shared.text).toBe('I did not find an answer to that in Handbook.')
      expect(shared.note).toContain('ask me in a direct message')
    })

    it('uses what only the asker may read in a direct message, and never where others read along', async () => {
      expect(answerOn(await show(question(harbour), bob)).text).toContain('30 June')
      expect(answerOn(await show(question(toner), alice)).text).toContain('cupboard seven')
      expect(answerOn(await show(question(harbour), alice)).kind).toBe('abstention')
      const shared = { audience: 'shared', conversationId: 'C0GENERAL' } as const
      expect(answerOn(await show(question(leave, shared), bob)).kind).toBe('answer')
      for (const [text, secret] of [
        [harbour, /30 June|Harbour office/],
        [toner, /cupboard|Printers/],
      ] as const) {
        const answer = answerOn(await show(question(text, shared), bob))
        expect(answer.kind).toBe('abstention')
        expect(JSON.stringify(answer)).not.toMatch(secret)
      }
    })
  })

  describe('faults', () => {
    it.each([1, 2])('repeats an update that fails for a moment %i times', async (failures) => {
      const asked = question(leave)
      const screen: Screen = new Map()
      const reply = onScreen(screen, alice)
      let left = failures
      await answerQuestion(
        flow.core,
        asked,
        {
          ...reply,
          update: async (...args) => {
            if (left-- > 0) throw new TransientError('slow_down', 'Slow down.', { retryAfterMs: 1 })
            await reply.update(...args)
          },
        },
        signal(),
      )
      expect(answerOn(screen).kind).toBe('answer')
      expect(await stateOf(asked)).toEqual({ question: 'answered', delivery: 'delivered' })
    })

    it.each([
      ['goes on', new TransientError('slow_down', 'Slow down.', { retryAfterMs: 1 }), 3],
      ['will not pass', new AccessDeniedError('not_in_channel', 'The bot was removed.'), 1],
    ])('records a fault of the update that %s, and does not reject', async (_how, fault, attempts) => {
      const asked = question(leave)
      const screen: Screen = new Map()
      let calls = 0
      const update = async (): Promise<void> => {
        calls += 1
        throw fault
      }
      await answerQuestion(flow.core, asked, onScreen(screen, alice, { update }), signal())
      expect(calls).toBe(attempts)
      expect(await stateOf(asked)).toEqual({ question: 'failed', delivery: 'failed' })
    })

    it('looks whether a placeholder arrived whose posting broke off, and posts again where it cannot', async () => {
      for (const canLookUp of [true, false]) {
        const screen: Screen = new Map()
        const reply = onScreen(screen, alice)
        let isBroken = true
        const post: Reply['post'] = async (...args) => {
          const id = await reply.post(...args)
          if (isBroken) {
            isBroken = false
            throw new TransientError('cut', 'The connection broke off.', { retryAfterMs: 1 })
          }
          return id
        }
        const findPosted = async (): Promise<string | undefined> => (canLookUp ? 'm1' : undefined)
        await answerQuestion(flow.core, question(leave), { ...reply, post, findPosted }, signal())
        const ends = [...screen.values()].map((shown) => shown.at(-1)?.kind)
        expect(ends).toEqual(canLookUp ? ['answer'] : ['working', 'answer'])
      }
    })

    it('gives up when nothing can be posted', async () => {
      const asked = question(leave)
      const screen: Screen = new Map()
      const removed = new AccessDeniedError('not_in_channel', 'The bot was removed.')
      await answerQuestion(flow.core, asked, onScreen(screen, alice, { post: failing(removed) }), signal())
      expect(screen.size).toBe(0)
      expect(await stateOf(asked)).toEqual({ question: 'failed', delivery: 'failed' })
    })

    it('shows a sentence with a reference for an internal failure, which the log has in full', async () => {
      const lines: string[] = []
      const sink = new Writable({
        write: (line: Buffer, _encoding, done) => (lines.push(line.toString()), done()),
      })
      const log = pino({ serializers: { err: describeError } }, sink)
      const screen: Screen = new Map()
      const identify = failing(new Error('cannot read /srv/roster of undefined'))
      await answerQuestion(flow.replica({ log }), question(leave), onScreen(screen, alice, { identify }), signal())
      const text = noticeOn(screen)
      expect(text).toMatch(
        /^Something went wrong while I looked for an answer\. Please ask again\. \(reference \w{8}\)$/,
      )
      const reference = /reference (\w{8})/.exec(text)?.[1] ?? 'none'
      const logged = lines.find((line) => line.includes(reference))
      expect(logged).toContain('/srv/roster')
      expect(lines.join('')).not.toContain('annual leave')
    })
  })

  describe('with Claude', () => {
    let claude: Awaited<ReturnType<typeof startAnthropic>>
    let core: Core

    beforeAll(async () => {
      claude = await startAnthropic()
      const config = loadConfig({ ANTHROPIC_API_KEY: 'sk-ant-sandbox', ANTHROPIC_BASE_URL: claude.url })
      core = flow.replica({ config })
    })
    afterEach(() => void claude.requests.splice(0))
    afterAll(() => claude.close())

    /** The texts that the model was given, oldest first, without the pages. */
    function turnsOf(): { role: string; text: string }[] {
      const body = claude.requests.at(-1)?.body as {
        messages: { role: string; content: string | { type: string; text?: string }[] }[]
      }
      return body.messages.map(({ role, content }) => ({
        role,
        text: typeof content === 'string' ? content : content.map((part) => part.text ?? '').join(''),
      }))
    }

    it('hands over the last turns of the thread, oldest first, and nothing of other threads', async () => {
      const thread = { threadId: 'thread-1' }
      await show(question('Where do bicycles stand?', { threadId: 'thread-2' }), alice, core)
      for (let n = 1; n <= 8; n++) {
        laterBy(1_000)
        await show(question(`${leave} Number ${n}.`, thread), alice, core)
      }
      laterBy(1_000)
      await show(question(`${leave} Number 9.`, thread), alice, core)
      const turns = turnsOf()
      const asked = turns.filter(({ role }) => role === 'user').map(({ text }) => /Number (\d)/.exec(text)?.[1])
      expect(asked).toEqual(['6', '7', '8', '9'])
      expect(turns.find(({ role }) => role === 'assistant')?.text).toContain('thirty days')
      expect(JSON.stringify(turns)).not.toContain('icycles')
    })

    it('does not bring what was said in private into a shared thread of the same id, nor what is a day old', async () => {
      const thread = { threadId: 'thread-3', conversationId: 'C0MIXED' }
      await show(question(harbour, thread), bob, core)
      laterBy(1_000)
      await show(question(leave, { ...thread, audience: 'shared' }), bob, core)
      expect(JSON.stringify(claude.requests.at(-1)?.body)).not.toMatch(/arbour|30 June/)
      laterBy(25 * 3_600_000)
      await show(question('Is a lost badge replaced?', { ...thread, audience: 'shared' }), bob, core)
      expect(turnsOf()).toHaveLength(1)
    })

    it('says that it was stopped when the server stops, at once', async () => {
      claude.script({ kind: 'stall' })
      const asked = question(leave)
      const screen: Screen = new Map()
      const stopping = new AbortController()
      const answering = answerQuestion(core, asked, onScreen(screen, alice), stopping.signal)
      await expect.poll(() => claude.requests.length).toBe(1)
      stopping.abort(new Error('Stopping.'))
      await answering
      expect(noticeOn(screen)).toMatch(/^I was stopped before I had an answer\./)
      expect(await stateOf(asked)).toEqual({ question: 'failed', delivery: 'delivered' })
    })

    it('says that it took too long when the time for an answer is over', async () => {
      claude.script({ kind: 'stall' })
      const screen: Screen = new Map()
      const limits = { answerTimeoutMs: 300 }
      await answerQuestion(core, question(leave), onScreen(screen, alice), signal(), limits)
      expect(noticeOn(screen)).toMatch(/^Looking for an answer took too long\./)
    })
  })
})
