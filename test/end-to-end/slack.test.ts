// Confluence, Footnote and Slack together: from an empty workspace to answers, in the order in which a company would go.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Slack, startSlack } from '../../sandbox/slack/slack.ts'
import type { StoredMessage, StoredView } from '../../sandbox/slack/state.ts'
import { tellAdmins } from '../../src/core/connections/notices.ts'
import { databaseKinds } from '../support/database.ts'
import { type Footnote, startFootnote, waitFor } from './harness.ts'

const channel = 'C0GENERAL'
const working = 'Looking in Confluence…'

describe.each(databaseKinds)('Footnote in Slack, on %s', (kind) => {
  let slack: Slack
  let footnote: Footnote

  beforeAll(async () => {
    slack = await startSlack()
    footnote = await startFootnote(kind, {
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_SIGNING_SECRET: slack.signingSecret,
      SLACK_API_URL: slack.apiUrl,
    })
    slack.connect(`${footnote.url}/slack/events`)
  })
  afterAll(async () => {
    await footnote.close()
    await slack.close()
  })

  function repliesTo(asked: { channel: string; ts: string }): StoredMessage[] {
    return slack.messages(asked.channel).filter(({ isOurs, threadTs }) => isOurs && threadTs === asked.ts)
  }

  function answered(asked: { channel: string; ts: string }): Promise<StoredMessage> {
    return waitFor(() => repliesTo(asked).find(({ visible }) => visible.trim() !== working), 'the answer')
  }

  async function mention(user: string, text: string, where = channel): Promise<StoredMessage> {
    return answered(await slack.sendMention({ user, channel: where, text: `<@U0FOOTNOTE> ${text}` }))
  }

  async function direct(user: string, text: string): Promise<StoredMessage> {
    return answered(await slack.sendDirectMessage({ user, text }))
  }

  /** What the person is told who types a command. */
  async function command(user: string, text: string): Promise<string> {
    const sent = await slack.sendCommand({ user, text })
    expect(sent.ack.status).toBe(200)
    return waitFor(() => sent.responses()[0]?.visible, `the response to ${text}`)
  }

  /** The one open view of a person, once it says this. */
  function view(user: string, saying: string | RegExp): Promise<StoredView> {
    return waitFor(
      () => slack.views().find((each) => each.userId === user && each.isOpen && each.visible.match(saying) !== null),
      `a view that says ${saying}`,
    )
  }

  const setAdmin = (isAdmin: boolean): void => {
    const ada = slack.workspace.users.find(({ id }) => id === 'U0ADMIN')
    Object.assign(ada ?? {}, { is_admin: isAdmin, is_owner: isAdmin })
  }

  /** The open view of the admin, once it has this field. */
  const formWith = (field: string): Promise<StoredView> =>
    waitFor(
      () =>
        slack
          .views()
          .find((each) => each.userId === 'U0ADMIN' && each.isOpen && JSON.stringify(each.view).includes(field)),
      `a form with ${field}`,
    )

  it('says that there is nothing to search yet', async () => {
    expect((await mention('U0ALICE', 'how many days of annual leave do I have?')).visible).toContain(
      'There is nothing here that you can search yet.',
    )
  })

  it.each([
    ['a member', 'U0ALICE', 'Please ask an owner or admin of this workspace.'],
    ['a guest', 'U0GUEST', 'I answer members of this organisation only.'],
  ])('does not let %s connect a site, sync or see the state', async (_who, user, sentence) => {
    await slack.sendCommand({ user, text: 'connect' })
    const shown = await view(user, sentence)
    expect(JSON.stringify(shown.view)).not.toContain('secret')
    for (const text of ['sync', 'status']) expect(await command(user, text)).toContain(sentence)
  })

  it('leads an admin from the form to the first sync', async () => {
    const { credentials, url } = footnote.flow.confluence
    await slack.sendCommand({ user: 'U0ADMIN', text: 'connect' })
    const form = await view('U0ADMIN', /^/)
    await waitFor(() => (JSON.stringify(form.view).includes('"secret"') ? true : undefined), 'the form')
    const typed = { url, email: credentials.email, name: 'acme', spaces: 'HB, ITT' }
    await slack.submitView(form.id, { ...typed, secret: 'a-wrong-token' })
    await view('U0ADMIN', /Auth Failed/)
    expect(JSON.stringify(form.view)).not.toContain('a-wrong-token')
    await slack.submitView(form.id, { secret: credentials.token })
    await view('U0ADMIN', /Did you mean IT\?/)
    await slack.submitView(form.id, { secret: credentials.token, part: 'all', spaces: '' })
    const consent = await view('U0ADMIN', /8 pages of 2 spaces \(HB, IT\)/)
    expect(JSON.stringify(consent.view)).not.toContain(credentials.token)
    await slack.submitView(consent.id, { consent: 'accepted' })
    await view('U0ADMIN', /acme is connected\. The first sync of 2 spaces is queued/)

    let status = ''
    await expect
      .poll(async () => (status = await command('U0ADMIN', 'status')), { timeout: 20_000, interval: 100 })
      .toMatch(/INGESTED HB Handbook: 5 of 5 pages stored[^]*INGESTED IT IT desk: 3 of 3 pages stored/)
    expect(status).toMatch(/^acme · /)
    // Every day at midnight, unless somebody says otherwise.
    expect(status).toMatch(/next sync: \d+ \w+ \d{4} 00:00 UTC \(every day at 00:00\)/)
  })

  it('answers a mention in its thread, with the source as a link', async () => {
    const asked = await slack.sendMention({
      user: 'U0ALICE',
      channel,
      text: '<@U0FOOTNOTE> how many days of annual leave do I have?',
    })
    const shown = await answered(asked)
    expect(shown.visible).toContain('Every employee has thirty days of annual leave.')
    expect(shown.links.map(({ url }) => url)).toContain(
      `${footnote.flow.confluence.url}/spaces/HB/pages/2/Annual+leave`,
    )
    expect(shown.edits).toBe(1)
    expect(repliesTo(asked)).toHaveLength(1)
  })

  it('answers once what Slack delivers three times', async () => {
    const asked = await slack.sendMention({ user: 'U0ALICE', channel, text: '<@U0FOOTNOTE> is a lost badge replaced?' })
    const acks = await Promise.all([slack.redeliver(asked), slack.redeliver(asked)])
    expect(acks.map(({ status }) => status)).toEqual([200, 200])
    expect((await answered(asked)).visible).toContain('replaced by the reception desk')
    expect((await slack.redeliver(asked)).status).toBe(200)
    // Another question goes the whole way meanwhile: whatever a second delivery did would be there.
    await mention('U0ALICE', 'where do bicycles stand?')
    expect(repliesTo(asked)).toHaveLength(1)
    expect(repliesTo(asked)[0]?.edits).toBe(1)
  })

  it('uses in a direct message what the person may read, and in a channel what everybody may', async () => {
    const harbour = 'when does the harbour office close?'
    expect((await direct('U0BOB', harbour)).visible).toContain('The harbour office closes on 30 June.')
    const secret = /30 June|Harbour office/
    const alice = await direct('U0ALICE', harbour)
    expect(alice.visible).toContain('I did not find an answer to that in Handbook and IT desk.')
    expect(alice.visible).not.toMatch(secret)
    const shared = await mention('U0BOB', harbour)
    expect(shared.visible).toContain('ask me in a direct message')
    expect(JSON.stringify(shared)).not.toMatch(secret)
    expect((await direct('U0ALICE', 'where is the printer toner kept?')).visible).toContain('cupboard seven')
    expect((await mention('U0ALICE', 'where is the printer toner kept?')).visible).not.toContain('cupboard')
  })

  it.each([
    ['a guest', 'U0GUEST', 'I answer members of this organisation only.'],
    ['a single-channel guest', 'U0SINGLE', 'I answer members of this organisation only.'],
    ['a partner', 'U0PARTNER', 'I answer members of this organisation only.'],
  ])('turns %s away', async (_who, user, sentence) => {
    for (const shown of [await mention(user, 'annual leave?'), await direct(user, 'annual leave?')]) {
      expect(shown.visible).toContain(sentence)
      expect(shown.visible).not.toContain('thirty')
    }
  })

  it('does not answer where another organisation reads along', async () => {
    const shown = await mention('U0ALICE', 'how many days of annual leave do I have?', 'C0SHARED')
    expect(shown.visible).toContain('People of another organisation may be reading this channel')
    expect(shown.visible).not.toContain('thirty')
  })

  it('answers a question of a command in private', async () => {
    expect(await command('U0BOB', 'ask when does the harbour office close?')).toContain('direct message')
    await waitFor(
      () => slack.messages('U0BOB').filter(({ isOurs, visible }) => isOurs && visible.includes('closes on 30 June'))[1],
      'the second answer in the direct conversation',
    )
    expect(slack.messages(channel).filter(({ visible }) => visible.includes('30 June'))).toEqual([])
  })

  it('searches and explains to the person alone', async () => {
    expect(await command('U0BOB', 'search harbour office')).toContain('Harbour office')
    expect(await command('U0ALICE', 'search harbour office')).not.toContain('Harbour office')
    const page = `${footnote.flow.confluence.url}/spaces/HB/pages/4`
    expect(await command('U0BOB', `why <${page}>`)).toContain('You may read this page')
    expect(await command('U0ALICE', `why <${page}|the plan>`)).toContain('You do not see this page')
  })

  it('shows what changed after the next sync, and no more what was withdrawn', async () => {
    const { confluence } = footnote.flow
    confluence.editPage('2', { storage: '<p>Every employee has thirty-two days of annual leave.</p>' })
    confluence.restrict('4', { users: ['dana'] })
    expect(await command('U0ADMIN', 'sync HB')).toContain('Syncing one space.')
    await expect
      .poll(async () => (await direct('U0ALICE', 'how many days of annual leave do I have?')).visible, {
        timeout: 20_000,
        interval: 100,
      })
      .toContain('thirty-two days')
    expect((await direct('U0BOB', 'when does the harbour office close?')).visible).toContain('I did not find an answer')
  })

  describe('the life of the connection', () => {
    const refusal = 'Please ask an owner or admin of this workspace.'
    it('is no matter of a member, who is told whom to ask', async () => {
      for (const text of ['pause acme', 'resume acme', 'remove acme'])
        expect(await command('U0BOB', text)).toContain(refusal)
      for (const text of ['edit acme', 'reconnect acme', 'remove acme --purge']) {
        await slack.sendCommand({ user: 'U0BOB', text })
        const shown = await view('U0BOB', refusal)
        expect(shown.view['submit'], text).toBeUndefined()
        slack.closeView(shown.id)
      }
      expect(await command('U0ADMIN', 'status acme')).toMatch(/^acme · active · /)
    })

    it('is paused, goes on, and is changed by its form', async () => {
      expect(await command('U0ADMIN', 'pause acme')).toContain('acme is paused: nothing is read from its site')
      expect(await command('U0ADMIN', 'status')).toMatch(
        /^acme · paused by an admin · [^]*next sync: none while it is paused \(then every day at 00:00 UTC\)/,
      )
      expect(await command('U0ADMIN', 'resume acme')).toContain('acme goes on. The sync of 2 spaces is queued')
      await slack.sendCommand({ user: 'U0ADMIN', text: 'edit acme' })
      const form = await formWith('"schedule"')
      await slack.submitView(form.id, { schedule: '30 6 * * *', timezone: 'Europe/Berlin' })
      const done = await view('U0ADMIN', /acme is changed: schedule 30 6 \* \* \*; time zone Europe\/Berlin/)
      slack.closeView(done.id)
      expect(await command('U0ADMIN', 'status')).toMatch(
        /next sync: \d+ \w+ \d{4} 06:30 Europe\/Berlin \(every day at 06:30\)/,
      )
    })

    it('is lost, which its admin is told of in a direct message, once, and reconnected by its form', async () => {
      const { confluence, open } = footnote.flow
      confluence.rotateCredential(confluence.credentials.accountId)
      expect(await command('U0ADMIN', 'test acme')).toMatch(/Auth Failed[^]*It is paused until it works again/)
      await tellAdmins(open.core, footnote.messengers, AbortSignal.timeout(20_000))
      await tellAdmins(open.core, footnote.messengers, AbortSignal.timeout(20_000))
      const notices = slack.messages('U0ADMIN').filter(({ visible }) => visible.includes('Connection lost: acme'))
      expect(notices).toHaveLength(1)
      expect(slack.messages('U0BOB').some(({ visible }) => visible.includes('Connection lost'))).toBe(false)
      await slack.sendCommand({ user: 'U0ADMIN', text: 'reconnect acme' })
      const form = await formWith('"secret"')
      const { email } = confluence.credentials
      await slack.submitView(form.id, { credentialKind: 'token', email, secret: confluence.credentialsOf().token })
      const done = await view('U0ADMIN', /acme works again, as Footnote Sync/)
      slack.closeView(done.id)
    })

    it('ends with a view that says what is deleted, and asks again who it is when that is confirmed', async () => {
      const open = async (): Promise<StoredView> => {
        await slack.sendCommand({ user: 'U0ADMIN', text: 'remove acme --purge' })
        return view(
          'U0ADMIN',
          /Delete acme with everything[^]*2 spaces: 8 pages[^]*stored answers? that quoted[^]*Spaces: HB, IT/,
        )
      }
      const first = await open()
      setAdmin(false)
      await slack.submitView(first.id)
      slack.closeView((await view('U0ADMIN', refusal)).id)
      setAdmin(true)
      expect(await command('U0ADMIN', 'status')).toMatch(/^acme · /)
      const second = await open()
      await slack.submitView(second.id)
      await view('U0ADMIN', /acme is removed, and everything that was stored of it is deleted/)
      expect(await command('U0ADMIN', 'status')).toContain('No Confluence site is connected yet.')
      expect(await command('U0ADMIN', 'audit')).toMatch(/purge acme[^]*keys HB, IT/)
    })
  })

  it('wrote to Confluence nothing at all', () => {
    expect(footnote.flow.confluence.writes).toEqual([])
  })
})
