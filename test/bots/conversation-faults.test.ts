import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startAnthropic } from '../../sandbox/anthropic/anthropic.ts'
import { answerQuestion } from '../../src/bots/conversation.ts'
import type { Reply } from '../../src/bots/question.ts'
import { loadConfig } from '../../src/config.ts'
import type { Core } from '../../src/core/core.ts'
import { AccessDeniedError, TransientError } from '../../src/errors.ts'
import { describeError } from '../../src/log.ts'
import { databaseKinds } from '../support/database.ts'
import {
  type Screen,
  alice,
  answerOn,
  bob,
  harbour,
  leave,
  noticeOn,
  onScreen,
  question,
  signal,
  stateOf,
  useCompany,
} from './conversation-screen.ts'

function failing(error: Error): () => Promise<never> {
  return async () => {
    throw error
  }
}

describe.each(databaseKinds)('answerQuestion, when something goes wrong or Claude answers, on %s', (kind) => {
  const company = useCompany(kind)
  const { laterBy, show } = company

  describe('faults', () => {
    it.each([1, 2])('repeats an update that fails for a moment %i times', async (failures) => {
      const asked = question(leave)
      const screen: Screen = new Map()
      const reply = onScreen(screen, alice)
      let left = failures
      await answerQuestion(
        company.flow.core,
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
      expect(await stateOf(company.flow.core, asked)).toEqual({ question: 'answered', delivery: 'delivered' })
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
      await answerQuestion(company.flow.core, asked, onScreen(screen, alice, { update }), signal())
      expect(calls).toBe(attempts)
      expect(await stateOf(company.flow.core, asked)).toEqual({ question: 'failed', delivery: 'failed' })
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
        await answerQuestion(company.flow.core, question(leave), { ...reply, post, findPosted }, signal())
        const ends = [...screen.values()].map((shown) => shown.at(-1)?.kind)
        expect(ends).toEqual(canLookUp ? ['answer'] : ['working', 'answer'])
      }
    })

    it('gives up when nothing can be posted', async () => {
      const asked = question(leave)
      const screen: Screen = new Map()
      const removed = new AccessDeniedError('not_in_channel', 'The bot was removed.')
      await answerQuestion(company.flow.core, asked, onScreen(screen, alice, { post: failing(removed) }), signal())
      expect(screen.size).toBe(0)
      expect(await stateOf(company.flow.core, asked)).toEqual({ question: 'failed', delivery: 'failed' })
    })

    it('shows a sentence with a reference for an internal failure, which the log has in full', async () => {
      const lines: string[] = []
      const sink = new Writable({
        write: (line: Buffer, _encoding, done) => (lines.push(line.toString()), done()),
      })
      const log = pino({ serializers: { err: describeError } }, sink)
      const screen: Screen = new Map()
      const identify = failing(new Error('cannot read /srv/roster of undefined'))
      await answerQuestion(
        company.flow.replica({ log }),
        question(leave),
        onScreen(screen, alice, { identify }),
        signal(),
      )
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
      core = company.flow.replica({ config })
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
      expect(await stateOf(company.flow.core, asked)).toEqual({ question: 'failed', delivery: 'delivered' })
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
