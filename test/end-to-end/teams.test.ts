// Confluence, Footnote, Claude and Teams together, every activity signed as Teams signs it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Anthropic, startAnthropic } from '../../sandbox/anthropic/anthropic.ts'
import { privateChatId } from '../../sandbox/teams/connector.ts'
import { otherTenantId, sandboxPeople } from '../../sandbox/teams/people.ts'
import { type TeamsSandbox, channel, personalChat, startTeams } from '../../sandbox/teams/start.ts'
import { tellAdmins } from '../../src/core/connections/notices.ts'
import { databaseKinds } from '../support/database.ts'
import { type Footnote, startFootnote, waitFor } from './harness.ts'

type Sending = NonNullable<Parameters<TeamsSandbox['sendMessage']>[1]>
type Card = { body: { text?: string; id?: string; value?: unknown }[]; actions?: { data?: Record<string, unknown> }[] }

const { dana, kim, guest, outsider } = sandboxPeople

function textIn(activity: Record<string, unknown>): string {
  return typeof activity['text'] === 'string' ? activity['text'] : ''
}

/** The text with the cards. */
function contentOf(activity: Record<string, unknown>): string {
  return `${textIn(activity)}${JSON.stringify(activity['attachments'] ?? '')}`
}

function isWorking(activity: { revision: number; [property: string]: unknown }): boolean {
  return activity.revision === 1 && textIn(activity).startsWith('Looking in Confluence')
}

function textOf(card: Card): string {
  return card.body.map((part) => part.text ?? '').join('\n')
}

/** What a form sends along whose fields are left as they are shown. */
const valuesOf = ({ body }: Card) =>
  Object.fromEntries(body.flatMap(({ id, value }) => (id === undefined ? [] : [[id, value]])))

describe.each(databaseKinds)('Footnote in Teams, on %s', (kind) => {
  let teams: TeamsSandbox
  let claude: Anthropic
  let footnote: Footnote

  beforeAll(async () => {
    teams = await startTeams()
    claude = await startAnthropic()
    footnote = await startFootnote(kind, {
      ...teams.env,
      FOOTNOTE_ADMINS: 'dana@contoso.example',
      ANTHROPIC_API_KEY: 'sk-ant-sandbox',
      ANTHROPIC_BASE_URL: claude.url,
    })
    teams.useBot(footnote.url)
  })
  afterAll(async () => {
    await footnote.close()
    await teams.close()
    await claude.close()
  })

  /** Sends a message and resolves to the text that stands in the end where an answer belongs. */
  async function say(text: string, sending: Sending = {}, where = sending.chat?.id ?? personalChat.id) {
    const before = teams.activities(where).length
    expect(await teams.sendMessage(text, sending)).toMatchObject({ status: 200 })
    return waitFor(() => {
      const shown = teams.activities(where)[before]
      return shown !== undefined && !isWorking(shown) ? shown : undefined
    }, `the answer to ${text}`)
  }

  async function dialog(name: string, data: Record<string, unknown>, from: Sending['from'] = dana): Promise<Card> {
    const { status, body } = await teams.sendInvoke(name, { data }, { from })
    expect(status).toBe(200)
    return (body as { task: { value: { card: { content: Card } } } }).task.value.card.content
  }

  const submit = (text: Record<string, unknown>, kind: string) =>
    dialog('task/submit', { step: 'form', of: { kind, connection: 'acme' }, ...text })

  /** Presses the first button of a card and gives the card that takes its place. */
  async function press(activity: Record<string, unknown>, from: NonNullable<Sending['from']>): Promise<string> {
    const [{ content } = { content: undefined }] = activity['attachments'] as { content?: Card }[]
    const action = content?.actions?.[0]
    const { status, body } = await teams.sendInvoke('adaptiveCard/action', { action }, { from })
    expect(status).toBe(200)
    return JSON.stringify(body)
  }

  it('refuses what Teams did not sign', async () => {
    const unsigned = { type: 'message', id: 'x', text: 'annual leave?', serviceUrl: teams.url, channelId: 'msteams' }
    expect(await teams.sendActivity(unsigned, { authorization: undefined })).toMatchObject({ status: 401 })
    expect(teams.activities(personalChat.id)).toEqual([])
  })

  it('does not let a member or a guest connect a site', async () => {
    expect(contentOf(await say('confluence status', { from: kim }))).toContain('Please ask dana@contoso.example')
    for (const [person, sentence] of [
      [kim, 'Please ask dana@contoso.example.'],
      [guest, 'I answer members of this organisation only.'],
    ] as const) {
      const shown = await dialog('task/fetch', { kind: 'connect' }, person)
      expect(textOf(shown)).toContain(sentence)
      expect(JSON.stringify(shown)).not.toContain('secret')
    }
  })

  it('leads an admin from the card to the first sync', async () => {
    const { credentials, url } = footnote.flow.confluence
    expect(contentOf(await say('confluence connect', { from: dana }))).toContain('connect')
    const form = await dialog('task/fetch', { kind: 'connect' })
    expect(JSON.stringify(form)).toContain('"secret"')
    const typed = { ...valuesOf(form), step: 'form', name: 'acme', url, credentialKind: 'token' }
    const filledIn = { ...typed, email: credentials.email, secret: credentials.token, part: 'all', spaces: '' }
    const wrong = await dialog('task/submit', { ...filledIn, secret: 'a-wrong-token' })
    expect(textOf(wrong)).toContain('Auth Failed')
    expect(JSON.stringify(wrong)).not.toContain('a-wrong-token')
    const disclaimer = await dialog('task/submit', filledIn)
    expect(textOf(disclaimer)).toContain('8 pages of 2 spaces (HB, IT)')
    expect(JSON.stringify(disclaimer)).not.toContain(credentials.token)
    const data = { ...disclaimer.actions?.[0]?.data, accepted: 'true' }
    expect(textOf(await dialog('task/submit', data, kim))).toContain('Please ask dana@contoso.example.')
    expect(textOf(await dialog('task/submit', data))).toContain('acme is connected.')
    await expect
      .poll(async () => contentOf(await say('confluence status', { from: dana })), { timeout: 20_000, interval: 100 })
      .toMatch(/INGESTED[^]*5 of 5[^]*INGESTED[^]*3 of 3/)
  })

  it('answers in the thread of a channel in the words of Claude, with its sources', async () => {
    const shown = await say('How many days of annual leave does every employee have?', { chat: channel, from: kim })
    expect(shown['text']).toContain('Every employee has thirty days of annual leave.')
    expect(claude.requests.at(-1)).toMatchObject({ path: '/v1/messages', status: 200 })
    expect(JSON.stringify(shown['entities'])).toContain(
      `${footnote.flow.confluence.url}/spaces/HB/pages/2/Annual+leave`,
    )
    expect(shown.revision).toBeGreaterThan(1)
  })

  it('answers once what Teams delivers three times', async () => {
    const before = teams.activities(personalChat.id).length
    const asked = 'Is a lost badge replaced by the reception desk?'
    const sending = { from: kim, id: 'delivered-again' }
    await Promise.all([1, 2, 3].map(() => teams.sendMessage(asked, sending)))
    await waitFor(
      () => teams.activities(personalChat.id).find((shown) => textIn(shown).includes('lost badge is replaced')),
      'the answer',
    )
    await teams.sendMessage(asked, sending)
    // Another question goes the whole way meanwhile: whatever a second delivery did would be there.
    await say('Where do bicycles stand behind the gate?', { from: kim, chat: channel })
    expect(teams.activities(personalChat.id)).toHaveLength(before + 1)
  })

  it('uses in a private chat what the person may read, and in a channel what everybody may', async () => {
    const harbour = 'When does the harbour office close?'
    const secret = /30 June|Harbour office/
    expect((await say(harbour, { from: dana }))['text']).toContain('The harbour office closes on 30 June.')
    for (const sending of [{ from: kim }, { from: dana, chat: channel }]) {
      claude.requests.splice(0)
      const shown = await say(harbour, sending)
      expect(shown['text']).toContain('I did not find an answer')
      expect(JSON.stringify([shown, claude.requests])).not.toMatch(secret)
    }
  })

  it('turns guests and other organisations away', async () => {
    const shown = await say('How many days of annual leave?', { from: guest })
    expect(shown['text']).toContain('I answer members of this organisation only.')
    const before = teams.activities(personalChat.id).length
    const sent = await teams.sendMessage('How many days of annual leave?', { from: outsider, tenantId: otherTenantId })
    expect(sent).toMatchObject({ status: 403 })
    expect(teams.activities(personalChat.id)).toHaveLength(before)
  })

  it('shows the result of a command in a channel to its author alone', async () => {
    const shown = await say('confluence search harbour office', { from: dana, chat: channel })
    expect(shown['text']).toContain('private chat')
    const own = teams.activities(privateChatId(dana.id)).map(contentOf).join('\n')
    expect(own).toContain('Harbour office')
    expect(teams.activities(channel.id).map(contentOf).join('\n')).not.toContain('Harbour office')
  })

  it('shows no claim of Claude that no page supports', async () => {
    claude.script({ kind: 'false-citation', text: 'Leave is fifty days.', citedText: 'Leave is fifty days.' })
    const shown = await say('How many days of annual leave does every employee have?', { from: kim })
    expect(JSON.stringify(shown)).not.toContain('fifty')
  })

  it('answers with an extract, and says so, when Claude is overloaded', async () => {
    claude.script({ kind: 'status', status: 529, type: 'overloaded_error' }, 5)
    const shown = await say('How many days of annual leave does every employee have?', { from: kim })
    expect(shown['text']).toContain('Every employee has thirty days of annual leave.')
    expect(JSON.stringify(shown)).toContain('Claude was unavailable')
    expect(JSON.stringify(shown['entities'])).toContain('/pages/2/Annual+leave')
  })

  describe('the life of the connection', () => {
    const refusal = 'Please ask dana@contoso.example.'
    it('is no matter of a member, who is told whom to ask', async () => {
      for (const command of ['pause', 'resume', 'remove', 'edit', 'reconnect'])
        expect(contentOf(await say(`confluence ${command} acme`, { from: kim })), command).toContain(refusal)
      for (const kind of ['edit', 'reconnect'])
        expect(textOf(await dialog('task/fetch', { kind, connection: 'acme' }, kim)), kind).toContain(refusal)
      expect(contentOf(await say('confluence remove acme --purge', { from: kim }))).toContain(refusal)
    })

    it('is paused, goes on, and is changed by its form', async () => {
      expect(contentOf(await say('confluence pause acme'))).toContain('acme is paused: nothing is read from its site')
      expect(contentOf(await say('confluence status'))).toMatch(
        /paused by an admin[^]*none while it is paused \(then every day at 00:00 UTC\)/,
      )
      expect(contentOf(await say('confluence resume acme'))).toContain('acme goes on')
      expect(contentOf(await say('confluence edit acme'))).toContain('Change acme')
      const form = await dialog('task/fetch', { kind: 'edit', connection: 'acme' })
      expect(textOf(await submit({ ...valuesOf(form), schedule: '0 * * * *' }, 'edit'))).toContain(
        'acme is changed: schedule 0 ',
      )
    })

    it('is lost, which its admins are told of in their private chat, once, and reconnected by its form', async () => {
      const { confluence, open } = footnote.flow
      confluence.rotateCredential(confluence.credentials.accountId)
      expect(contentOf(await say('confluence test acme'))).toMatch(/Auth Failed[^]*It is paused until it works again/)
      await tellAdmins(open.core, footnote.messengers, AbortSignal.timeout(20_000))
      await tellAdmins(open.core, footnote.messengers, AbortSignal.timeout(20_000))
      const own = teams.activities(privateChatId(dana.id)).map(contentOf)
      expect(own.filter((text) => text.includes('Connection lost: acme'))).toHaveLength(1)
      expect(teams.activities(privateChatId(kim.id)).map(contentOf).join()).not.toContain('Connection lost')
      const { email } = confluence.credentials
      const typed = { credentialKind: 'token', email, secret: confluence.credentialsOf().token }
      expect(textOf(await submit(typed, 'reconnect'))).toContain('acme works again, as Footnote Sync')
    })

    it('ends with a card that says what is deleted, and asks again who it is when that is confirmed', async () => {
      const asked = await say('confluence remove acme --purge')
      expect(contentOf(asked)).toMatch(/Delete acme with everything[^]*2 spaces: 8 pages[^]*Spaces: HB, IT/)
      expect(await press(asked, kim)).toContain(refusal)
      expect(contentOf(await say('confluence status'))).toContain('acme')
      expect(await press(asked, dana)).toContain('everything that was stored of it is deleted')
      expect(await press(asked, dana)).toContain('There is no connection called acme.')
      expect(contentOf(await say('confluence status'))).toContain('Nothing is connected yet.')
    })
  })

  it('wrote to Confluence nothing at all', () => {
    expect(footnote.flow.confluence.writes).toEqual([])
  })
})
