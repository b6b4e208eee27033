import { describe, expect, it } from 'vitest'
import { answerQuestion } from '../../src/bots/conversation.ts'
import type { Question, Reply } from '../../src/bots/question.ts'
import { databaseKinds } from '../support/database.ts'
import {
  type Screen,
  alice,
  answerOn,
  bob,
  harbour,
  leave,
  nothing,
  noticeOn,
  onScreen,
  question,
  signal,
  standing,
  stateOf,
  toner,
  useCompany,
} from './conversation-screen.ts'

function hang(): Promise<never> {
  return new Promise(() => {})
}

describe.each(databaseKinds)('answerQuestion on %s', (kind) => {
  const company = useCompany(kind)
  const { laterBy, show } = company

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
    void answerQuestion(company.flow.core, asked, { ...reply, ...dying }, signal())
    await reached
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
      expect(await stateOf(company.flow.core, asked)).toEqual({ question: 'answered', delivery: 'delivered' })
    })

    it('answers once what is delivered twice at the same time, also to two replicas, and again later', async () => {
      const asked = question(leave)
      const screen: Screen = new Map()
      const cores = [company.flow.core, company.flow.replica(), company.flow.core, company.flow.replica()]
      await Promise.all(cores.map((core) => answerQuestion(core, asked, onScreen(screen, alice), signal())))
      laterBy(3_600_000)
      await answerQuestion(company.flow.core, asked, onScreen(screen, alice), signal())
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
    it('leaves a question to its first process until the lease is over, then updates the known placeholder', async () => {
      const asked = question(leave)
      const screen: Screen = new Map()
      await crash(asked, screen, 'posted')
      laterBy(119_000)
      await answerQuestion(company.flow.core, asked, onScreen(screen, alice), signal())
      expect(standing(screen).kind).toBe('working')
      laterBy(2_000)
      await answerQuestion(company.flow.replica(), asked, onScreen(screen, alice), signal())
      expect(answerOn(screen).kind).toBe('answer')
    })

    it('looks up a placeholder whose posting is unknown', async () => {
      const asked = question(leave)
      const screen: Screen = new Map()
      await crash(asked, screen, 'posting')
      laterBy(121_000)
      await answerQuestion(
        company.flow.core,
        asked,
        onScreen(screen, alice, { findPosted: async () => 'm1' }),
        signal(),
      )
      expect(answerOn(screen).kind).toBe('answer')
    })

    it('posts anew where the platform cannot look up: an orphan may remain, two answers may not', async () => {
      const asked = question(leave)
      const screen: Screen = new Map()
      await crash(asked, screen, 'posting')
      laterBy(121_000)
      await answerQuestion(company.flow.core, asked, onScreen(screen, alice), signal())
      expect([...screen.values()].map((shown) => shown.at(-1)?.kind)).toEqual(['working', 'answer'])
    })

    it('leaves a question alone that crashed three processes', async () => {
      const asked = question(leave)
      for (let attempt = 1; attempt <= 3; attempt++) {
        await crash(asked, new Map(), 'posting')
        laterBy(121_000)
      }
      const screen: Screen = new Map()
      await answerQuestion(company.flow.core, asked, onScreen(screen, alice), signal())
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
      expect(await stateOf(company.flow.core, asked)).toEqual({ question: 'refused', delivery: 'delivered' })
    })

    it('refuses somebody whom the platform does not vouch for', async () => {
      const asked = question(leave)
      const screen: Screen = new Map()
      await answerQuestion(company.flow.core, asked, onScreen(screen, undefined), signal())
      expect(noticeOn(screen)).toMatch(/^I could not find out who you are/)
      expect((await stateOf(company.flow.core, asked)).question).toBe('refused')
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
      expect((await stateOf(company.flow.core, direct)).question).toBe('abstained')
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
})
