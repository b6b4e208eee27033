import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Command, CommandResult } from '../../../src/bots/commands/command.ts'
import { confirmConnection, draftConnection } from '../../../src/bots/commands/connect.ts'
import { usages } from '../../../src/bots/commands/parse.ts'
import { runCommand } from '../../../src/bots/commands/run.ts'
import type { Asker } from '../../../src/bots/question.ts'
import { loadConfig } from '../../../src/config.ts'
import type { Core } from '../../../src/core/core.ts'
import { databaseKinds } from '../../support/database.ts'
import { requestFor } from '../../support/core.ts'
import { type Flow, openFlow, slackMember } from '../../support/flow.ts'

const alice = slackMember('alice.member')
const bob = slackMember('bob.member')
const owner = slackMember('ada.admin', { isWorkspaceAdmin: true })
const signal = (): AbortSignal => AbortSignal.timeout(20_000)

const samples: Command[] = [
  { name: 'help' },
  { name: 'connect' },
  { name: 'sync', target: undefined, full: false },
  { name: 'status', connection: undefined },
  { name: 'test', connection: 'acme' },
  { name: 'spaces', connection: undefined },
  { name: 'ask', question: 'Why?' },
  { name: 'search', words: 'badge' },
  { name: 'why', pageUrl: 'https://elsewhere.example/wiki' },
]

function noticeOf(result: CommandResult): { tone: string; text: string; details: string[] } {
  if (result.kind !== 'notice') throw new Error(`no notice but ${result.kind}`)
  return result
}

describe.each(databaseKinds)('runCommand on %s', (kind) => {
  let flow: Flow

  beforeAll(async () => {
    flow = await openFlow(kind)
  })
  afterAll(() => flow.close())

  const run = (command: Command, asker: Asker = owner, core: Core = flow.core): Promise<CommandResult> =>
    runCommand(core, command, asker, signal())
  const runNotice = async (...args: Parameters<typeof run>) => noticeOf(await run(...args))
  const sync = (target?: string, full = false) => runNotice({ name: 'sync', target, full })
  const hits = async (words: string, asker: Asker) => {
    const result = await run({ name: 'search', words }, asker)
    return result.kind === 'searchHits' ? result.hits : []
  }

  describe('before anything is connected', () => {
    it('shows an empty status and says how to begin', async () => {
      expect(await run({ name: 'status', connection: undefined })).toEqual({ kind: 'status', connections: [] })
      expect(await sync()).toMatchObject({
        tone: 'error',
        text: 'No Confluence site is connected yet. Begin with connect.',
      })
      expect(await run({ name: 'search', words: 'badge' }, alice)).toMatchObject({ kind: 'searchHits', hits: [] })
    })
  })

  describe('who may do what', () => {
    const adminOnly = new Set(usages.filter((usage) => usage.adminOnly).map(({ name }) => name))

    it('lets admins alone connect, sync, test and see the state', () => {
      expect([...adminOnly].toSorted()).toEqual([
        'audit',
        'connect',
        'edit',
        'pages',
        'pause',
        'reconnect',
        'remove',
        'resume',
        'spaces',
        'status',
        'sync',
        'test',
        'webhook',
      ])
    })

    it.each(samples)('refuses $name to guests, externals, bots and people who left', async (command) => {
      for (const asker of [
        { ...owner, kind: 'guest' as const },
        { ...owner, kind: 'external' as const },
        { ...owner, kind: 'bot' as const },
        { ...owner, kind: 'deactivated' as const },
      ])
        expect(await runNotice(command, asker)).toMatchObject({
          tone: 'refusal',
          text: 'I answer members of this organisation only.',
        })
    })

    it.each(samples.filter(({ name }) => adminOnly.has(name)))('refuses $name to members', async (command) => {
      expect((await runNotice(command, alice)).tone).toBe('refusal')
    })

    it.each<[string, string, Asker, string]>([
      ['the owner while nobody is named', '', alice, 'Please ask an owner or admin of this workspace.'],
      ['the addresses that are named', 'bob.member@acme.example, U0X', alice, 'Please ask bob.member@acme.example.'],
      ['whoever runs the server when only ids are named', 'U0X', alice, 'Please ask whoever runs Footnote here.'],
      ['the setting where the platform knows no owners', '', { ...alice, platform: 'teams' }, 'FOOTNOTE_ADMINS'],
    ])('names %s', async (_whom, admins, asker, sentence) => {
      const core = flow.replica({ config: loadConfig({ FOOTNOTE_ADMINS: admins }) })
      const refusal = await runNotice({ name: 'connect' }, asker, core)
      expect(refusal).toMatchObject({ tone: 'refusal', text: expect.stringContaining(sentence) })
      expect(refusal.text).toContain("Only Footnote's admins can do that")
    })

    it.each<[string, Asker, string]>([
      ['a workspace admin while nobody is named', owner, ''],
      ['somebody named by e-mail address, whatever its case', bob, 'Bob.Member@ACME.example'],
      ['somebody named by id', bob, 'someone@acme.example,u0bob'],
    ])('takes %s for an admin', async (_who, asker, admins) => {
      const core = flow.replica({ config: loadConfig({ FOOTNOTE_ADMINS: admins }) })
      expect(await run({ name: 'connect' }, asker, core)).toEqual({ kind: 'connectForm' })
    })

    it.each<[string, Asker, string]>([
      ['a workspace admin once somebody is named', owner, 'bob.member@acme.example'],
      ['a named guest', { ...bob, kind: 'guest' }, 'bob.member@acme.example'],
      ['somebody whose address is not confirmed', { ...bob, email: undefined }, 'bob.member@acme.example'],
    ])('does not take %s for one, in the steps of connecting neither', async (_who, asker, admins) => {
      const core = flow.replica({ config: loadConfig({ FOOTNOTE_ADMINS: admins, FOOTNOTE_ALLOW_LOOPBACK: '1' }) })
      expect((await runNotice({ name: 'connect' }, asker, core)).tone).toBe('refusal')
      const form = requestFor(flow.confluence)
      await expect(draftConnection(core, form, asker, signal())).rejects.toMatchObject({ code: 'not_admin' })
      const admin = { ...bob, email: 'bob.member@acme.example' }
      const { draftId } = await draftConnection(core, form, admin, signal())
      await expect(confirmConnection(core, draftId, asker, signal())).rejects.toMatchObject({ code: 'not_admin' })
      expect(await run({ name: 'status', connection: undefined })).toEqual({ kind: 'status', connections: [] })
    })
  })

  describe('on a connected site', () => {
    beforeAll(async () => {
      await flow.connect()
      await flow.work()
    })

    it('lists its commands', async () => {
      const help = await run({ name: 'help' }, alice)
      expect(help).toMatchObject({ kind: 'help' })
      expect(JSON.stringify(help)).toContain('sync [CONNECTION | SPACE | PAGE-LINK] [--full | --delete-vanished]')
    })

    it('hands a question on to the conversation', async () => {
      expect(await run({ name: 'ask', question: 'Why?' }, alice)).toEqual({ kind: 'question', question: 'Why?' })
    })

    it('searches with the rights of the asker', async () => {
      expect((await hits('lost badge', alice)).map(({ title }) => title)).toContain('Lost badges')
      expect((await hits('harbour office', bob)).map(({ title }) => title)).toContain('Harbour office')
      expect((await hits('harbour office', alice)).map(({ title }) => title)).not.toContain('Harbour office')
      expect(await hits('printer toner', { ...alice, email: undefined })).toEqual([])
    })

    it.each<[Command, string[]]>([
      [{ name: 'status', connection: undefined }, ['HB 5', 'IT 3']],
      [{ name: 'status', connection: 'ACME' }, ['HB 5', 'IT 3']],
      [{ name: 'spaces', connection: 'acme' }, ['HB 5', 'IT 3']],
    ])('shows the spaces with their counts: %j', async (command, spaces) => {
      const result = await run(command)
      if (result.kind !== 'status') throw new Error(result.kind)
      expect(result.connections).toMatchObject([{ name: 'acme', state: 'active', test: { result: 'Works' } }])
      expect(result.connections[0]?.spaces.map(({ key, stored }) => `${key} ${stored}`)).toEqual(spaces)
      expect(result.connections[0]?.spaces.every(({ state }) => state === 'INGESTED')).toBe(true)
    })

    it.each<Command>([
      { name: 'status', connection: 'nobody' },
      { name: 'spaces', connection: 'nobody' },
      { name: 'test', connection: 'nobody' },
    ])('says that a connection is unknown: %j', async (command) => {
      expect(await runNotice(command)).toMatchObject({
        tone: 'error',
        text: 'There is no connection called nobody. See the names with status, or begin with connect.',
      })
    })

    it.each([
      [undefined, '2 spaces'],
      ['acme', '2 spaces'],
      ['it', 'one space'],
      ['HB', 'one space'],
    ])('syncs %s', async (target, amount) => {
      expect(await sync(target)).toEqual({
        kind: 'notice',
        tone: 'success',
        text: `Syncing ${amount}. See the progress with status.`,
        details: [],
      })
      await flow.work()
    })

    it('syncs the space of an address, and refuses one of elsewhere', async () => {
      expect((await sync(`${flow.confluence.url}/spaces/IT`)).text).toContain('one space')
      await flow.work()
      for (const url of ['https://elsewhere.example/wiki/spaces/IT', `${flow.confluence.url}/spaces/NONE`])
        expect(await sync(url)).toMatchObject({ tone: 'error', text: expect.stringMatching(/^That address belongs/) })
    })

    it('fetches one page and says what became of it', async () => {
      const printers = `${flow.confluence.url}/spaces/IT/pages/21/Printers`
      expect(await sync(printers)).toMatchObject({ tone: 'success', text: 'Printers: unchanged, version 1.' })
      expect((await sync(printers, true)).text).toBe('Printers: indexed again, version 1.')
      await sync('IT')
      expect(await sync(printers), 'a run of the whole space waits: it will come by').toMatchObject({
        tone: 'success',
        text: 'The page waits for space IT, which is being synced. See the progress with status.',
      })
      await flow.work()
    })

    it('keeps webhooks for a Data Center, which alone sends them to somebody with a token', async () => {
      const webhook = { name: 'webhook', connection: 'acme', change: 'make' } as const
      expect(await runNotice(webhook)).toMatchObject({
        tone: 'error',
        text: 'Confluence Cloud sends webhooks to apps only, not to whoever has a token: acme is looked at by its schedule.',
      })
      expect(await runNotice(webhook, alice)).toMatchObject({ tone: 'refusal' })
    })

    it.each([
      ['ITT', 'Did you mean IT?'],
      ['acne', 'Did you mean acme?'],
      ['handbook', 'Did you mean HB?'],
      ['marketing', 'Known here: acme, HB, IT.'],
    ])('suggests what %s may have meant', async (target, suggestion) => {
      const { tone, text } = await sync(target)
      expect(tone).toBe('error')
      expect(text).toBe(`There is no connection and no synced space called ${target}. ${suggestion}`)
    })

    it('sees what changed at the next sync only', async () => {
      flow.confluence.editPage('21', { storage: '<p>The printer toner is kept in cupboard nine.</p>' })
      expect((await hits('printer toner', alice))[0]?.passage).toContain('cupboard seven')
      await sync('IT')
      await flow.work()
      expect((await hits('printer toner', alice))[0]?.passage).toContain('cupboard nine')
    })

    it('pauses a connection whose credential is refused, says so, and goes on once it works again', async () => {
      flow.confluence.revokeCredential(flow.confluence.credentials.accountId)
      expect((await sync('IT')).tone).toBe('success')
      await flow.work()
      expect(await run({ name: 'status', connection: 'acme' })).toMatchObject({
        connections: [{ state: 'paused', nextSyncAt: undefined, test: { result: 'Auth Failed' } }],
      })
      for (const target of ['acme', 'IT'])
        expect(await sync(target)).toMatchObject({
          tone: 'error',
          text: expect.stringMatching(/^acme is paused because its credential was refused\. Test it with test acme/),
        })
      expect(await runNotice({ name: 'test', connection: 'acme' })).toMatchObject({
        tone: 'error',
        text: expect.stringMatching(/^acme: Auth Failed\./),
      })
      flow.confluence.revokeCredential(flow.confluence.credentials.accountId, false)
      expect(await runNotice({ name: 'test', connection: 'acme' })).toMatchObject({
        tone: 'success',
        text: expect.stringMatching(/^acme: Works\./),
      })
      await sync('IT')
      await flow.work()
      expect(await run({ name: 'status', connection: 'acme' })).toMatchObject({
        connections: [{ state: 'active', test: { result: 'Works' }, spaces: [{}, { key: 'IT', state: 'INGESTED' }] }],
      })
    })
  })
})
