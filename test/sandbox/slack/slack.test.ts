import { afterEach, describe, expect, it } from 'vitest'
import { startApp } from './app-double.ts'
import { type Slack, type SlackOptions, startSlack } from '../../../sandbox/slack/slack.ts'

let slack: Slack
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function start(options: SlackOptions = {}): Promise<Slack> {
  slack = await startSlack(options)
  closing.push(() => slack.close())
  return slack
}

async function call(method: string, args: Record<string, unknown> = {}, token = slack.botToken) {
  const form = Object.entries(args).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  const response = await fetch(`${slack.apiUrl}/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: `Bearer ${token}` },
    body: new URLSearchParams(form).toString(),
  })
  return (await response.json()) as Record<string, unknown> & { ok: boolean; error?: string; ts?: string }
}

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } })
const modal = { type: 'modal', title: { type: 'plain_text', text: 'T' }, blocks: [section('x')] }

describe('a call', () => {
  it.each([
    ['a wrong token', 'auth.test', {}, 'xoxb-wrong', 'invalid_auth'],
    ['an unknown method', 'chat.whisper', {}, undefined, 'unknown_method'],
    [
      'an unknown argument',
      'chat.postMessage',
      { channel: 'C0GENERAL', text: 'x', colour: 'red' },
      undefined,
      'invalid_arguments',
    ],
    ['a missing argument', 'chat.postMessage', { text: 'x' }, undefined, 'invalid_arguments'],
    ['no text', 'chat.postMessage', { channel: 'C0GENERAL' }, undefined, 'no_text'],
    ['no such channel', 'chat.postMessage', { channel: 'C0NOWHERE', text: 'x' }, undefined, 'channel_not_found'],
    ['no invitation', 'chat.postMessage', { channel: 'C0OUTSIDE', text: 'x' }, undefined, 'not_in_channel'],
    ['an archived channel', 'chat.postMessage', { channel: 'C0OLD', text: 'x' }, undefined, 'is_archived'],
    ['a bot as the reader', 'chat.postMessage', { channel: 'U0ROBOT', text: 'x' }, undefined, 'cannot_dm_bot'],
    [
      'no such thread',
      'chat.postMessage',
      { channel: 'C0GENERAL', text: 'x', thread_ts: '1.000001' },
      undefined,
      'thread_not_found',
    ],
    [
      'wrong metadata',
      'chat.postMessage',
      { channel: 'C0GENERAL', text: 'x', metadata: { a: 1 } },
      undefined,
      'invalid_metadata_format',
    ],
    [
      'nothing to update',
      'chat.update',
      { channel: 'C0GENERAL', ts: '1.000001', text: 'x' },
      undefined,
      'message_not_found',
    ],
    ['an unknown person', 'users.info', { user: 'U0NOBODY' }, undefined, 'user_not_found'],
  ])('with %s is refused', async (_what, method, args, token, error) => {
    await start()
    expect(await call(method, args, token ?? slack.botToken)).toMatchObject({ ok: false, error })
  })

  it('needs its scope', async () => {
    await start({ scopes: ['chat:write', 'users:read'] })
    expect(await call('conversations.info', { channel: 'C0GENERAL' })).toMatchObject({ error: 'missing_scope' })
    const { user } = (await call('users.info', { user: 'U0ALICE' })) as unknown as { user: { profile: object } }
    expect(user.profile).not.toHaveProperty('email')
    slack.grant('users:read.email')
    const { user: withEmail } = (await call('users.info', { user: 'U0ALICE' })) as unknown as {
      user: { profile: object }
    }
    expect(withEmail.profile).toHaveProperty('email')
  })

  it('goes wrong as asked for, that often', async () => {
    await start()
    slack.fail('auth.test', { kind: 'error', error: 'internal_error' }, { kind: 'drop', when: 'before' })
    expect(await call('auth.test')).toMatchObject({ error: 'internal_error' })
    await expect(call('auth.test')).rejects.toThrow('fetch failed')
    expect(await call('auth.test')).toMatchObject({ ok: true, team_id: 'T0ACME' })
    slack.fail('chat.postMessage', { kind: 'drop', when: 'after' })
    await expect(call('chat.postMessage', { channel: 'C0GENERAL', text: 'x' })).rejects.toThrow('fetch failed')
    expect(slack.messages('C0GENERAL')).toHaveLength(1)
  })
})

describe('blocks', () => {
  it.each([
    ['51 blocks', Array.from({ length: 51 }, () => ({ type: 'divider' }))],
    ['a section of 3,001 characters', [section('x'.repeat(3001))]],
    ['an empty text', [section('')]],
    ['an unknown block', [{ type: 'carousel' }]],
    ['an unknown field', [{ ...section('x'), colour: 'red' }]],
    [
      'a repeated block_id',
      [
        { ...section('x'), block_id: 'a' },
        { ...section('y'), block_id: 'a' },
      ],
    ],
    ['two tables', [1, 2].map(() => ({ type: 'table', rows: [[{ type: 'raw_text', text: 'x' }]] }))],
    [
      'markdown of 12,001 characters in two blocks',
      [6000, 6001].map((size) => ({ type: 'markdown', text: 'x'.repeat(size) })),
    ],
    [
      '11 context elements',
      [{ type: 'context', elements: Array.from({ length: 11 }, () => ({ type: 'mrkdwn', text: 'x' })) }],
    ],
    [
      'an address with a bar',
      [
        {
          type: 'rich_text',
          elements: [{ type: 'rich_text_section', elements: [{ type: 'link', url: 'https://a.example/a|b' }] }],
        },
      ],
    ],
    [
      'a link without http',
      [
        {
          type: 'rich_text',
          elements: [{ type: 'rich_text_section', elements: [{ type: 'link', url: 'javascript:x' }] }],
        },
      ],
    ],
    [
      'an option of 76 characters',
      [
        {
          type: 'actions',
          elements: [
            { type: 'static_select', options: [{ text: { type: 'plain_text', text: 'x'.repeat(76) }, value: 'v' }] },
          ],
        },
      ],
    ],
  ])('with %s are refused', async (_what, blocks) => {
    await start()
    const answer = await call('chat.postMessage', { channel: 'C0GENERAL', text: 'x', blocks })
    expect(answer).toMatchObject({ ok: false, error: 'invalid_blocks' })
    expect(answer['response_metadata']).toMatchObject({ messages: [expect.stringContaining('blocks')] })
    expect(slack.messages('C0GENERAL')).toEqual([])
  })

  it('that come to more than Slack shows in one message are refused', async () => {
    await start()
    const blocks = Array.from({ length: 5 }, () => section('x'.repeat(2900)))
    expect(await call('chat.postMessage', { channel: 'C0GENERAL', text: 'x', blocks })).toMatchObject({
      error: 'msg_blocks_too_long',
    })
  })

  it('are remembered as a person sees them, with every mention that would ring', async () => {
    await start()
    const blocks = [section('see <https://a.example|the page> <!channel>'), { type: 'divider' }]
    await call('chat.postMessage', { channel: 'C0GENERAL', text: 'fallback <@U0BOB>', blocks })
    expect(slack.messages('C0GENERAL')[0]).toMatchObject({
      links: [{ url: 'https://a.example', text: 'the page' }],
      mentions: ['<@U0BOB>', '<!channel>'],
    })
  })
})

describe('a thread', () => {
  it('gives its messages in pages, and metadata only when asked', async () => {
    await start()
    const root = await call('chat.postMessage', { channel: 'C0GENERAL', text: 'root' })
    const metadata = { event_type: 'kind', event_payload: { a: 1 } }
    for (const text of ['one', 'two'])
      await call('chat.postMessage', { channel: 'C0GENERAL', text, thread_ts: root.ts, metadata })
    const first = await call('conversations.replies', { channel: 'C0GENERAL', ts: root.ts, limit: 2 })
    expect(first).toMatchObject({ has_more: true, messages: [{ text: 'root' }, { text: 'one' }] })
    expect(JSON.stringify(first)).not.toContain('event_payload')
    const { next_cursor: cursor } = first['response_metadata'] as { next_cursor: string }
    const second = await call('conversations.replies', {
      channel: 'C0GENERAL',
      ts: root.ts,
      cursor,
      include_all_metadata: true,
    })
    expect(second).toMatchObject({ has_more: false, messages: [{ text: 'two', metadata }] })
    expect(await call('conversations.history', { channel: 'C0GENERAL' })).toMatchObject({
      messages: [{ text: 'root' }],
    })
  })

  it('lets the app change its own messages only', async () => {
    await start()
    const { url, close } = await startApp(() => ({}))
    closing.push(close)
    slack.connect(url)
    const theirs = await slack.sendMention({ user: 'U0BOB', channel: 'C0GENERAL', text: 'x' })
    expect(await call('chat.update', { channel: 'C0GENERAL', ts: theirs.ts, text: 'y' })).toMatchObject({
      error: 'cant_update_message',
    })
    const own = await call('chat.postMessage', { channel: 'C0GENERAL', text: 'x' })
    expect(await call('chat.update', { channel: 'C0GENERAL', ts: own.ts, text: 'y'.repeat(4001) })).toMatchObject({
      error: 'msg_too_long',
    })
    expect(await call('chat.update', { channel: 'C0GENERAL', ts: own.ts, text: 'y' })).toMatchObject({ ok: true })
    expect(slack.messages('C0GENERAL')[1]).toMatchObject({ text: 'y', edits: 1 })
  })
})

describe('a trigger', () => {
  it('opens one view', async () => {
    const { triggerId } = await newTrigger()
    expect(await call('views.open', { trigger_id: triggerId, view: modal })).toMatchObject({ ok: true })
    expect(await call('views.open', { trigger_id: triggerId, view: modal })).toMatchObject({
      error: 'exchanged_trigger_id',
    })
    expect(await call('views.open', { trigger_id: '1.2.3', view: modal })).toMatchObject({
      error: 'invalid_trigger_id',
    })
  })

  it('lives three seconds', async () => {
    let now = 1_800_000_000_000
    const { triggerId } = await newTrigger(() => now)
    now += 3001
    expect(await call('views.open', { trigger_id: triggerId, view: modal })).toMatchObject({
      error: 'expired_trigger_id',
    })
  })

  it('opens no view that breaks the rules', async () => {
    const { triggerId } = await newTrigger()
    const input = {
      type: 'input',
      label: { type: 'plain_text', text: 'L' },
      element: { type: 'plain_text_input', action_id: 'a' },
    }
    for (const view of [
      { ...modal, title: { type: 'plain_text', text: 'x'.repeat(25) } },
      { ...modal, private_metadata: 'x'.repeat(3001) },
      { ...modal, blocks: [input] },
      { ...modal, blocks: [{ type: 'markdown', text: 'x' }] },
    ]) {
      expect(await call('views.open', { trigger_id: triggerId, view })).toMatchObject({ error: 'invalid_arguments' })
    }
  })

  it('comes with a response address for five answers in half an hour', async () => {
    let now = 1_800_000_000_000
    const { command } = await newTrigger(() => now)
    const post = async () =>
      (await fetch(command.responseUrl, { method: 'POST', body: JSON.stringify({ text: 'x' }) })).status
    for (let n = 0; n < 5; n++) expect(await post()).toBe(200)
    expect(await post()).toBe(404)
    expect(command.responses()).toHaveLength(5)
    const late = await slack.sendCommand({ user: 'U0ADMIN', text: 'again' })
    now += 30 * 60_000 + 1
    expect((await fetch(late.responseUrl, { method: 'POST', body: JSON.stringify({ text: 'x' }) })).status).toBe(404)
  })
})

describe('a view', () => {
  it('is updated, refused with an old hash, and gone when closed', async () => {
    await start()
    const { url, received, close } = await startApp(() => ({}))
    closing.push(close)
    slack.connect(url)
    await slack.sendCommand({ user: 'U0ADMIN', text: 'x' })
    const triggerId = new URLSearchParams(received[0]?.body).get('trigger_id') ?? ''
    const opened = (await call('views.open', { trigger_id: triggerId, view: modal })) as unknown as {
      view: { id: string; hash: string }
    }
    const { id, hash } = opened.view
    expect(await call('views.update', { view_id: id, view: modal, hash })).toMatchObject({ ok: true })
    expect(await call('views.update', { view_id: id, view: modal, hash })).toMatchObject({ error: 'hash_conflict' })
    slack.closeView(id)
    expect(await call('views.update', { view_id: id, view: modal })).toMatchObject({ error: 'not_found' })
  })
})

describe('a delivery', () => {
  it('is signed as Slack signs', async () => {
    const { signRequest } = await import('../../../sandbox/slack/delivery.ts')
    // Computed once with openssl: printf 'v0:1700000000:a=1' | openssl dgst -sha256 -hmac secret
    expect(signRequest('a=1', 'secret', 1_700_000_000)['x-slack-signature']).toBe(
      'v0=05eea7473e5156c8cfc819afa757db5fd5eaf52b70aa1b11c5b79b29b3c7bd65',
    )
  })

  it('says how long the acknowledgement took, and carries the same event id again', async () => {
    await start()
    const { url, received, close } = await startApp(() => ({ status: 200, body: '' }))
    closing.push(close)
    slack.connect(url)
    const sent = await slack.sendMention({ user: 'U0ALICE', channel: 'C0GENERAL', text: 'hi' })
    await slack.redeliver(sent, { number: 1, reason: 'http_error' })
    expect(sent.ack).toMatchObject({ transport: 'http', status: 200 })
    expect(sent.ack.ackMs).toBeLessThan(3000)
    const [first, second] = received.map(({ body }) => JSON.parse(body) as { event_id: string })
    expect(first?.event_id).toMatch(/^Ev\d+$/)
    expect(second).toEqual(first)
    expect(received[1]?.headers).toMatchObject({ 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_error' })
    expect(received[0]?.headers['content-type']).toBe('application/json')
  })

  it('has no status when the app is not there', async () => {
    await start({ appUrl: 'http://127.0.0.1:1/slack/events' })
    const sent = await slack.sendDirectMessage({ user: 'U0ALICE', text: 'hi' })
    expect(sent.ack.status).toBeUndefined()
  })

  it('of a click is an interaction with the action', async () => {
    await start()
    const { url, received, close } = await startApp(() => ({}))
    closing.push(close)
    slack.connect(url)
    await slack.clickAction({
      user: 'U0BOB',
      channel: 'C0GENERAL',
      ts: '1.000001',
      action: { type: 'button', action_id: 'ok', value: 'v' },
    })
    const payload = JSON.parse(new URLSearchParams(received[0]?.body).get('payload') ?? '') as object
    expect(payload).toMatchObject({
      type: 'block_actions',
      user: { id: 'U0BOB' },
      actions: [{ action_id: 'ok', value: 'v' }],
    })
  })
})

describe('suggested prompts', () => {
  const prompts = [{ title: 'a', message: 'b' }]

  it('are shown in a direct conversation, but not when they name a thread', async () => {
    await start()
    const { channel } = await call('chat.postMessage', { channel: 'U0BOB', text: 'x' })
    const set = (args: object) =>
      call('assistant.threads.setSuggestedPrompts', { channel_id: channel, prompts, ...args })
    expect(await set({ thread_ts: '1.000001' })).toMatchObject({ ok: true })
    expect(slack.prompts('U0BOB')).toBeUndefined()
    expect(await set({ prompts: Array.from({ length: 5 }, () => prompts[0]) })).toMatchObject({
      error: 'invalid_arguments',
    })
    expect(await set({})).toMatchObject({ ok: true })
    expect(slack.prompts('U0BOB')?.prompts).toEqual(prompts)
  })
})

async function newTrigger(now?: () => number) {
  await start(now === undefined ? {} : { now })
  const { url, received, close } = await startApp(() => ({}))
  closing.push(close)
  slack.connect(url)
  const command = await slack.sendCommand({ user: 'U0ADMIN', text: 'connect' })
  const triggerId = new URLSearchParams(received[0]?.body).get('trigger_id') ?? ''
  return { command, triggerId }
}
