import { afterEach, describe, expect, it } from 'vitest'
import { signRequest } from '../../../sandbox/slack/delivery.ts'
import type { Answer } from '../../../src/core/answer/answer.ts'
import { type Harness, startHarness, until } from './harness.ts'

let harness: Harness
afterEach(() => harness.close())

const answer: Answer = {
  kind: 'answer',
  text: 'Leave carries over until March [1].',
  statements: [{ text: 'Leave carries over until March.', citations: [1] }],
  citations: [
    {
      n: 1,
      pageId: '11',
      title: 'Holiday <rules>',
      spaceKey: 'HR',
      spaceName: 'People',
      url: 'https://acme.example/wiki/pages/11',
      changedAt: new Date('2026-11-03T10:00:00Z'),
      quote: 'Leave carries over until March.',
    },
  ],
  nearest: [],
  searchedSpaces: ['People'],
  by: 'extract',
  note: undefined,
}

describe('a question in a channel', () => {
  it('reaches the flow once, without the mention, with the thread and the message id', async () => {
    harness = await startHarness()
    const sent = await harness.slack.sendMention({
      user: 'U0ALICE',
      channel: 'C0GENERAL',
      text: '<@U0FOOTNOTE> how many days of leave &amp; when?',
    })
    await until(() => harness.asked.length === 1)
    expect(sent.ack).toMatchObject({ status: 200 })
    expect(harness.asked[0]?.question).toEqual({
      platform: 'slack',
      tenantId: 'T0ACME',
      conversationId: 'C0GENERAL',
      audience: 'shared',
      threadId: sent.ts,
      messageId: sent.ts,
      askerId: 'U0ALICE',
      text: 'how many days of leave & when?',
    })
  })

  it('keeps the message id when Slack delivers it again, so that the claim can refuse the second', async () => {
    harness = await startHarness()
    const sent = await harness.slack.sendMention({ user: 'U0ALICE', channel: 'C0GENERAL', text: '<@U0FOOTNOTE> hello' })
    await harness.slack.redeliver(sent)
    await until(() => harness.asked.length === 2)
    expect(new Set(harness.asked.map(({ question }) => question.messageId))).toEqual(new Set([sent.ts]))
  })

  it('is acknowledged before it is answered', async () => {
    const gate = Promise.withResolvers<void>()
    harness = await startHarness({ answerQuestion: () => gate.promise })
    const sent = await harness.slack.sendMention({ user: 'U0ALICE', channel: 'C0GENERAL', text: '<@U0FOOTNOTE> slow?' })
    expect(sent.ack.status).toBe(200)
    expect(sent.ack.ackMs).toBeLessThan(3000)
    gate.resolve()
  })

  it('is answered in its thread, by one message that is updated', async () => {
    harness = await startHarness({
      answerQuestion: async (_core, _question, reply, signal) => {
        const replyId = await reply.post({ kind: 'working' }, signal)
        await reply.update(replyId, { kind: 'answer', answer, questionId: 'q1' }, signal)
      },
    })
    const sent = await harness.slack.sendMention({
      user: 'U0ALICE',
      channel: 'C0GENERAL',
      text: '<@U0FOOTNOTE> leave?',
    })
    const ours = () => harness.slack.messages('C0GENERAL').filter(({ isOurs }) => isOurs)
    await until(() => ours()[0]?.edits === 1)
    expect(ours()).toHaveLength(1)
    expect(ours()[0]).toMatchObject({ threadTs: sent.ts, mentions: [] })
    expect(ours()[0]?.visible).toContain('Leave carries over until March [1].')
    expect(ours()[0]?.visible).toContain('Source: Confluence')
    expect(ours()[0]?.visible).toContain('Holiday <rules> · People · changed 3 Nov 2026')
    expect(ours()[0]?.links).toContainEqual({ url: 'https://acme.example/wiki/pages/11', text: 'Holiday <rules>' })
    expect(harness.slack.calls('chat.postMessage')[0]?.args).toMatchObject({
      unfurl_links: 'false',
      unfurl_media: 'false',
    })
  })

  it('belongs to the thread in which it was asked', async () => {
    harness = await startHarness()
    const first = await harness.slack.sendMention({ user: 'U0ALICE', channel: 'C0GENERAL', text: '<@U0FOOTNOTE> one' })
    const second = await harness.slack.sendMention({
      user: 'U0BOB',
      channel: 'C0GENERAL',
      text: '<@U0FOOTNOTE> two',
      threadTs: first.ts,
    })
    await until(() => harness.asked.length === 2)
    expect(harness.asked[1]?.question).toMatchObject({ threadId: first.ts, messageId: second.ts })
  })
})

describe('a channel that another organisation reads', () => {
  const answering: Parameters<typeof startHarness>[0] = {
    answerQuestion: async (_core, _question, reply, signal) => {
      const replyId = await reply.post({ kind: 'working' }, signal)
      await reply.update(replyId, { kind: 'answer', answer, questionId: 'q1' }, signal)
    },
  }

  it.each([
    ['by the event', 'C0SHARED', () => {}],
    ['by the time of sending', 'C0GENERAL', () => Object.assign(channelOf('C0GENERAL'), { is_ext_shared: true })],
    ['for all that Slack says', 'C0GENERAL', () => harness.slack.revoke('channels:read')],
  ])('gets no content when it is shared %s', async (_how, channel, change) => {
    harness = await startHarness(answering)
    change()
    await harness.slack.sendMention({ user: 'U0ALICE', channel, text: '<@U0FOOTNOTE> leave?' })
    const ours = () => harness.slack.messages(channel).filter(({ isOurs }) => isOurs)
    await until(() => ours()[0]?.edits === 1)
    expect(ours()[0]?.visible).toContain('Ask me in a direct message')
    expect(JSON.stringify(ours()[0])).not.toContain('carries over')
  })
})

describe('a channel that the event itself calls shared', () => {
  it('is not asked about again', async () => {
    harness = await startHarness({
      answerQuestion: async (_core, _question, reply, signal) => {
        await reply.post({ kind: 'answer', answer, questionId: 'q1' }, signal)
      },
    })
    await harness.slack.sendMention({ user: 'U0ALICE', channel: 'C0SHARED', text: '<@U0FOOTNOTE> leave?' })
    await until(() => harness.slack.messages('C0SHARED').length === 2)
    expect(harness.slack.messages('C0SHARED')[1]?.visible).toContain('Ask me in a direct message')
    expect(harness.slack.calls('conversations.info')).toEqual([])
  })
})

describe('a direct message', () => {
  it('is a question that only the asker reads', async () => {
    harness = await startHarness()
    const sent = await harness.slack.sendDirectMessage({ user: 'U0ALICE', text: 'where is the printer?' })
    await until(() => harness.asked.length === 1)
    expect(harness.asked[0]?.question).toMatchObject({
      conversationId: 'D0ALICE',
      audience: 'direct',
      threadId: sent.ts,
      text: 'where is the printer?',
    })
  })

  it.each([
    ['of a bot', { bot_id: 'B0OTHER' }],
    ['of the app itself', { user: 'U0FOOTNOTE', bot_id: 'B0FOOTNOTE' }],
    ['that was edited', { subtype: 'message_changed' }],
    ['that was deleted', { subtype: 'message_deleted' }],
    ['in a channel without a mention', { channel: 'C0GENERAL', channel_type: 'channel' }],
  ])('is ignored: one %s', async (_kind, traits) => {
    harness = await startHarness()
    const event = {
      type: 'message',
      channel_type: 'im',
      user: 'U0ALICE',
      text: 'x',
      ts: '1.000001',
      channel: 'D0ALICE',
    }
    const { ack } = await harness.slack.sendEvent({ ...event, ...traits })
    await harness.slack.sendDirectMessage({ user: 'U0BOB', text: 'the next one' })
    await until(() => harness.asked.length > 0)
    expect(ack.status).toBe(200)
    expect(harness.asked.map(({ question }) => question.text)).toEqual(['the next one'])
  })

  it('offers prompts when its tab is opened', async () => {
    harness = await startHarness()
    await harness.slack.openMessagesTab('U0ALICE')
    await until(() => harness.slack.prompts('U0ALICE') !== undefined)
    expect(harness.slack.prompts('U0ALICE')?.prompts.length).toBeGreaterThan(0)
  })
})

describe('the way in', () => {
  it('refuses a request that another secret signed', async () => {
    harness = await startHarness(
      {},
      { slack: { signingSecret: 'another' }, environment: { SLACK_SIGNING_SECRET: 'right' } },
    )
    const sent = await harness.slack.sendDirectMessage({ user: 'U0ALICE', text: 'hello' })
    expect(sent.ack.status).toBe(401)
    expect(harness.asked).toEqual([])
  })

  it.each([
    ['now', 0, 200],
    ['ten minutes ago', -600, 401],
  ])('takes what was signed %s with %i s, as %i', async (_when, shiftSeconds, status) => {
    harness = await startHarness()
    const body = JSON.stringify({ type: 'url_verification', challenge: 'abc' })
    const timestamp = Math.floor(Date.now() / 1000) + shiftSeconds
    const response = await harness.fastify.inject({
      method: 'POST',
      url: '/slack/events',
      headers: { 'content-type': 'application/json', ...signRequest(body, harness.slack.signingSecret, timestamp) },
      payload: body,
    })
    expect(response.statusCode).toBe(status)
  })

  it('leaves the parsing of other routes alone', async () => {
    harness = await startHarness()
    const response = await harness.fastify.inject({ method: 'POST', url: '/other', payload: { a: 1 } })
    expect(response.json()).toEqual({ parsed: { a: 1 } })
  })
})

describe('stopping', () => {
  it('waits for the question under way and takes no new one', async () => {
    const gate = Promise.withResolvers<void>()
    const done: string[] = []
    harness = await startHarness({
      answerQuestion: async () => {
        await gate.promise
        done.push('answered')
      },
    })
    await harness.slack.sendDirectMessage({ user: 'U0ALICE', text: 'before' })
    await until(() => harness.asked.length === 1)
    const stopped = harness.app.stop().then(() => done.push('stopped'))
    const late = await harness.slack.sendDirectMessage({ user: 'U0ALICE', text: 'after' })
    gate.resolve()
    await stopped
    expect(late.ack.status).toBe(503)
    expect(done).toEqual(['answered', 'stopped'])
  })
})

function channelOf(channelId: string) {
  const channel = harness.slack.workspace.channels.find(({ id }) => id === channelId)
  if (channel === undefined) throw new Error('no such channel')
  return channel
}
