import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ExtractLimits } from '../../../src/core/attachments/outcome.ts'
import type { ConfluenceSite, SitePart } from '../../../src/core/confluence/site.ts'
import { TransientError } from '../../../src/errors.ts'
import { readStatus } from '../../../src/core/connections/status.ts'
import { openConnectionSite } from '../../../src/core/connections/open-site.ts'
import { runSpace } from '../../../src/core/sync/run-space.ts'
import { findConnectionById, listConnections } from '../../../src/db/queries/connections.ts'
import { findSpaceById } from '../../../src/db/queries/spaces.ts'
import { claimRun, finishRun } from '../../../src/db/queries/sync-runs.ts'
import type { RunCounts } from '../../../src/db/schema/sync-runs.ts'
import { resolveReach } from '../../../src/core/access/resolve-reach.ts'
import { search } from '../../../src/core/search/search.ts'
import { pageParts } from '../../../src/db/schema/content.ts'
import { reportRuns } from '../../../src/core/sync/report-runs.ts'
import { startSync } from '../../../src/core/sync/sync-target.ts'
import { workRun } from '../../../src/core/jobs/worker.ts'
import { soon, syncAndWait } from '../../support/core.ts'
import { docx, paragraph } from '../attachments/office-files.ts'
import { type Company, everywhere, openCompany } from './small-company.ts'

const ann = 'ann@acme.example'
const bob = 'bob@acme.example'

describe.each(everywhere)('what hangs on pages, on %s with %s', (kind, flavour) => {
  let company: Company
  beforeAll(async () => {
    company = await openCompany(kind, flavour)
    await syncAndWait(company.open)
  })
  afterAll(() => company.close())
  beforeEach(() => company.wait())

  const sync = async () => (await syncAndWait(company.open, 'HR'))['HR']?.run
  const db = () => company.open.core.database.db
  const storedPart = async (partId: string) =>
    (await db().select().from(pageParts)).find((part) => part.partId.replace('att', '') === partId)
  /** Heading path and link of each passage that somebody finds. */
  const found = async (question: string, email = ann) => {
    const reach = await resolveReach(db(), { kind: 'person', email })
    const { passages } = await search(company.open.core, { question, reach, limit: 10 })
    return passages
      .filter(({ score }) => score > 0)
      .map(({ pageId, headingPath, url, text }) => ({ pageId, headingPath, url, text }))
  }

  it('attachments are found by their text, under the page they hang on, with a link of their own', async () => {
    const file = docx(paragraph('The wallaby allowance is nine days.'))
    company.site.addAttachment({ pageId: '2', id: '901', title: 'Allowance.docx', bytes: Buffer.from(file) })
    expect(await sync()).toMatchObject({
      state: 'succeeded',
      counts: { unchanged: 7, parts: { stored: 1, failed: 0 } },
    })
    const [passage] = await found('wallaby allowance')
    expect(passage).toMatchObject({
      pageId: '2',
      headingPath: ['Allowance.docx'],
      text: 'The wallaby allowance is nine days.',
    })
    expect(passage?.url.startsWith(company.site.url)).toBe(true)
  })

  it('comments are found too, replies and inline ones included', async () => {
    company.site.addComment({ pageId: '3', id: '911', storage: '<p>Ask about bandicoots.</p>' })
    company.site.addComment({ pageId: '3', id: '912', parentId: '911', storage: '<p>The bandicoot desk knows.</p>' })
    company.site.addComment({
      pageId: '3',
      id: '913',
      location: 'inline',
      selection: 'quokka',
      storage: '<p>Bandicoot here.</p>',
    })
    expect((await sync())?.counts).toMatchObject({ parts: { stored: 4, failed: 0 } })
    const texts = (await found('bandicoot')).map(({ text }) => text)
    expect(texts.toSorted()).toEqual(['Ask about bandicoots.', 'Bandicoot here.', 'The bandicoot desk knows.'])
  })

  it('neither is shown to whoever may not read the page', async () => {
    company.site.addComment({ pageId: '5', id: '914', storage: '<p>A numbat earns more.</p>' })
    await sync()
    expect(await found('numbat', ann)).toHaveLength(1)
    expect(await found('numbat', bob)).toEqual([])
    company.site.restrict('3', { users: ['ann'] })
    await sync()
    expect(await found('bandicoot', bob)).toEqual([])
    company.site.unrestrict('3')
    await sync()
    expect((await found('bandicoot', bob)).length).toBeGreaterThan(0)
  })

  it('what did not change is not read again, and a new version is', async () => {
    company.site.clearRequests()
    await sync()
    expect(company.site.countRequests(/download|type%20%3D%20comment/)).toBe(0)
    company.site.replaceAttachment('901', Buffer.from(docx(paragraph('The wallaby allowance is ten days.'))))
    company.site.editComment('911', { storage: '<p>Ask about bilbies.</p>' })
    await sync()
    expect((await found('wallaby allowance')).map(({ text }) => text)).toEqual(['The wallaby allowance is ten days.'])
    expect(await found('bilbies')).toHaveLength(1)
  })

  it('what was removed is not found any more, and neither is what hangs on a page that was trashed', async () => {
    company.site.removeAttachment('901')
    company.site.removeComment('913')
    await sync()
    expect(await found('wallaby allowance')).toEqual([])
    expect(await storedPart('901')).toBeUndefined()
    company.site.trashPage('3', { withChildren: false })
    await sync()
    expect(await found('bandicoot')).toEqual([])
    company.site.restorePage('3')
    await sync()
    expect(await found('bandicoot')).not.toEqual([])
  })

  it('pictures and large files are left out by rule, broken ones with the reason, and the run succeeds', async () => {
    company.site.addAttachment({ pageId: '2', id: '902', title: 'team.png', bytes: 'wombat' })
    company.site.addAttachment({ pageId: '2', id: '903', title: 'big.txt', bytes: `wombat${'\n'.repeat(26_000_000)}` })
    company.site.addAttachment({ pageId: '2', id: '904', title: 'broken.pdf', bytes: '%PDF-1.7 wombat' })
    company.site.clearRequests()
    const run = await sync()
    expect(run?.state).toBe('succeeded')
    expect(run?.counts?.parts).toMatchObject({
      excluded: 3,
      excludedBy: { 'type png': 1, 'larger than 25 MB': 1, unreadable: 1 },
      failed: 0,
    })
    const rules = await Promise.all(['902', '903', '904'].map(async (id) => (await storedPart(id))?.exclusion))
    expect(rules).toEqual(['type png', 'larger than 25 MB', 'unreadable'])
    expect((await storedPart('904'))?.notice).toContain('broken.pdf')
    expect(await found('wombat')).toEqual([])
    company.site.clearRequests()
    await sync()
    expect(company.site.countRequests(/download/)).toBe(0)
  })

  it('a file that cannot be had is a failure of its own, tried again by the next run', async () => {
    company.site.addAttachment({ pageId: '2', id: '905', title: 'later.txt', bytes: 'The potoroo comes later.' })
    company.site.fail({ kind: 'status', status: 403, path: /download/, times: 99 })
    const run = await sync()
    expect([run?.state, run?.counts?.parts?.failed]).toEqual(['succeeded', 1])
    company.site.clearFaults()
    expect((await sync())?.counts?.parts?.failed).toBe(0)
    expect(await found('potoroo')).toHaveLength(1)
  })

  it('why something failed is reported, with its name and its page, until it succeeds', async () => {
    company.site.addAttachment({ pageId: '2', id: '906', title: 'never.txt', bytes: 'The dunnart never comes.' })
    company.site.fail({ kind: 'status', status: 403, path: /906\/download|never\.txt/, times: 99 })
    const report = async () => {
      const run = await sync()
      return run === undefined ? undefined : (await reportRuns(company.open.core, [run]))[0]
    }
    const failed = await report()
    expect(failed?.state).toBe('INGESTED')
    expect(failed?.parts.failed).toBe(1)
    expect(failed?.partFailures).toEqual([
      {
        pageId: '2',
        page: 'Holidays',
        kind: 'attachment',
        name: 'never.txt',
        reason: expect.stringMatching(/\w.*\.$/),
      },
    ])
    const [status] = await readStatus(company.open.core, 'acme')
    expect(status?.spaces.find(({ key }) => key === 'HR')).toMatchObject({
      parts: { failed: 1 },
      partFailures: [{ name: 'never.txt', page: 'Holidays' }],
    })
    expect(failed?.partNotices).toMatchObject([{ name: 'broken.pdf', reason: expect.stringContaining('damaged') }])
    company.site.clearFaults()
    const { parts, partFailures } = (await report()) ?? {}
    expect(partFailures).toEqual([])
    expect(parts).toMatchObject({ failed: 0 })
    const { listed = 0, unchanged = 0, excluded = 0 } = parts ?? {}
    expect(listed - unchanged - excluded).toBe(1)
  })

  it('one empty answer of the search, which lists them, loses nothing', async () => {
    const before = await db().select().from(pageParts)
    company.site.fail({
      kind: 'status',
      status: 200,
      path: /content\/search.*attachment/,
      body: { results: [], start: 0, limit: 200, size: 0, _links: {} },
    })
    const run = await sync()
    expect(run?.state).toBe('succeeded')
    expect(run?.counts?.parts?.listed).toBe(before.length)
    const after = await db().select().from(pageParts)
    expect(new Set(after.map(({ id }) => id))).toEqual(new Set(before.map(({ id }) => id)))
    expect(await found('potoroo')).toHaveLength(1)
  })

  it('what is gone is forgotten although the search still lists nothing of it', async () => {
    company.site.removeAttachment('906')
    company.site.fail({
      kind: 'status',
      status: 200,
      path: /content\/search.*attachment/,
      body: { results: [], start: 0, limit: 200, size: 0, _links: {} },
    })
    await sync()
    expect(await storedPart('906')).toBeUndefined()
    expect(await storedPart('905')).toBeDefined()
  })

  it('both are found by the new title, labels and path of their page, and nothing is downloaded for it', async () => {
    company.site.addComment({ pageId: '4', id: '921', storage: '<p>The cuscus stays.</p>' })
    company.site.addAttachment({ pageId: '4', id: '922', title: 'cuscus.txt', bytes: 'The cuscus file stays.' })
    await sync()
    company.site.editPage('4', { title: 'Echidna' })
    company.site.editPage(company.site.site.contents.get('4')?.parentId ?? '', { title: 'Thylacine' })
    company.site.setLabels('4', ['platypus'])
    company.site.clearRequests()
    await sync()
    const reads = company.site.requests.filter(({ url }) => /download|type%20%3D%20comment/.test(url))
    expect(reads.map(({ url }) => url)).toEqual([])
    for (const question of ['echidna', 'thylacine', 'platypus']) {
      const texts = (await found(question)).filter(({ pageId }) => pageId === '4').map(({ text }) => text)
      expect(texts).toEqual(expect.arrayContaining(['The cuscus stays.', 'The cuscus file stays.']))
    }
    const stale = (await db().select().from(pageParts)).filter(
      ({ isStale, exclusion }) => isStale && exclusion === null,
    )
    expect(stale).toEqual([])
  })

  it('a full run that is taken up again does not read what it has read', async () => {
    for (let i = 0; i < 12; i++)
      company.site.addAttachment({ pageId: '7', id: String(930 + i), title: `file ${i}.txt`, bytes: `dibbler ${i}` })
    await sync()
    company.site.clearRequests()
    const options = { isFull: true, requestedBy: 'test' }
    const [run] = (await startSync(company.open.core, 'HR', options, soon())).runs
    const stop = new AbortController()
    const { core } = company.open
    const stopping: typeof core.database.db = new Proxy(core.database.db, {
      get(target, name, receiver) {
        // Interrupted while it writes: some are stored, some are not.
        if (name === 'transaction' && company.site.countRequests(/download|file%20/) >= 8)
          stop.abort(new Error('stopped'))
        return Reflect.get(target, name, receiver) as unknown
      },
    })
    await workRun({ ...core, database: { ...core.database, db: stopping } }, run?.id ?? 0, stop.signal)
    const first = company.site.countRequests(/download/)
    expect(stop.signal.aborted).toBe(true)
    const read = (await db().select().from(pageParts)).filter(({ indexedByRun }) => indexedByRun === run?.id)
    expect(read.length).toBeGreaterThan(0)
    await workRun(core, run?.id ?? 0, soon())
    const all = (await db().select().from(pageParts)).filter(
      ({ kind, exclusion }) => kind === 'attachment' && (exclusion === null || exclusion === 'unreadable'),
    )
    const readFirst = read.filter(({ id }) => all.some((part) => part.id === id)).length
    expect(company.site.countRequests(/download/) - first).toBe(all.length - readFirst)
  })

  it('changed rules for attachments hold from the next run on, in both directions', async () => {
    company.site.addAttachment({ pageId: '2', id: '951', title: 'kowari.csv', bytes: 'animal,legs\nkowari,4\n' })
    const syncWith = (types: string[], megabytes: number) =>
      syncAndWait(
        {
          ...company.open,
          core: {
            ...company.open.core,
            config: {
              ...company.open.core.config,
              FOOTNOTE_ATTACHMENT_TYPES: types,
              FOOTNOTE_ATTACHMENT_MAX_MB: megabytes,
            },
          },
        },
        'HR',
      )
    company.site.addAttachment({ pageId: '2', id: '952', title: 'big.csv', bytes: `kaluta\n${' \n'.repeat(600_000)}` })
    await syncWith(['txt'], 1)
    expect(await found('kowari')).toEqual([])
    expect(await found('dibbler')).not.toEqual([])
    await syncWith(['csv'], 1)
    expect(await found('kowari')).toHaveLength(1)
    expect(await found('kaluta')).toEqual([])
    expect(await found('dibbler')).toEqual([])
    await syncWith(['csv', 'txt'], 2)
    expect(await found('kaluta')).toHaveLength(1)
    expect(await found('dibbler')).not.toEqual([])
    const { HR } = await syncWith(['csv', 'txt'], 0)
    expect(HR?.run.counts?.parts?.excludedBy).toMatchObject({ 'larger than 0 MB': expect.any(Number) })
    expect(await found('kowari')).toEqual([])
    await syncWith(['csv', 'txt'], 25)
    expect(await found('kowari')).toHaveLength(1)
  })

  it('whoever is mentioned in a comment stands there by name, and whoever wrote it stands above', async () => {
    const { userKey } = company.site.credentialsOf('bob')
    const id = flavour === 'cloud' ? 'ri:account-id="bob"' : `ri:userkey="${userKey}"`
    company.site.addComment({
      pageId: '2',
      id: '961',
      authorId: 'kim',
      storage: `<p>Numbats: ask <ac:link><ri:user ${id} /></ac:link>.</p>`,
    })
    await sync()
    const [passage] = (await found('ask numbats')).filter(({ pageId }) => pageId === '2')
    expect(passage).toMatchObject({ text: 'Numbats: ask @bob.', headingPath: ['Comment by kim'] })
    expect(passage?.url).toMatch(/961/)
  })

  it('what takes a reader too long is a failure with its reason, read again the next night and not before', async () => {
    company.site.addAttachment({ pageId: '2', id: '971', title: 'endless.txt', bytes: 'The quoll has no end.' })
    company.site.addAttachment({ pageId: '2', id: '972', title: 'endless too.txt', bytes: 'Nor has this quoll.' })
    const slow = await syncWithLimits({ timeoutMs: 1 })
    expect(slow.parts).toMatchObject({ failed: 2 })
    expect(await storedPart('971')).toMatchObject({
      exclusion: null,
      failure: '“endless.txt” took too long to read.',
      indexedVersion: null,
    })
    company.site.clearRequests()
    company.wait()
    expect((await sync())?.counts?.parts?.failed).toBe(2)
    expect(company.site.countRequests(/download/)).toBe(0)
    company.site.replaceAttachment('972', Buffer.from('This quoll has an end.'))
    company.wait()
    expect((await sync())?.counts?.parts?.failed).toBe(1)
    expect(await found('quoll')).toHaveLength(1)
    company.wait(24 * 60)
    expect((await sync())?.counts?.parts?.failed).toBe(0)
    expect(await found('quoll')).toHaveLength(2)
  })

  it('a file that is read only in part says so', async () => {
    company.site.addAttachment({ pageId: '2', id: '981', title: 'long.txt', bytes: 'Betong. '.repeat(4_000) })
    await syncWithLimits({ maxCharacters: 10_000 })
    const notice = '“long.txt” is long: only the first 10,000 characters of its text are searched.'
    expect(await storedPart('981')).toMatchObject({ exclusion: null, failure: null, notice })
    expect(await found('betong')).not.toEqual([])
    const run = await sync()
    const [report] = await reportRuns(company.open.core, run === undefined ? [] : [run])
    expect(report?.partNotices.map(({ reason }) => reason)).toContain(notice)
  })

  it('when no file comes at all, the rest is not waited for, and all of them come with the next run', async () => {
    for (let i = 0; i < 30; i++)
      company.site.addAttachment({
        pageId: '7',
        id: String(1_000 + i),
        title: `mulgara ${i}.txt`,
        bytes: `mulgara ${i}`,
      })
    let asked = 0
    const down = async () => {
      asked += 1
      throw new TransientError('server_error', 'The file store is down.')
    }
    const counts = await syncWithLimits({}, { downloadAttachment: down })
    expect(counts.parts?.failed).toBe(30)
    expect(asked).toBeLessThan(20)
    const failing = new Set(
      (await db().select().from(pageParts)).filter(({ failure }) => failure !== null).slice(0, 25),
    )
    const half = async (part: SitePart, maxBytes: number, signal: AbortSignal) => {
      if ([...failing].some(({ partId }) => partId === part.partId)) return down()
      return (await openHere()).downloadAttachment(part, maxBytes, signal)
    }
    for (let run = 0; run < 4; run++) await syncWithLimits({}, { downloadAttachment: half })
    const left = (await db().select().from(pageParts)).filter(({ failure }) => failure !== null)
    expect(left).toHaveLength(25)
    expect((await sync())?.counts?.parts?.failed).toBe(0)
    expect(await found('mulgara')).not.toEqual([])
  })

  const openHere = async (): Promise<ConfluenceSite> => {
    const [connection] = await listConnections(db())
    if (connection === undefined) throw new Error('nothing is connected')
    return openConnectionSite(company.open.core, connection)
  }

  /** A run of HR in this process, as the worker does it, with other limits on what a file may cost, or a site that differs. */
  async function syncWithLimits(
    limits: Partial<ExtractLimits>,
    site: Partial<ConfluenceSite> = {},
  ): Promise<RunCounts> {
    const { core } = company.open
    const started = await startSync(core, 'HR', { isFull: false, requestedBy: 'test' }, soon())
    const now = core.now()
    const run = await claimRun(db(), started.runs[0]?.id ?? 0, 'test', now, new Date(now.getTime() + 60_000))
    const space = await findSpaceById(db(), run?.spaceId ?? 0)
    const connection = await findConnectionById(db(), space?.connectionId ?? 0)
    if (run === undefined || space === undefined || connection === undefined) throw new Error('there is no run')
    const counts = await runSpace(
      {
        database: core.database,
        site: { ...openConnectionSite(core, connection), ...site },
        run,
        space,
        scope: connection.scope,
        exclusions: connection.exclusions,
        attachments: { types: ['txt', 'docx', 'pdf', 'csv'], maxBytes: 25_000_000, limits },
        now: core.now,
        requireLease: async () => {},
      },
      soon(),
    )
    await finishRun(db(), run, { state: 'succeeded', counts, error: null, finishedAt: core.now() })
    return counts
  }
})
