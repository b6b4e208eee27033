// kill -9 at random moments of a sync while people edit: after the last resume the store has to equal the site.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { generateWiki } from '../sandbox/confluence/generate.ts'
import { createSite } from '../sandbox/confluence/model.ts'
import { type RunningConfluence, startConfluence } from '../sandbox/confluence/server.ts'
import { chunkPage } from '../src/core/content/chunk.ts'
import { parseStorage } from '../src/core/content/parse-storage.ts'
import { openDatabase, rows } from '../src/db/database.ts'
import { createLog } from '../src/log.ts'
import { finish, print, require, root } from './processes.ts'
import { createScratchDatabase } from './scratch-database.ts'

export type CrashBenchOptions = {
  flavour: 'cloud' | 'datacenter'
  pages: number
  kills: number
  /** Undefined: the embedded database. */
  databaseUrl: string | undefined
}

/** Ids in one request for bodies, and requests for them under way at a time: what one kill may waste. */
const inFlight = { cloud: 250 * 2, datacenter: 50 * 2 }
const editEveryMs = 40

export async function benchCrash({ flavour, pages, kills, databaseUrl }: CrashBenchOptions): Promise<void> {
  await using cleanUp = new AsyncDisposableStack()
  const data = await mkdtemp(join(tmpdir(), 'footnote-crash-'))
  cleanUp.defer(() => rm(data, { recursive: true, force: true }))
  const scratch = databaseUrl === undefined ? undefined : cleanUp.use(await createScratchDatabase(databaseUrl))
  const site = await startConfluence({ flavour, site: createSite(generateWiki({ pages, spaces: 1 })) })
  cleanUp.defer(() => site.close())
  const environment = {
    ...process.env,
    FOOTNOTE_ALLOW_LOOPBACK: '1',
    FOOTNOTE_DATA_DIR: data,
    FOOTNOTE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    FOOTNOTE_LEASE_SECONDS: '2',
    CONFLUENCE_TOKEN: site.credentials.token,
    ...(scratch === undefined ? {} : { DATABASE_URL: scratch.url }),
  }
  const credential = flavour === 'cloud' ? ['--email', site.credentials.email] : ['--auth', 'pat']
  const connect = ['connect', '--name', 'crash', '--url', site.url, '--all-spaces', '--accept-disclaimer', '--json']
  require(await finish(['src/main.ts', ...connect, ...credential], environment))

  const editing = startEditing(site)
  let interrupted = 0
  for (let kill = 0; kill < kills; kill++)
    if (await syncAndKill(environment, 700 + Math.random() * 4_000)) interrupted += 1
  const edits = await editing.stop()
  const last = require(await finish(['src/main.ts', 'sync', 'crash', '--wait', '--json'], environment))
  const repeated = countRepeatedBodies(site, edits)
  const differences = await compare(site, scratch?.url, data)

  print(`Site               ${flavour}, ${pages} pages, ${edits.size} edited meanwhile`)
  print(`Database           ${databaseUrl === undefined ? 'embedded' : 'PostgreSQL'}`)
  print(`Kills              ${kills}, ${interrupted} of them during a run`)
  print(`Last run           ${last.seconds.toFixed(1)} s`)
  print(`Bodies repeated    ${repeated}, at most ${interrupted * inFlight[flavour]} were in flight`)
  print(`Differences        ${differences.length === 0 ? 'none: the store equals the site' : differences.length}`)
  for (const difference of differences.slice(0, 20)) print(`  ${difference}`)
  if (differences.length > 0) process.exitCode = 1
}

/** True when the process was still at work. */
async function syncAndKill(environment: NodeJS.ProcessEnv, afterMs: number): Promise<boolean> {
  const child = spawn(process.execPath, ['src/main.ts', 'sync', 'crash', '--wait'], {
    cwd: root,
    env: environment,
    stdio: 'ignore',
  })
  const exited = once(child, 'exit')
  await Promise.race([exited, delay(afterMs)])
  const isRunning = child.exitCode === null
  child.kill('SIGKILL')
  await exited
  return isRunning
}

/** Edits one page after the other; `stop` gives how often each was. */
function startEditing(site: RunningConfluence): { stop: () => Promise<Map<string, number>> } {
  const edits = new Map<string, number>()
  const stopping = new AbortController()
  const edit = async (): Promise<void> => {
    for (let seed = 1; !stopping.signal.aborted; seed++) {
      for (const id of site.churn(1, seed)) edits.set(id, (edits.get(id) ?? 0) + 1)
      await delay(editEveryMs)
    }
  }
  const editing = edit()
  return {
    stop: async () => {
      stopping.abort()
      await editing
      return edits
    },
  }
}

/** How often a body was sent beyond once for each version. */
function countRepeatedBodies(site: RunningConfluence, edits: ReadonlyMap<string, number>): number {
  const sent = new Map<string, number>()
  for (const { url } of site.requests)
    for (const id of idsOf(decodeURIComponent(url))) sent.set(id, (sent.get(id) ?? 0) + 1)
  let repeated = 0
  for (const [id, count] of sent) repeated += Math.max(0, count - 1 - (edits.get(id) ?? 0))
  return repeated
}

function idsOf(url: string): string[] {
  if (/body-format=storage/.test(url)) return [...url.matchAll(/[?&]id=(\d+)/g)].map((match) => match[1] ?? '')
  if (!/expand=body\.storage/.test(url)) return []
  return (/id in \(([\d,]+)\)/.exec(url)?.[1] ?? /content\/(\d+)\?/.exec(url)?.[1] ?? '').split(',')
}

/** Pages that the store lacks, has too many of, or holds another text of. */
async function compare(site: RunningConfluence, databaseUrl: string | undefined, dataDir: string): Promise<string[]> {
  const database = await openDatabase({ databaseUrl, dataDir, log: createLog('silent') })
  const stored = new Map(
    (
      await rows<{ id: string; version: number; text: string }>(
        database.db,
        sql`select p.page_id as id, p.indexed_version as version,
                   coalesce(string_agg(c.text, e'\\n' order by c.ordinal), '') as text
              from pages p left join chunks c on c.page_id = p.id and c.part_id is null
             where p.tombstoned_at is null group by p.id`,
      )
    ).map((row) => [row.id, row]),
  )
  await database.close()
  const differences: string[] = []
  const { syncAccount, contents } = site.site
  for (const { id, type, status, version, storage } of contents.values()) {
    if ((type !== 'page' && type !== 'blogpost') || status !== 'current' || !site.isVisible(id, syncAccount.accountId))
      continue
    const row = stored.get(id)
    stored.delete(id)
    const { blocks } = parseStorage(storage, { displayName: () => undefined, baseUrl: site.url })
    const text = chunkPage(blocks)
      .map((chunk) => chunk.text)
      .join('\n')
    if (row === undefined) differences.push(`page ${id} is missing`)
    else if (row.version !== version.number)
      differences.push(`page ${id}: version ${row.version}, not ${version.number}`)
    else if (withoutNames(row.text) !== withoutNames(text)) differences.push(`page ${id}: another text`)
  }
  for (const id of stored.keys()) differences.push(`page ${id} should not be there`)
  return differences
}

/** Mentions are resolved by the site's people, which the comparison does not ask. */
const withoutNames = (text: string): string => text.replaceAll(/@[^\n.,;:!?)]*/g, '@')
