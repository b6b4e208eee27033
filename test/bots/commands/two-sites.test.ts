// Two sites with the same spaces: whose page is meant, who may read it, and what is connected already.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSite } from '../../../sandbox/confluence/model.ts'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import type { Command, CommandResult } from '../../../src/bots/commands/command.ts'
import { runCommand } from '../../../src/bots/commands/run.ts'
import type { Asker } from '../../../src/bots/question.ts'
import { findConnection, updateConnection } from '../../../src/db/queries/connections.ts'
import { databaseKinds } from '../../support/database.ts'
import { type Flow, company, connectSite, openFlow, slackMember } from '../../support/flow.ts'

const alice = slackMember('alice.member')
const bob = slackMember('bob.member')
const owner = slackMember('ada.admin', { isWorkspaceAdmin: true })

describe.each(databaseKinds)('why and sync with two sites, on %s', (kind) => {
  let flow: Flow
  /** A site of the same spaces whose sync account is an ordinary person: it cannot see page 4. */
  let other: RunningConfluence

  beforeAll(async () => {
    flow = await openFlow(kind)
    const groups = [{ name: 'staff', members: ['alice', 'bob', 'sync'] }]
    const site = createSite({ ...company, groups, syncAccount: { accountId: 'sync', seesAll: false } })
    other = await startConfluence({ flavour: 'datacenter', site })
    await flow.connect()
    await flow.work()
  })
  afterAll(async () => {
    await other.close()
    await flow.close()
  })

  async function runNotice(command: Command, asker: Asker): Promise<Extract<CommandResult, { kind: 'notice' }>> {
    const result = await runCommand(flow.core, command, asker, AbortSignal.timeout(20_000))
    if (result.kind !== 'notice') throw new Error(`no notice but ${result.kind}`)
    return result
  }
  const sync = (target: string) => runNotice({ name: 'sync', target, full: false }, owner)
  const why = (path: string, asker: Asker, base = flow.confluence.url) =>
    runNotice({ name: 'why', pageUrl: `${base}${path}` }, asker)

  it('says that every layer is satisfied', async () => {
    expect(await why('/spaces/HB/pages/4/Harbour+office', bob)).toMatchObject({
      tone: 'success',
      text: 'You may read this page: every layer of its permissions is satisfied.',
      details: [
        expect.stringMatching(/^Space HB: satisfied/),
        expect.stringMatching(/^The page's own restriction: satisfied/),
        expect.stringMatching(/^Stored: version 1 is indexed, 1 searchable part\.$/),
      ],
    })
  })

  it('names neither title nor readers of a page that the person may not read', async () => {
    const refusal = await why('/spaces/HB/pages/4', alice)
    expect(refusal.tone).toBe('refusal')
    expect(refusal.details.map((line) => line.replace(/ \(read .*\)$/, ''))).toEqual([
      'Space HB: satisfied',
      "The page's own restriction: not satisfied",
    ])
    expect(JSON.stringify(refusal)).not.toMatch(/arbour|[Bb]ob|[Dd]ana|June/)
    const stranger = await why('/spaces/IT/pages/21', { ...alice, email: 'nobody@acme.example' })
    expect(stranger.text).toContain('There is no such page here')
  })

  it('has one wording for a page that is absent and one that the connection cannot see', async () => {
    await connectSite(flow.core, other, { name: 'second-hb', spaces: 'hb' })
    await connectSite(flow.core, other, { name: 'second-it', spaces: 'IT', access: 'shared' })
    await flow.work()
    expect((await why('/pages/viewpage.action?pageId=3', bob, other.url)).text).not.toContain('There is no such page')
    expect(await why('/pages/viewpage.action?pageId=4', bob, other.url)).toEqual(
      await why('/pages/viewpage.action?pageId=987654', bob, other.url),
    )
    expect((await why('/pages/viewpage.action?pageId=4', bob, other.url)).text).toMatch(/^There is no such page here:/)
    expect((await why('/pages/viewpage.action?pageId=21', bob, other.url)).text).toMatch(
      /^You may read this page: its connection shares it/,
    )
  })

  it('asks for the address of a page', async () => {
    for (const pageUrl of ['Harbour office', 'https://elsewhere.example/wiki/spaces/HB/pages/4'])
      expect(await runNotice({ name: 'why', pageUrl }, bob)).toMatchObject({
        tone: 'error',
        text: expect.stringMatching(/^That is not the address of a page on a connected site\./),
      })
  })

  it('asks back what a word means that could be two spaces, or a space and a connection', async () => {
    const { tone, text } = await sync('IT')
    expect(tone).toBe('error')
    expect(text).toMatch(/^"IT" could be space IT of acme \(.*\/wiki\) or space IT of second-it \(.*\/confluence\)\./)
  })

  it('syncs what it can when everything is meant, and says why the rest was not', async () => {
    const { db } = flow.core.database
    const acme = await findConnection(db, 'acme')
    await updateConnection(db, acme?.id ?? 0, { state: 'paused' })
    const everything: Command = { name: 'sync', target: undefined, full: false }
    expect(await runNotice(everything, owner)).toEqual({
      kind: 'notice',
      tone: 'success',
      text: 'Syncing 2 spaces. See the progress with status.',
      details: [expect.stringMatching(/^acme is paused /)],
    })
    other.fail({ kind: 'status', status: 400, path: '/rest/api/user/current', times: 2 })
    const refused = await runNotice(everything, owner)
    other.clearFaults()
    expect([refused.tone, refused.text]).toEqual(['error', 'No connection could be synced.'])
    expect(refused.details.map((detail) => detail.split(/[ :]/)[0])).toEqual(['acme', 'second-hb', 'second-it'])
    await updateConnection(db, acme?.id ?? 0, { state: 'active' })
    await flow.work()
  })

  it.each([['HB'], ['']])('does not connect a space twice (spaces typed: %j)', async (spaces) => {
    await expect(connectSite(flow.core, other, { name: 'again', spaces })).rejects.toMatchObject({
      code: 'space_taken',
      message: 'Space HB is already connected through second-hb; use sync HB to refresh it.',
    })
  })
})
