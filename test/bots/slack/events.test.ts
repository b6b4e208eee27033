import { describe, expect, it } from 'vitest'
import {
  parseForm,
  parseConsent,
  parseMessagesTabOpened,
  parseQuestion,
  toPlainText,
} from '../../../src/bots/slack/events.ts'
import { readConnectForm } from '../../../src/bots/commands/form.ts'
import { readSlackData } from './slack-data.ts'

const installation = { teamId: 'T0ACME', enterpriseId: undefined, botId: 'B0FOOTNOTE', botUserId: 'U0FOOTNOTE' }
const mention = {
  type: 'event_callback',
  team_id: 'T0ACME',
  event: { type: 'app_mention', channel: 'C1', user: 'U1', text: '<@U0FOOTNOTE> hi', ts: '1.000001' },
}

describe('text as a person reads it', () => {
  it.each([
    ['<@U0FOOTNOTE> where is it?', 'where is it?'],
    ['where is <@U0FOOTNOTE|footnote> it?', 'where is it?'],
    ['ask <@U2|bob> in <#C1|general>', 'ask @bob in #general'],
    ['ask <@U2> now', 'ask now'],
    ['<!here> and <!subteam^S1|@all>', '@here and @all'],
    ['at <!date^1^{date}|noon>', 'at noon'],
    ['a &lt;b&gt; &amp; c', 'a <b> & c'],
    ['&amp;lt;', '&lt;'],
    ['see <https://a.example/x|the page>', 'see the page'],
    ['see <https://a.example/x>', 'see https://a.example/x'],
    ['line one\nline  two', 'line one\nline two'],
    ['<@U0FOOTNOTE>', ''],
  ])('%j is %j', (given, expected) => expect(toPlainText(given, 'U0FOOTNOTE')).toBe(expected))

  it('keeps a link as its address for commands', () => {
    expect(toPlainText('why <https://a.example/x|a.example/x>', 'U', 'address')).toBe('why https://a.example/x')
  })
})

describe('a question', () => {
  it('is not taken from an event of another installation', () => {
    expect(parseQuestion(mention, installation)).toBeDefined()
    expect(parseQuestion({ ...mention, authorizations: [{ team_id: 'T0OTHER' }] }, installation)).toBeUndefined()
    expect(parseQuestion({ ...mention, team_id: 'T0OTHER' }, installation)).toBeUndefined()
  })

  it('may come with a file, but not from an app', () => {
    expect(withTraits({ subtype: 'file_share' })).toBeDefined()
    expect(withTraits({ subtype: 'bot_message' })).toBeUndefined()
    expect(withTraits({ bot_id: 'B1' })).toBeUndefined()
    expect(withTraits({ bot_profile: { id: 'B1' } })).toBeUndefined()
    expect(withTraits({ bot_id: null })).toBeDefined()
    expect(withTraits({ user: 'U0FOOTNOTE' })).toBeUndefined()
  })

  it.each([undefined, null, 'x', {}, { event: {} }])('is not made of %j', (body) => {
    expect(parseQuestion(body, installation)).toBeUndefined()
  })
})

describe('a form', () => {
  it('without a known choice falls back to the strictest access', () => {
    const body = {
      user: { id: 'U1' },
      view: {
        id: 'V1',
        private_metadata: '{"kind":"connect"}',
        state: { values: { access: { value: { selected_option: { value: 'everyone' } } } } },
      },
    }
    expect(readConnectForm(parseForm(body)?.text ?? {})).toMatchObject({
      access: 'mirrored',
      credentialKind: 'token',
      name: '',
      secret: '',
    })
  })

  it('is no consent when its metadata names no draft', () => {
    const view = { id: 'V1', private_metadata: '{"draftId":"7"}', state: { values: {} } }
    expect(parseConsent({ user: { id: 'U1' }, view })).toBeUndefined()
    expect(parseConsent({ user: { id: 'U1' }, view: { ...view, private_metadata: '{"draftId":7}' } })).toMatchObject({
      draftId: 7,
      isAccepted: false,
    })
  })
})

describe("the project's collection of Slack payloads, where it is at hand", () => {
  const collected = { teamId: 'T0INSTALL', enterpriseId: undefined, botId: 'B0BOT0001', botUserId: 'U0BOT0001' }

  it.each([
    ['event.app_mention.channel', 'shared'],
    ['event.app_mention.in_thread', 'shared'],
    ['event.message.im.top_level', 'direct'],
    ['event.message.im.follow_up', 'direct'],
  ])('reads %s', (name, audience) => {
    const body = readSlackData(`samples/bot/${name}.json`) as
      | { event: { ts: string; thread_ts?: string; user: string; channel: string; text: string } }
      | undefined
    if (body === undefined) return
    const { event } = body
    expect(parseQuestion(body, collected)?.question).toEqual({
      platform: 'slack',
      tenantId: collected.teamId,
      conversationId: event.channel,
      audience,
      threadId: event.thread_ts ?? event.ts,
      messageId: event.ts,
      askerId: event.user,
      text: event.text.slice(event.text.indexOf('>') + 1).trim(),
    })
  })

  it('knows a channel of Slack Connect, and the messages tab', () => {
    const shared = readSlackData('samples/bot/event.app_mention.slack_connect_external_user.json')
    if (shared !== undefined) expect(parseQuestion(shared, collected)?.isExternallyShared).toBe(true)
    const opened = readSlackData('samples/bot/event.app_home_opened.messages.json')
    if (opened !== undefined) expect(parseMessagesTabOpened(opened)).toMatch(/^D/)
  })
})

function withTraits(traits: object) {
  return parseQuestion({ ...mention, event: { ...mention.event, ...traits } }, installation)
}
