import { afterEach, describe, expect, it } from 'vitest'
import { TransientError } from '../../../src/errors.ts'
import type { Answer } from '../../../src/core/answer/answer.ts'
import type { ReplyContent } from '../../../src/bots/question.ts'
import { type Asked, type Harness, startHarness, until } from './harness.ts'

let harness: Harness
afterEach(() => harness.close())
const { signal } = new AbortController()

async function ask(channel?: string): Promise<Asked> {
  harness = await startHarness()
  return askAgain(channel)
}

async function askAgain(channel?: string): Promise<Asked> {
  const before = harness.asked.length
  const typed = { user: 'U0ALICE', text: '<@U0FOOTNOTE> a question' }
  await (channel === undefined
    ? harness.slack.sendDirectMessage(typed)
    : harness.slack.sendMention({ ...typed, channel }))
  await until(() => harness.asked.length > before)
  return harness.asked.at(-1) as Asked
}

function longAnswer(paragraphs: number): ReplyContent {
  const text = Array.from({ length: paragraphs }, (_, n) => `Paragraph ${n}. ${'word '.repeat(100)}`).join('\n\n')
  const answer: Answer = {
    kind: 'answer',
    text,
    statements: [],
    citations: [],
    nearest: [],
    searchedSpaces: [],
    by: 'extract',
    note: undefined,
  }
  return { kind: 'answer', answer, questionId: 'q' }
}

const ours = (channel: string) => harness.slack.messages(channel).filter(({ isOurs }) => isOurs)

describe('the placeholder', () => {
  it.each([
    ['a direct conversation', undefined, 'D0ALICE'],
    ['a channel', 'C0GENERAL', 'C0GENERAL'],
  ])('is found again in %s by another attempt', async (_where, channel, id) => {
    const { reply } = await ask(channel)
    const replyId = await reply.post({ kind: 'working' }, signal)
    expect(await reply.findPosted(signal)).toBe(replyId)
    expect(ours(id)).toHaveLength(1)
  })

  it('is not confused with that of another question in the same thread', async () => {
    const first = await ask('C0GENERAL')
    await first.reply.post({ kind: 'working' }, signal)
    await harness.slack.sendMention({
      user: 'U0BOB',
      channel: 'C0GENERAL',
      text: '<@U0FOOTNOTE> and this?',
      threadTs: first.question.messageId,
    })
    await until(() => harness.asked.length === 2)
    const second = harness.asked[1]?.reply
    expect(await second?.findPosted(signal)).toBeUndefined()
    const secondId = await second?.post({ kind: 'working' }, signal)
    expect(await second?.findPosted(signal)).toBe(secondId)
    expect(await first.reply.findPosted(signal)).not.toBe(secondId)
  })

  it('is not taken from a later question when its own was never posted', async () => {
    const first = await ask('C0GENERAL')
    const typed = { user: 'U0BOB', channel: 'C0GENERAL', text: '<@U0FOOTNOTE> and this?' }
    await harness.slack.sendMention({ ...typed, threadTs: first.question.messageId })
    await until(() => harness.asked.length === 2)
    await harness.asked[1]?.reply.post({ kind: 'working' }, signal)
    expect(await first.reply.findPosted(signal)).toBeUndefined()
  })

  it('was posted although the connection dropped, and is found instead of posted twice', async () => {
    const { reply } = await ask()
    harness.slack.fail('chat.postMessage', { kind: 'drop', when: 'after' })
    await expect(reply.post({ kind: 'working' }, signal)).rejects.toBeInstanceOf(TransientError)
    expect(ours('D0ALICE')).toHaveLength(1)
    expect(await reply.findPosted(signal)).toBe(ours('D0ALICE')[0]?.ts)
  })

  it('cannot be looked up where the app may not read the channel', async () => {
    const { reply } = await ask('C0GENERAL')
    harness.slack.revoke('channels:history')
    await reply.post({ kind: 'working' }, signal)
    expect(await reply.findPosted(signal)).toBeUndefined()
  })

  it('is found behind more messages than one page of the thread holds', async () => {
    const { reply, question } = await ask()
    const typed = { user: 'U0ALICE', text: 'one more', threadTs: question.messageId }
    for (let n = 0; n < 210; n++) await harness.slack.sendDirectMessage(typed)
    const replyId = await reply.post({ kind: 'working' }, signal)
    expect(await reply.findPosted(signal)).toBe(replyId)
    expect(harness.slack.calls('conversations.replies')).toHaveLength(2)
  })
})

describe('a long answer', () => {
  it('is shown whole, in several messages of the thread', async () => {
    const { reply, question } = await ask()
    const replyId = await reply.post({ kind: 'working' }, signal)
    await reply.update(replyId, longAnswer(60), signal)
    const messages = ours('D0ALICE')
    expect(messages.length).toBeGreaterThan(1)
    expect(messages.every(({ threadTs }) => threadTs === question.threadId)).toBe(true)
    const shown = messages.map(({ visible }) => visible).join('\n')
    for (let n = 0; n < 60; n++) expect(shown).toContain(`Paragraph ${n}. `)
  })

  it('is not posted a second time by another attempt', async () => {
    const { reply, question } = await ask()
    const replyId = await reply.post({ kind: 'working' }, signal)
    await reply.update(replyId, longAnswer(60), signal)
    const count = ours('D0ALICE').length
    await harness.slack.redeliver({
      payload: {
        kind: 'event',
        body: {
          type: 'event_callback',
          team_id: 'T0ACME',
          event: {
            type: 'message',
            channel_type: 'im',
            channel: 'D0ALICE',
            user: 'U0ALICE',
            text: 'x',
            ts: question.messageId,
          },
        },
      },
      ack: { transport: 'http', status: 200, ackMs: 0, body: undefined },
    })
    await until(() => harness.asked.length === 2)
    const second = harness.asked[1]?.reply
    const found = await second?.findPosted(signal)
    await second?.update(found ?? '', longAnswer(60), signal)
    expect(found).toBe(replyId)
    expect(ours('D0ALICE')).toHaveLength(count)
  })
})

describe('calls to Slack', () => {
  it('repeat an update whose outcome is unknown', async () => {
    const { reply } = await ask()
    const replyId = await reply.post({ kind: 'working' }, signal)
    harness.slack.fail('chat.update', { kind: 'drop', when: 'after' }, { kind: 'status', status: 503 })
    await reply.update(replyId, { kind: 'notice', text: 'Done.' }, signal)
    expect(ours('D0ALICE')[0]?.visible).toContain('Done.')
    expect(harness.slack.calls('chat.update')).toHaveLength(3)
  })

  it('wait as long as a rate limit says, also before a post', async () => {
    const { reply } = await ask()
    harness.slack.fail('chat.postMessage', { kind: 'rateLimit', retryAfterSeconds: 1 })
    const startedAt = performance.now()
    await reply.post({ kind: 'working' }, signal)
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990)
    expect(ours('D0ALICE')).toHaveLength(1)
  })

  it('give a long rate limit to the caller', async () => {
    const { reply } = await ask()
    harness.slack.fail('chat.postMessage', { kind: 'rateLimit', retryAfterSeconds: 120 })
    await expect(reply.post({ kind: 'working' }, signal)).rejects.toMatchObject({ retryAfterMs: 120_000 })
  })

  it('end when their signal aborts', async () => {
    const { reply } = await ask()
    const gate = Promise.withResolvers<void>()
    harness.slack.fail('chat.postMessage', { kind: 'hold', until: gate.promise })
    const controller = new AbortController()
    const posting = reply.post({ kind: 'working' }, controller.signal)
    await until(() => harness.slack.calls('chat.postMessage').length === 1)
    controller.abort(new Error('enough'))
    await expect(posting).rejects.toThrow('enough')
    gate.resolve()
    // Far below the ten seconds after which every call gives up by itself.
  }, 5000)
})

describe('the asker', () => {
  it('is who Slack says', async () => {
    const { reply } = await ask()
    expect(await reply.identify(signal)).toMatchObject({
      userId: 'U0ALICE',
      kind: 'member',
      email: 'alice.member@acme.example',
    })
  })

  it('is remembered for 15 minutes and then asked for again', async () => {
    let now = new Date('2026-11-03T10:00:00Z')
    harness = await startHarness({}, { now: () => now })
    const { reply } = await askAgain()
    await reply.identify(signal)
    now = new Date('2026-11-03T10:14:59Z')
    await reply.identify(signal)
    expect(harness.slack.calls('users.info')).toHaveLength(1)
    now = new Date('2026-11-03T10:15:00Z')
    await reply.identify(signal)
    expect(harness.slack.calls('users.info')).toHaveLength(2)
  })

  it('is nobody when Slack does not answer', async () => {
    const { reply } = await ask()
    harness.slack.fail('users.info', ...Array.from({ length: 3 }, () => ({ kind: 'status', status: 500 }) as const))
    expect(await reply.identify(signal)).toBeUndefined()
  })
})
