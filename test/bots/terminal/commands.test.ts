// The command line in processes of its own, on one site and one data folder, in the order in which somebody would type.
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSite } from '../../../sandbox/confluence/model.ts'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import { openDatabase, rows } from '../../../src/db/database.ts'
import { auditLog } from '../../../src/db/schema/connections.ts'
import { createLog } from '../../../src/log.ts'
import { type Parsed, parseJson, runCli, startCli } from '../../support/cli.ts'
import { databaseKinds, openTestDatabase } from '../../support/database.ts'
import { company } from '../../support/flow.ts'

let site: RunningConfluence
let folder: string
let environment: Record<string, string>

beforeAll(async () => {
  site = await startConfluence({ flavour: 'cloud', site: createSite(company) })
  folder = await mkdtemp(join(tmpdir(), 'footnote-cli-'))
  environment = {
    FOOTNOTE_DATA_DIR: join(folder, 'data'),
    FOOTNOTE_ALLOW_LOOPBACK: '1',
    CONFLUENCE_TOKEN: site.credentials.token,
    PORT: '0',
  }
})
afterAll(async () => {
  await site.close()
  await rm(folder, { recursive: true, force: true })
})

/** Runs a command with --json; its one value. */
async function footnote(...args: string[]): Promise<Parsed> {
  return parseJson(await runCli([...args, '--json'], environment))
}

function connect(): string[] {
  const { email } = site.credentials
  return ['connect', '--name', 'acme', '--url', site.url, '--email', email, '--all-spaces', '--accept-disclaimer']
}

const bob = ['--as', 'bob.member@acme.example']
const harbour = 'When does the harbour office close?'

describe('footnote', () => {
  it('connects, syncs, and syncs again what changed alone', async () => {
    expect(await footnote(...connect())).toMatchObject({
      status: 0,
      value: { connection: 'acme', test: expect.stringMatching(/^Works, as /), sync: 'queued' },
    })
    const synced = await footnote('sync', '--wait')
    expect(synced.status).toBe(0)
    const parts = { listed: 0, stored: 0, unchanged: 0, failed: 0, excluded: 0 }
    const reasons = { failures: [], partFailures: [], partNotices: [] }
    const counts = { unchanged: 0, failed: 0, excluded: 0, deleted: 0, parts, ...reasons }
    expect(synced.value).toEqual([
      { space: 'HB', state: 'INGESTED', listed: 5, stored: 5, updated: 5, ...counts },
      { space: 'IT', state: 'INGESTED', listed: 3, stored: 3, updated: 3, ...counts },
    ])
    site.editPage('2', { storage: '<p>Every employee has thirty-one days of annual leave.</p>' })
    site.trashPage('5')
    const again = await runCli(['sync', 'acme', '--wait'], environment)
    expect(again.status).toBe(0)
    expect(again.stdout).toContain('✓ HB           4 of 4 pages, 1 updated, 3 unchanged, 1 deleted\n')
    const { mode } = await stat(join(folder, 'data', 'encryption.key'))
    expect(mode & 0o777).toBe(0o600)
  })

  it('shows the state, answers and explains, as a person and as the operator, who is written down', async () => {
    expect((await footnote('status')).value).toMatchObject([
      {
        name: 'acme',
        test: { result: 'Works' },
        spaces: [
          { key: 'HB', stored: 4 },
          { key: 'IT', stored: 3 },
        ],
      },
    ])
    const { status, value } = await footnote('ask', harbour, ...bob)
    expect([status, value.kind]).toEqual([0, 'answer'])
    expect(Object.keys(value)).toEqual(expect.arrayContaining(['kind', 'text', 'citations', 'passages', 'timings']))
    expect(value.citations).toEqual([
      {
        n: 1,
        pageId: '4',
        title: 'Harbour office',
        spaceKey: 'HB',
        url: `${site.url}/spaces/HB/pages/4/Harbour+office`,
        quote: 'The harbour office closes on 30 June.',
      },
    ])
    const nobody = await footnote('ask', harbour)
    expect(nobody).toMatchObject({ status: 0, value: { kind: 'abstention', citations: [] } })
    expect(JSON.stringify(nobody.value)).not.toMatch(/30 June|Harbour/)
    const database = await openDatabase({
      databaseUrl: undefined,
      dataDir: join(folder, 'data'),
      log: createLog('silent'),
    })
    const audited = await database.db.select().from(auditLog)
    await database.close()
    expect(audited.map(({ actor, action }) => `${actor}: ${action}`)).toEqual(['terminal: connect'])
  })

  it('goes on with the next sync after a run was killed in the middle', async () => {
    for (const id of ['20', '21', '22']) site.editPage(id, { title: `Edited ${id}` })
    site.clearRequests()
    site.fail({ kind: 'delay', delayMs: 20_000, path: 'body-format' })
    const running = startCli(['sync', 'IT', '--wait'], environment)
    await expect.poll(() => site.countRequests('body-format'), { timeout: 20_000 }).toBeGreaterThan(0)
    running.child.kill('SIGKILL')
    await running.ended
    site.clearFaults()
    expect((await footnote('spaces', 'acme')).value[1]).toMatchObject({ key: 'IT', state: 'INGESTED' })
    const { status, value } = await footnote('sync', 'IT', '--wait')
    expect(status).toBe(0)
    expect(value).toMatchObject([{ space: 'IT', state: 'INGESTED', listed: 3, stored: 3, failed: 0 }])
  })

  it('stops in one sentence when it is interrupted, and nothing is in progress then', async () => {
    for (const id of ['20', '21', '22']) site.editPage(id, { title: `Edited ${id} again` })
    site.clearRequests()
    site.fail({ kind: 'delay', delayMs: 20_000, path: 'body-format' })
    const running = startCli(['sync', 'IT', '--wait'], environment)
    await expect.poll(() => site.countRequests('body-format'), { timeout: 20_000 }).toBeGreaterThan(0)
    running.child.kill('SIGINT')
    const { status, stdout, stderr } = await running.ended
    site.clearFaults()
    expect([status, stdout]).toEqual([130, ''])
    expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('['))).toEqual([
      'Stopped; the sync goes on with the next run.',
    ])
    expect((await footnote('spaces', 'acme')).value[1]).toMatchObject({ key: 'IT', state: 'INGESTED' })
    for (const id of ['20', '21', '22']) site.editPage(id, { title: `Edited ${id}` })
    expect(await footnote('sync', 'IT', '--wait')).toMatchObject({ status: 0, value: [{ state: 'INGESTED' }] })
  })

  it('asks the questions of a file, writes a line for each and counts, with status 1 when a page leaks', async () => {
    const [questions, out] = [join(folder, 'questions.jsonl'), join(folder, 'results.jsonl')]
    const asked = [
      { id: 'badge', question: 'Is a lost badge replaced?', kind: 'single', gold: ['3'], asUser: 'alice' },
      { id: 'zebra', question: 'Which zebra eats marmalade?', kind: 'unanswerable', gold: [] },
      { id: 'harbour', question: harbour, kind: 'restricted', gold: ['4'], asUser: 'alice' },
    ]
    const write = (lines: object[]) => writeFile(questions, lines.map((line) => JSON.stringify(line)).join('\n'))
    await write(asked)
    const { status, value } = await footnote('eval', questions, '--out', out)
    expect([status, value]).toMatchObject([
      0,
      {
        answerable: { questions: 1, hit1: 1 },
        abstention: { shouldDecline: 2, declined: 2, shouldAnswer: 1, wronglyDeclined: 0 },
        leaks: [],
      },
    ])
    const results = (await readFile(out, 'utf8')).trimEnd().split('\n')
    expect(results.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { id: 'badge', ranking: expect.arrayContaining(['3']), answer: { kind: 'answer' }, ms: expect.any(Number) },
      { id: 'zebra', answer: { kind: 'abstention' } },
      { id: 'harbour', ranking: expect.not.arrayContaining(['4']), answer: { kind: 'abstention', citations: [] } },
    ])
    // Whoever wrote this line believes that Bob may not read page 4, which he may.
    await write([{ ...asked[2], asUser: 'bob' }])
    const leaking = await runCli(['eval', questions], environment)
    expect([leaking.status, leaking.stdout]).toEqual([
      1,
      expect.stringMatching(/\nLeaks +[1-9]\n +harbour: page 4 in /),
    ])
  })

  it('works beside a server that holds the database, which no second one may, and which stops when it is told to', async () => {
    const server = startCli(['serve'], { ...environment, LOG_LEVEL: 'info' })
    await server.untilLogged('Footnote is running')
    const second = parseJson(await runCli(['serve', '--json'], environment))
    expect(second).toMatchObject({ status: 1, value: { error: { code: 'data_dir_in_use' } } })
    expect(second.value.error.message).toContain(`(id ${server.child.pid})`)
    expect(second.value.error.message).toContain('FOOTNOTE_DATA_DIR')

    const [hits, why, tested] = await Promise.all([
      footnote('search', 'printer', 'toner', '--limit', '1', ...bob),
      footnote('why', `${site.url}/spaces/HB/pages/4`, ...bob),
      footnote('test', 'acme'),
    ])
    expect(hits.value).toEqual([
      {
        pageId: '21',
        title: 'Edited 21',
        spaceKey: 'IT',
        url: `${site.url}/spaces/IT/pages/21/Edited+21`,
        score: expect.any(Number),
        passage: expect.stringContaining('cupboard seven'),
      },
    ])
    expect(why.value).toMatchObject({ mayRead: true, summary: expect.any(String), details: expect.any(Array) })
    expect(tested).toMatchObject({ status: 0, value: { connection: 'acme', result: 'Works' } })
    expect((await footnote('ask', harbour, '--operator')).value.kind).toBe('answer')

    site.editPage('21', { storage: '<p>The printer toner is kept in cupboard nine.</p>' })
    const synced = await footnote('sync', 'IT', '--wait')
    expect(synced).toMatchObject({ status: 0, value: [{ space: 'IT', updated: 1, unchanged: 2 }] })
    site.fail({ kind: 'status', status: 403, path: '/spaces/200/pages', times: 9 })
    const failed = await footnote('sync', 'IT', '--wait')
    site.clearFaults()
    expect(failed).toMatchObject({ status: 1, value: [{ space: 'IT', state: 'ERROR', error: expect.any(String) }] })

    server.child.kill('SIGTERM')
    const { status, stdout, stderr } = await server.ended
    expect([status, stdout]).toEqual([0, ''])
    expect(stderr).toContain('stopping')
    expect(stderr).not.toMatch(/cupboard|harbour office/i)
    expect(stderr).not.toContain(site.credentials.token)
  })

  it('says that the process which held the data folder has ended', async () => {
    const holder = startCli(['serve', '--role', 'web'], { ...environment, LOG_LEVEL: 'info' })
    await holder.untilLogged('Footnote is running')
    site.clearRequests()
    site.fail({ kind: 'delay', delayMs: 2_000, path: '/user/current' })
    const guest = startCli(['test', 'acme', '--json'], environment)
    await expect.poll(() => site.countRequests('/user/current'), { timeout: 20_000 }).toBeGreaterThan(0)
    holder.child.kill('SIGKILL')
    const { status, value } = parseJson(await guest.ended)
    site.clearFaults()
    expect([status, value.error]).toEqual([
      1,
      {
        code: 'holder_gone',
        message: 'The Footnote process that held the data folder ended meanwhile; run the command again.',
      },
    ])
    await holder.ended
  })

  it('waits beside a process that works no syncs, and does the work when that has ended', async () => {
    const holder = startCli(['serve', '--role', 'web'], { ...environment, LOG_LEVEL: 'info' })
    await holder.untilLogged('Footnote is running')
    site.editPage('21', { storage: '<p>The printer toner is kept in cupboard eleven.</p>' })
    const guest = startCli(['sync', 'IT', '--wait', '--json'], environment)
    await guest.untilLogged('That process has not begun with this.')
    holder.child.kill('SIGTERM')
    expect((await holder.ended).status).toBe(0)
    const synced = parseJson(await guest.ended)
    expect(synced).toMatchObject({ status: 0, value: [{ space: 'IT', state: 'INGESTED', updated: 1, unchanged: 2 }] })
    expect(synced.stderr).toContain('The Footnote process that held the database has ended.')
    expect(synced.stderr.match(/has not begun with this/g)).toHaveLength(1)
  })

  it('leaves the syncs to a worker that holds the database and listens on nothing', async () => {
    const worker = startCli(['serve', '--role', 'worker'], { ...environment, LOG_LEVEL: 'info' })
    await worker.untilLogged('Footnote is running')
    site.editPage('21', { storage: '<p>The printer toner is kept in cupboard twelve.</p>' })
    const synced = await footnote('sync', 'IT', '--wait')
    expect(synced).toMatchObject({ status: 0, value: [{ space: 'IT', updated: 1, unchanged: 2 }] })
    expect(synced.stderr).not.toContain('has not begun with this')
    worker.child.kill('SIGTERM')
    const { status, stderr } = await worker.ended
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('listening')])
  })

  it('removes a connection with its content, and wrote down who did what', async () => {
    const removed = await footnote('remove', 'acme', '--purge')
    expect(removed).toMatchObject({ status: 0, value: { connection: 'acme', spaces: 2, pages: 7, isPurged: true } })
    expect((await footnote('search', 'badge', '--operator')).value).toEqual([])
    const database = await openDatabase({
      databaseUrl: undefined,
      dataDir: join(folder, 'data'),
      log: createLog('silent'),
    })
    const audited = await database.db.select().from(auditLog).orderBy(auditLog.id)
    await database.close()
    expect(audited.map(({ actor, action, subject }) => `${actor}: ${action}, ${subject}`)).toEqual([
      'terminal: connect, acme',
      'terminal: eval as operator, all content',
      'terminal: eval as operator, all content',
      'terminal: ask as operator, all content',
      'terminal: purge, acme',
      'terminal: search as operator, all content',
    ])
  })
})

describe.runIf(databaseKinds.includes('postgres'))('footnote on a PostgreSQL server (needs TEST_DATABASE_URL)', () => {
  it('stores no credential without FOOTNOTE_ENCRYPTION_KEY, and says how to make one', async () => {
    const database = await openTestDatabase('postgres')
    try {
      const [found] = await rows<{ name: string }>(database.db, sql`select current_database() as name`)
      const url = new URL(process.env['TEST_DATABASE_URL'] ?? '')
      url.pathname = `/${found?.name}`
      const onServer = { ...environment, DATABASE_URL: url.href }
      for (const args of [connect(), ['serve']]) {
        const { status, value } = parseJson(await runCli([...args, '--json'], onServer))
        expect([status, value.error.code]).toEqual([1, 'encryption_key_missing'])
        expect(value.error.message).toContain('openssl rand -base64 32')
      }
    } finally {
      await database.close()
    }
  })

  it('says that the server is away', async () => {
    const away = { ...environment, DATABASE_URL: 'postgres://nobody:s3cret@127.0.0.1:9/none' }
    const { status, value } = parseJson(await runCli(['status', '--json'], away))
    expect([status, value.error.code]).toEqual([1, 'database_away'])
    expect(value.error.message).not.toContain('s3cret')
  })
})
