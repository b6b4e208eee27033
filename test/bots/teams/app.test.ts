import { afterEach, expect, test } from 'vitest'
import { privateChatId } from '../../../sandbox/teams/connector.ts'
import { channel, groupChat, personalChat } from '../../../sandbox/teams/start.ts'
import { otherTenantId, sandboxPeople, sandboxTenantId } from '../../../sandbox/teams/people.ts'
import type { TeamsActions } from '../../../src/bots/teams/actions.ts'
import { createTeamsApp } from '../../../src/bots/teams/app.ts'
import { InvalidInputError } from '../../../src/errors.ts'
import { type TestBot, type TestBotOptions, answer, createCore, startBot } from './support.ts'

let bot: TestBot | undefined

afterEach(async () => {
  await bot?.close()
  bot = undefined
})

async function start(options: TestBotOptions = {}): Promise<TestBot> {
  bot = await startBot(options)
  return bot
}

/** Posts the placeholder and then the answer, as the conversation flow does. */
const answering: Partial<TeamsActions> = {
  async answerQuestion(_core, _question, reply, signal) {
    const replyId = await reply.post({ kind: 'working' }, signal)
    await reply.update(replyId, { kind: 'answer', answer: answer(), questionId: 'q' }, signal)
  },
}

test('answers a question by updating its placeholder, with the entities on the wire', async () => {
  const { teams, recorded } = await start({ actions: answering })
  const delivered = await teams.sendMessage('How many days of leave do I get?')
  expect(delivered).toMatchObject({ status: 200, body: undefined })

  const shown = await teams.waitForActivity(personalChat.id, (activity) => activity.revision === 2)
  expect(shown['text']).toContain('You get 25 days [1] and may carry over 5 [2].')
  expect(shown['channelData']).toEqual({ feedbackLoop: { type: 'default' } })
  expect(shown['entities']).toEqual([
    {
      type: 'https://schema.org/Message',
      '@type': 'Message',
      '@context': 'https://schema.org',
      '@id': '',
      additionalType: ['AIGeneratedContent'],
      citation: [1, 2].map((n) => ({
        '@type': 'Claim',
        position: n,
        appearance: {
          '@type': 'DigitalDocument',
          name: `Page ${n}`,
          url: `https://wiki.example.com/spaces/HR/pages/${n}`,
          abstract: `Sentence number ${n}.`,
          keywords: ['People'],
          image: { '@type': 'ImageObject', name: 'Text' },
        },
      })),
    },
  ])
  expect(teams.activities(personalChat.id)).toHaveLength(1)
  expect(teams.requests.every((request) => request.isAuthorized)).toBe(true)
  expect(recorded.questions).toEqual([
    {
      platform: 'teams',
      tenantId: sandboxTenantId,
      conversationId: personalChat.id,
      audience: 'direct',
      threadId: undefined,
      messageId: delivered.activityId,
      askerId: sandboxPeople.dana.aadObjectId,
      text: 'How many days of leave do I get?',
    },
  ])
})

test('answers in the thread of a channel, and only when mentioned', async () => {
  const { teams, recorded } = await start({ actions: answering })
  await teams.sendMessage('not for you', { chat: channel, mentions: false })
  await teams.sendMessage('How do I book leave?', { chat: channel })
  await teams.waitForActivity(channel.id, (activity) => activity.revision === 2)
  expect(recorded.questions).toMatchObject([
    { text: 'How do I book leave?', audience: 'shared', conversationId: channel.id, threadId: '1728640934763' },
  ])
})

test('acknowledges a message before it is answered', async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { teams, recorded } = await start({
    actions: {
      async answerQuestion(_core, _question, reply, signal) {
        await released
        await reply.post({ kind: 'notice', text: 'late' }, signal)
      },
    },
  })
  expect((await teams.sendMessage('a question')).status).toBe(200)
  expect(recorded.questions).toHaveLength(1)
  expect(teams.activities(personalChat.id)).toEqual([])
  release()
  await teams.waitForActivity(personalChat.id, (activity) => activity['text'] === 'late')
})

test.each([
  ['no token', { authorization: undefined }],
  ['garbage', { authorization: 'Bearer abc' }],
  ['a wrong signature', { token: { isForged: true } }],
  ['an unknown key', { token: { keyId: 'unknown' } }],
  ['another audience', { token: { audience: '77777777-7777-4777-8777-777777777777' } }],
  ['another issuer', { token: { issuer: 'https://evil.example' } }],
  ['the issuer of ordinary Entra tokens', { token: { issuer: `https://sts.windows.net/${sandboxTenantId}/` } }],
  ['an expired token', { token: { isExpired: true } }],
  ['a token for another service url', { token: { serviceUrl: 'https://smba.trafficmanager.net/emea/' } }],
])('refuses %s with 401 and says nothing else', async (_what, sending) => {
  const { teams, recorded } = await start()
  const { body: _body, ...activity } = { ...(await recordActivity(teams)), body: undefined }
  recorded.questions.length = 0
  const delivered = await teams.sendActivity(activity, sending)
  expect(delivered).toMatchObject({ status: 401, body: undefined })
  expect(recorded.questions).toEqual([])
})

async function recordActivity(teams: TestBot['teams']): Promise<Record<string, unknown>> {
  return {
    type: 'message',
    id: 'm-1',
    text: 'hello?',
    channelId: 'msteams',
    serviceUrl: teams.url,
    from: { id: '29:dana', aadObjectId: sandboxPeople.dana.aadObjectId },
    recipient: { id: '28:bot' },
    conversation: { id: personalChat.id, conversationType: 'personal', tenantId: sandboxTenantId },
    channelData: { tenant: { id: sandboxTenantId } },
  }
}

test('lets the same activity pass with a right token', async () => {
  const { teams, recorded } = await start()
  expect(await teams.sendActivity(await recordActivity(teams))).toMatchObject({ status: 200 })
  expect(recorded.questions).toHaveLength(1)
})

test.each([
  ['another tenant', { tenantId: otherTenantId }],
  ['another tenant in the channel data only', { overrides: { channelData: { tenant: { id: otherTenantId } } } }],
  ['no tenant in the channel data', { overrides: { channelData: {} } }],
  [
    'another tenant in the conversation only',
    { overrides: { conversation: { id: personalChat.id, conversationType: 'personal', tenantId: otherTenantId } } },
  ],
  ['another channel than Teams', { overrides: { channelId: 'webchat' } }],
])('turns away a validly signed message from %s and sends nothing', async (_what, sending) => {
  const { teams, recorded } = await start()
  const { status } = await teams.sendMessage('hello?', sending)
  expect([401, 403]).toContain(status)
  expect(recorded.questions).toEqual([])
  expect(teams.requests).toEqual([])
})

test('serves the listed tenants instead of its own when there is a list', async () => {
  const { teams, recorded } = await start({ env: { TEAMS_ALLOWED_TENANTS: otherTenantId } })
  expect((await teams.sendMessage('ours')).status).toBe(403)
  expect((await teams.sendMessage('theirs', { tenantId: otherTenantId })).status).toBe(200)
  expect(recorded.questions.map((question) => question.text)).toEqual(['theirs'])
})

test('sends nothing to a service url outside the allow-list, however well signed', async () => {
  const { teams, recorded } = await start({ env: { FOOTNOTE_ALLOW_LOOPBACK: '0' } })
  expect((await teams.sendMessage('hello?')).status).toBe(403)
  expect(recorded.questions).toEqual([])
  expect(teams.requests).toEqual([])
})

test('runs a command as the person whom the roster confirms', async () => {
  const { teams, recorded } = await start()
  await teams.sendMessage('/confluence status handbook')
  await teams.waitForActivity(personalChat.id, (activity) => activity['text'] === 'ran status')
  expect(recorded.commands).toEqual([
    {
      command: { name: 'status', connection: 'handbook' },
      asker: {
        platform: 'teams',
        tenantId: sandboxTenantId,
        userId: sandboxPeople.dana.aadObjectId,
        displayName: 'Dana Admin',
        email: 'dana@contoso.example',
        kind: 'member',
        isWorkspaceAdmin: false,
      },
    },
  ])
})

test('shows the result of a command to nobody but the person, wherever it was written', async () => {
  const { teams } = await start()
  await teams.sendMessage('/confluence status', { chat: groupChat })
  const said = await teams.waitForActivity(groupChat.id, () => true)
  expect(said['text']).toBe('I answered you in our private chat.')
  expect(teams.activities(privateChatId('29:dana')).map((activity) => activity['text'])).toEqual(['ran status'])
})

test('asks for a private chat when Teams does not let the bot open one', async () => {
  const { teams } = await start()
  teams.fail({ method: 'POST', status: 403, code: 'BotNotInConversationRoster' })
  await teams.sendMessage('/confluence status', { chat: channel })
  const said = await teams.waitForActivity(channel.id, () => true)
  expect(said['text']).toBe('The result is for you alone: write this to me in a private chat.')
})

test('shows help where it was asked for', async () => {
  const commands = [{ usage: 'status', description: 'show', adminOnly: false }]
  const { teams } = await start({ actions: { runCommand: async () => ({ kind: 'help', commands }) } })
  await teams.sendMessage('', { chat: channel })
  const shown = await teams.waitForActivity(channel.id, () => true)
  expect(shown['attachments']).toMatchObject([{ content: { type: 'AdaptiveCard' } }])
})

test('runs a command once when it is delivered twice', async () => {
  const { teams, recorded } = await start()
  await teams.sendMessage('/confluence status', { id: 'same' })
  await teams.sendMessage('/confluence status', { id: 'same' })
  await teams.sendMessage('/confluence status', { id: 'next' })
  await teams.waitForActivity(personalChat.id, () => teams.activities(personalChat.id).length === 2)
  expect(recorded.commands).toHaveLength(2)
})

test('puts a question asked as a command into the conversation flow', async () => {
  const { teams, recorded } = await start({ actions: answering })
  await teams.sendMessage('/confluence ask How do I book leave?')
  await teams.waitForActivity(personalChat.id, (activity) => activity.revision === 2)
  expect(recorded.questions).toMatchObject([{ text: 'How do I book leave?' }])
  expect(recorded.commands).toEqual([])
})

test('tells the person what was wrong with a command, and only a reference for a bug', async () => {
  const { teams } = await start({
    actions: {
      parseCommand: () => {
        throw new InvalidInputError('command_unknown', 'Write /confluence help.')
      },
      answerQuestion: () => Promise.reject(new Error('secret detail')),
    },
  })
  await teams.sendMessage('/confluence nonsense')
  await teams.waitForActivity(personalChat.id, (activity) => activity['text'] === 'Write /confluence help.')
  await teams.sendMessage('a question')
  const shown = await teams.waitForActivity(personalChat.id, (activity) =>
    /reference [0-9a-f]{8}/.test(String(activity['text'])),
  )
  expect(shown['text']).not.toContain('secret')
})

test('refuses a command from somebody whom the roster does not know', async () => {
  const stranger = { id: '29:stranger', name: 'Nobody', aadObjectId: '88888888-8888-4888-8888-888888888888' }
  const { teams, recorded } = await start()
  await teams.sendMessage('/confluence status', { from: stranger })
  await teams.waitForActivity(personalChat.id, (activity) => String(activity['text']).includes('did not confirm'))
  expect(recorded.commands).toEqual([])
})

test('waits as long as a throttling connector says and sends once', async () => {
  const { teams } = await start({ actions: answering })
  teams.fail({ method: 'POST', status: 429, retryAfterSeconds: 0, times: 2 })
  await teams.sendMessage('a question')
  await teams.waitForActivity(personalChat.id, (activity) => activity.revision === 2)
  expect(teams.activities(personalChat.id)).toHaveLength(1)
})

test('does not repeat a post whose outcome is unknown, but repeats an update', async () => {
  const { teams } = await start({ actions: answering })
  teams.fail({ method: 'POST', status: 502 })
  teams.fail({ method: 'PUT', status: 502 })
  await teams.sendMessage('a question')
  await teams.waitForActivity(personalChat.id, (activity) => String(activity['text']).includes('502'))
  expect(teams.requests.filter((request) => request.method === 'POST')).toHaveLength(2)
  await teams.sendMessage('again')
  await teams.waitForActivity(personalChat.id, (activity) => activity.revision === 2)
})

test('records a rating and answers it with an empty object', async () => {
  const { teams, recorded } = await start()
  const value = { actionName: 'feedback', actionValue: { reaction: 'like', feedback: '{"feedbackText":"Thank you"}' } }
  const delivered = await teams.sendInvoke('message/submitAction', value, { overrides: { replyToId: '17000' } })
  expect(delivered).toMatchObject({ status: 200, body: {} })
  expect(recorded.feedback).toEqual([
    {
      tenantId: sandboxTenantId,
      conversationId: personalChat.id,
      replyId: '17000',
      askerId: sandboxPeople.dana.aadObjectId,
      reaction: 'like',
      text: 'Thank you',
    },
  ])
})

test('refreshes the status card for the person who asks', async () => {
  const { teams, recorded } = await start({
    actions: { runCommand: async () => ({ kind: 'status', connections: [] }) },
  })
  const action = { type: 'Action.Execute', verb: 'confluence.status', data: {} }
  const delivered = await teams.sendInvoke(
    'adaptiveCard/action',
    { action, trigger: 'manual' },
    { from: sandboxPeople.kim },
  )
  expect(delivered.body).toMatchObject({
    statusCode: 200,
    type: 'application/vnd.microsoft.card.adaptive',
    value: { type: 'AdaptiveCard', version: '1.5' },
  })
  expect(recorded.commands[0]?.asker.email).toBe('kim@contoso.example')
})

test('answers an invoke that it does not know with 501', async () => {
  const { teams } = await start()
  expect(await teams.sendInvoke('composeExtension/query', {})).toMatchObject({ status: 501 })
})

test.each(['[]', '"text"', '{}', '{"type":5}'])('answers the malformed body %s with 400', async (body) => {
  const { url } = await start()
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/api/messages`, { method: 'POST', headers, body })
  expect(response.status).toBe(400)
})

test('waits for an answer under way when it stops, and takes no more', async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { teams, app } = await start({
    actions: {
      async answerQuestion(_core, _question, reply, signal) {
        await released
        await reply.post({ kind: 'notice', text: 'finished' }, signal)
      },
    },
  })
  await teams.sendMessage('a question')
  const stopped = app.stop()
  expect((await teams.sendMessage('too late')).status).toBe(503)
  release()
  await stopped
  expect(teams.activities(personalChat.id).map((activity) => activity['text'])).toEqual(['finished'])
})

test('serves the development mode without any token', async () => {
  const { teams } = await start({ sandbox: { isSigned: false }, actions: answering })
  await teams.sendMessage('a question', { tenantId: 'any-tenant' })
  await teams.waitForActivity(personalChat.id, (activity) => activity.revision === 2)
})

test('is not there when Teams is not configured', async () => {
  expect(await createTeamsApp(createCore({}))).toBeUndefined()
})

test.each([
  ['development mode on all addresses', { FOOTNOTE_TEAMS_DEV: '1', HOST: '0.0.0.0' }, 'MICROSOFT_APP_ID'],
  ['no tenant', { MICROSOFT_APP_ID: 'a', MICROSOFT_APP_PASSWORD: 'b' }, 'TEAMS_ALLOWED_TENANTS'],
  ['no password', { MICROSOFT_APP_ID: 'a', MICROSOFT_APP_TENANT_ID: 'c' }, 'MICROSOFT_APP_PASSWORD'],
  [
    'no tenant for its token',
    { MICROSOFT_APP_ID: 'a', MICROSOFT_APP_PASSWORD: 'b', TEAMS_ALLOWED_TENANTS: 'c' },
    'MICROSOFT_APP_TENANT_ID',
  ],
])('refuses to start with %s', async (_what, env, field) => {
  await expect(createTeamsApp(createCore(env as Record<string, string>))).rejects.toMatchObject({
    name: 'InvalidInputError',
    field,
  })
})
