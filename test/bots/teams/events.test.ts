import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseActivity } from '../../../src/bots/teams/events.ts'

const botMention = { type: 'mention', text: '<at>Footnote</at>', mentioned: { id: '28:bot', name: 'Footnote' } }

function message(text: string, overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'message',
    id: 'm-1',
    text,
    channelId: 'msteams',
    serviceUrl: 'https://smba.trafficmanager.net/emea/',
    from: { id: '29:dana', name: 'Dana', aadObjectId: 'object-1' },
    recipient: { id: '28:bot', name: 'Footnote' },
    conversation: { id: 'a:1', conversationType: 'personal', tenantId: 'tenant-1' },
    channelData: { tenant: { id: 'tenant-1' } },
    ...overrides,
  }
}

const inChannel = {
  conversation: { id: '19:c@thread.tacv2;messageid=170', conversationType: 'channel', tenantId: 'tenant-1' },
  channelData: { tenant: { id: 'tenant-1' }, team: { id: '19:team' } },
}

describe('commands and questions', () => {
  test.each([
    ['/confluence status', 'status'],
    ['/Confluence  status handbook', 'status handbook'],
    ['confluence status', 'status'],
    ['Confluence\u00a0sync\u00a0HR', 'sync HR'],
    ['/confluence&nbsp;status', 'status'],
    ['/confluence', 'help'],
    ['confluence', 'help'],
    ['help', 'help'],
    ['/help', 'help'],
    ['', 'help'],
    ['/confluence how do I book leave?', 'how do I book leave?'],
  ])('takes %j as the command %j', (text, command) => {
    expect(parseActivity(message(text))).toMatchObject({ kind: 'command', text: command })
  })

  test.each([
    ['How many days of leave?', 'How many days of leave?'],
    ['Confluence is slow today, why?', 'Confluence is slow today, why?'],
    ['Tom &amp; Jerry&#39;s &lt;plan&gt;&nbsp;?', "Tom & Jerry's <plan> ?"],
    ['helpful links?', 'helpful links?'],
    ['what is &unknown; and &#0;?', 'what is &unknown; and &#0;?'],
  ])('takes %j as the question %j', (text, question) => {
    expect(parseActivity(message(text))).toMatchObject({ kind: 'question', question: { text: question } })
  })
})

describe('where it was said', () => {
  test('a private chat is read by the person alone', () => {
    expect(parseActivity(message('leave?'))).toMatchObject({
      question: {
        audience: 'direct',
        threadId: undefined,
        messageId: 'm-1',
        askerId: 'object-1',
        tenantId: 'tenant-1',
      },
    })
  })

  test.each(['channel', 'groupChat', 'somethingNew', undefined])('a chat of kind %s is read by others', (kind) => {
    const conversation = { id: '19:x', tenantId: 'tenant-1', ...(kind === undefined ? {} : { conversationType: kind }) }
    const event = parseActivity(message('<at>Footnote</at> leave?', { conversation, entities: [botMention] }))
    expect(event).toMatchObject({ kind: 'question', question: { audience: 'shared', text: 'leave?' } })
  })

  test('a channel keeps its thread', () => {
    expect(parseActivity(message('<at>Footnote</at> leave?', { ...inChannel, entities: [botMention] }))).toMatchObject({
      place: { teamId: '19:team' },
      question: { conversationId: '19:c@thread.tacv2;messageid=170', threadId: '170' },
    })
  })

  test('what does not mention the bot is ignored, also when it mentions somebody of its name', () => {
    const other = { ...botMention, mentioned: { id: '29:kim', name: 'Footnote' } }
    expect(parseActivity(message('leave?', inChannel))).toMatchObject({ kind: 'ignored' })
    expect(parseActivity(message('<at>Footnote</at> leave?', { ...inChannel, entities: [other] }))).toMatchObject({
      kind: 'ignored',
    })
  })

  test('other people keep their names in the text', () => {
    const kim = { type: 'mention', text: '<at>Kim</at>', mentioned: { id: '29:kim', name: 'Kim' } }
    const text = '<at>Footnote</at>&nbsp;who replaces <at>Kim</at>?'
    expect(parseActivity(message(text, { ...inChannel, entities: [botMention, kim] }))).toMatchObject({
      question: { text: 'who replaces Kim?' },
    })
  })
})

test.each([
  ['a private message in a channel', message('confluence status', { recipient: { id: '28:bot', isTargeted: true } })],
  ['another bot', message('hello', { from: { id: '28:other' } })],
  ['a message without id', message('hello', { id: undefined })],
  ['a message without sender', message('hello', { from: undefined })],
  ['a change of members', message('', { type: 'conversationUpdate' })],
  ['something else', 'text'],
])('ignores %s', (_what, activity) => {
  expect(parseActivity(activity)).toMatchObject({ kind: 'ignored' })
})

function rate(feedback: string): unknown {
  const value = { actionName: 'feedback', actionValue: { reaction: 'dislike', feedback } }
  const event = parseActivity(message('', { type: 'invoke', name: 'message/submitAction', value }))
  return event.kind === 'feedback' ? event.feedback.text : event
}

test('reads the text of a rating in both forms in which clients send it', () => {
  expect(rate('{"feedbackText":"Wrong page"}')).toBe('Wrong page')
  expect(rate('Wrong page')).toBe('Wrong page')
  expect(rate('{"feedbackText":""}')).toBeUndefined()
  expect(rate('')).toBeUndefined()
})

const folder = new URL('../../../../shared/data/teams/activities/', import.meta.url)

describe.skipIf(!existsSync(folder))(
  'activities recorded from the Agents Playground and after the documentation',
  () => {
    const expected: Record<string, object> = {
      'message.personal.json': { kind: 'question', question: { audience: 'direct' } },
      'message.personal.command.json': { kind: 'command', text: 'status' },
      'message.groupChat.mention.json': { kind: 'question', question: { audience: 'shared', threadId: undefined } },
      'message.channel.mention.json': { kind: 'command', text: 'status', question: { audience: 'shared' } },
      'message.channel.targeted-slash-command.json': { kind: 'ignored', reason: 'targeted message' },
      'invoke.task_fetch.json': { kind: 'dialogOpened' },
      'invoke.task_submit.json': { kind: 'dialogSubmitted', values: { kind: 'connect' } },
      'invoke.adaptiveCard_action.json': { kind: 'cardAction', verb: 'confluence.sync' },
      'invoke.message_submitAction.feedback.json': { kind: 'feedback', feedback: { reaction: 'like' } },
      'invoke.message_submitAction.personal.json': { kind: 'feedback', feedback: { reaction: 'like' } },
      'invoke.message_fetchTask.feedback.json': { kind: 'unknownInvoke' },
      'conversationUpdate.personal.json': { kind: 'ignored', reason: 'conversationUpdate' },
      'installationUpdate.personal.add.json': { kind: 'ignored', reason: 'installationUpdate' },
    }

    test('are understood', () => {
      let seen = 0
      for (const part of ['from-docs/', 'recorded-from-playground/']) {
        const names = existsSync(new URL(part, folder)) ? readdirSync(new URL(part, folder)) : []
        for (const name of names.filter((file) => expected[file] !== undefined)) {
          const activity = JSON.parse(readFileSync(new URL(`${part}${name}`, folder), 'utf8'))
          expect(parseActivity(activity), name).toMatchObject(expected[name] ?? {})
          seen++
        }
      }
      expect(seen).toBe(Object.keys(expected).length)
    })
  },
)
