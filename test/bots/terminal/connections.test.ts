// The commands on connections that there are, as somebody types them, with what they print.
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSite } from '../../../sandbox/confluence/model.ts'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { openTestCore, syncAndWait } from '../../support/core.ts'
import { databaseKinds } from '../../support/database.ts'
import { company } from '../../support/flow.ts'
import { runInProcess } from '../../support/program.ts'

describe.each(databaseKinds)('footnote on %s', (kind) => {
  let open: OpenCore
  let site: RunningConfluence
  beforeAll(async () => {
    open = await openTestCore(kind)
    site = await startConfluence({ flavour: 'cloud', site: createSite(company) })
  })
  afterAll(async () => {
    await site.close()
    await open.close()
  })
  const run = async (...args: string[]) => {
    const printed = await runInProcess(open, args, { secrets: { CONFLUENCE_TOKEN: site.credentialsOf().token } })
    return { ...printed, stdout: stripVTControlCharacters(printed.stdout) }
  }
  const json = async (...args: string[]) => {
    const { status, stdout } = await run(...args, '--json')
    return { status, value: JSON.parse(stdout) }
  }
  const connectTo = (...args: string[]): string[] => [
    'connect',
    '--name',
    'acme',
    '--url',
    site.url,
    '--email',
    site.credentials.email,
    ...args,
  ]

  it('connects a part of a site, and prints the numbers of the consent', async () => {
    const part = ['--tree', `${site.url}/spaces/HB/pages/1`, '--exclude-label', 'draft', '--exclude-title', 'Park*']
    const refused = await run(...connectTo(...part))
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain('\n4 pages of 1 space (page 1 of HB and all below it)')
    const { status, value } = await json(...connectTo(...part, '--accept-disclaimer', '--token-expires', '2099-01-01'))
    expect([status, value.connection, value.consent]).toEqual([
      0,
      'acme',
      expect.objectContaining({ pages: 4, restricted: 1, excluded: { 'label draft': 0, 'title Park*': 1 } }),
    ])
    await syncAndWait(open)
  })

  it.each<[string[], RegExp]>([
    [['--tree', 'x', '--page', 'y'], /^Choose one of a page with all below it, one page/],
    [['--page', ''], /^--page is empty: write the address of a page\./],
    [['--page', '/spaces/HB/pages/777'], /^There is no such page that this account can see\./],
    [['--cql', 'label ='], /^Confluence does not understand this CQL query\./],
    [['--all-spaces', '--token-expires', 'soon'], /^"soon" is no date\./],
    [['--all-spaces', '--auth', 'oauth'], /^OAuth is not set up on this server: ATLASSIAN_CLIENT_ID/],
  ])('says what is wrong with %j', async (args, sentence) => {
    const { status, stderr } = await run(...connectTo(...args, '--name', 'second'))
    expect([status, stderr]).toEqual([1, expect.stringMatching(sentence)])
  })

  it('shows what is covered, left out and accepted', async () => {
    const { stdout } = await run('status')
    expect(stdout).toMatch(
      /^acme {2}active {2}http:.*\n {2}readers {5}Cloud, readers as in Confluence \(mirrored\)\n {2}covers {6}page 1 of HB and all below it, without label draft, without title Park\*\n {2}test {8}Works \(/,
    )
    expect(stdout).toMatch(/\n {2}accepted {4}by terminal, \d/)
    expect(stdout).toMatch(/HB .*stored, 1 left out \(title Park\*\)/)
    expect((await json('pages', 'excluded')).value).toMatchObject({
      total: 1,
      pages: [{ title: 'Parking', reason: 'title Park*' }],
    })
    const pages = await run('pages', 'HB')
    expect(pages.stdout).toMatch(/Harbour office \(HB\) {2}stored\n {3}http:/)
    expect((await run('pages', 'no', 'such')).stdout).toBe('No page fits “no such”.\n')
    expect((await run('pages', 'failed')).stdout).toBe('No page has failed.\n')
  })

  it('tests, with the cause; and with another key says only why it cannot', async () => {
    expect((await json('test', 'ACME')).value).toEqual({
      connection: 'acme',
      result: 'Works',
      cause: 'Signed in as Footnote Sync.',
      testedAt: expect.any(String),
    })
    site.fail({ kind: 'status', status: 503, times: 9 })
    const failed = await json('test', 'acme')
    site.clearFaults()
    expect(failed).toMatchObject({
      status: 1,
      value: {
        result: 'HTTP 5xx',
        cause: expect.stringContaining('503'),
        remedy: expect.stringMatching(/^Wait until/),
      },
    })
    expect((await json('test', 'acme')).status).toBe(0)
    const otherKey: OpenCore = { ...open, core: { ...open.core, encryptionKey: () => Buffer.alloc(32, 9) } }
    const broken = await runInProcess(otherKey, ['test', 'acme', '--json'])
    expect([broken.status, Object.keys(JSON.parse(broken.stdout))]).toEqual([1, ['error']])
  })

  it('edits: at once, or with the disclaimer again', async () => {
    expect((await run('edit', 'acme', '--schedule', '0 * * * *', '--no-auto-sync')).stdout).toBe(
      'acme is changed: schedule 0 * * * *; automatic sync off.\n',
    )
    expect((await run('status')).stdout).toContain(
      'next sync   by hand only: automatic sync is switched off (else every hour UTC)',
    )
    expect((await run('edit', 'acme', '--auto-sync')).stdout).toContain('automatic sync on')
    const declined = await run(
      'edit',
      'acme',
      '--exclude-label',
      'home',
      '--exclude-url',
      `${site.url}/spaces/HB/pages/3`,
    )
    expect([declined.status, declined.stderr]).toEqual([
      1,
      expect.stringMatching(
        /Left out: 0 pages by label draft, 0 pages by label home, 1 page by.*Nothing was changed\./s,
      ),
    ])
    expect(declined.stderr).not.toContain('Nothing was connected')
    const replaced = await run('edit', 'acme', '--exclude-nothing', '--exclude-label', 'home')
    expect(replaced.stderr).toContain('No longer left out: what label draft and title Park* left out until now.')
    expect((await json('edit', 'acme', '--include-archived')).value.error.message).toContain(
      'Archived pages and spaces are read too.',
    )
    const nothing = await run('edit', 'acme')
    expect([nothing.status, nothing.stderr]).toEqual([1, expect.stringContaining('Say what to change')])
    const refused = await run('edit', 'acme', '--spaces', 'HB,IT', '--exclude-nothing')
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('8 pages of 2 spaces (HB, IT)')])
    const edited = await run('edit', 'acme', '--spaces', 'HB,IT', '--exclude-nothing', '--accept-disclaimer')
    expect(edited.stdout).toBe(
      'acme is changed: covers HB, IT; no rule leaves pages out.\n  The sync of 2 spaces is queued.\n',
    )
    await syncAndWait(open)
  })

  it('pauses, resumes, reconnects, and writes it down', async () => {
    expect((await run('pause', 'acme')).stdout).toContain('acme is paused: nothing is read from its site')
    expect((await run('status')).stdout).toMatch(
      /^acme {2}paused by an admin {2}http:.*\n {2}! Paused by an admin: nothing is synced\. Go on with resume acme\.\n[\s\S]*next sync {3}none while it is paused \(then every hour UTC\)/,
    )
    expect((await run('resume', 'acme')).stdout).toContain('acme goes on. The sync of 2 spaces is queued')
    const again = await json('resume', 'acme')
    expect(again).toEqual({ status: 1, value: { error: { code: 'not_paused', message: 'acme is not paused.' } } })
    site.rotateCredential(site.credentials.accountId)
    await expect(syncAndWait(open)).rejects.toThrow()
    expect((await run('status')).stdout).toContain('Connection lost: reconnect it with reconnect acme.')
    const { stdout } = await run('reconnect', 'acme')
    expect(stdout).toBe('acme works again, as Footnote Sync. The sync of 2 spaces goes on where it stood.\n')
    expect((await json('audit')).value.map(({ action }: { action: string }) => action)).toEqual([
      'reconnect',
      'connection lost',
      'resume',
      'pause',
      'edit',
      'edit',
      'edit',
      'connect',
    ])
    expect((await run('audit')).stdout).toMatch(
      /^\d{4}-.* UTC {2}terminal {2}reconnect acme {2}\(account Footnote Sync, credential token\)\n/,
    )
  })

  it('removes with a receipt, and deletes nothing that has not vanished', async () => {
    const nothing = await run('sync', 'HB', '--delete-vanished')
    expect([nothing.status, nothing.stderr]).toEqual([1, expect.stringContaining('No page of HB waits to be deleted.')])
    expect((await run('remove', 'acme')).stdout).toMatch(
      /^acme is removed and its credential deleted; its content is kept, but no longer served\.\n {2}2 spaces: 8 pages, 0 attachments, 0 comments, \d+ chunks of their text\.\n {2}Spaces: HB, IT\n {2}Delete the content for good with remove acme --purge\.\n$/,
    )
    // Neither JSON nor a script is asked.
    expect((await json('remove', 'acme', '--purge')).value).toEqual({
      connection: 'acme',
      spaces: 2,
      keys: ['HB', 'IT'],
      pages: 8,
      attachments: 0,
      comments: 0,
      chunks: expect.any(Number),
      answers: 0,
      isPurged: true,
    })
    expect((await run('remove', 'acme', '--purge')).stderr).toContain('There is no connection called acme.')
  })
})
