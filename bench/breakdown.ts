// Where the processor time of a page goes: the pages of a generated wiki, synced once for their rows, are taken through each
// step by itself, on one core.
import { randomBytes } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { generateWiki } from '../sandbox/confluence/generate.ts'
import { createSite } from '../sandbox/confluence/model.ts'
import { startConfluence } from '../sandbox/confluence/server.ts'
import { chunkPage } from '../src/core/content/chunk.ts'
import { fingerprintOf } from '../src/core/content/fingerprint.ts'
import { parseStorage } from '../src/core/content/parse-storage.ts'
import { termsOfPage } from '../src/core/search/index-terms.ts'
import { type Database, openDatabase, rows } from '../src/db/database.ts'
import { type IndexedPage, writeIndexedPages } from '../src/db/queries/indexed-pages.ts'
import { createLog } from '../src/log.ts'
import { finish, print, require } from './processes.ts'
import { createScratchDatabase, type ScratchDatabase } from './scratch-database.ts'

const batchSize = 250

export async function benchBreakdown({ pages, databaseUrl }: { pages: number; databaseUrl: string }): Promise<void> {
  await using scratch = await createScratchDatabase(databaseUrl)
  const site = createSite(generateWiki({ pages }))
  const bodies = [...site.contents.values()].filter(({ type }) => type === 'page')
  const storage = new Map(bodies.map((page) => [page.id, page.storage]))
  await syncOnce(site, scratch.url)
  const database = await openDatabase({ databaseUrl: scratch.url, dataDir: '', log: createLog('silent') })
  try {
    const stored = await rows<{ id: string; pageId: string; title: string; versionNumber: number }>(
      database.db,
      sql`select id, page_id as "pageId", title, version_number as "versionNumber" from pages where indexed_version is not null`,
    )
    const kept = stored.filter(({ pageId }) => storage.has(pageId))
    const parsed = step('parse', kept, ({ pageId }) =>
      parseStorage(storage.get(pageId) ?? '', { displayName: () => 'Ada', baseUrl: 'https://wiki.example' }),
    )
    const chunked = step('chunk', parsed, ({ blocks }) => chunkPage(blocks))
    const indexed = step('index', chunked, (chunks, i): IndexedPage => {
      const { id, title, versionNumber } = kept[i] ?? { id: '0', title: '', versionNumber: 1 }
      const termsOf = termsOfPage({ title, spaceName: 'Space', spaceKey: 'SP', ancestorTitles: [], labels: [] })
      return {
        id: Number(id),
        versionNumber,
        fingerprint: fingerprintOf({ title, ancestorTitles: [], chunks }),
        isDegraded: false,
        unrenderedMacros: [],
        links: [],
        chunks: chunks.map((chunk) => ({ ...chunk, terms: termsOf(chunk) })),
      }
    })
    await write(database, scratch, indexed)
  } finally {
    await database.close()
  }
}

/** One step over all values; prints the processor time for each. */
function step<In, Out>(name: string, values: In[], work: (value: In, i: number) => Out): Out[] {
  // Once for the compiler, once for the clock.
  for (const [i, value] of values.slice(0, 300).entries()) work(value, i)
  const before = process.cpuUsage()
  const results = values.map(work)
  report(name, spent(before) / values.length)
  return results
}

async function write(database: Database, scratch: ScratchDatabase, indexed: IndexedPage[]): Promise<void> {
  await database.db.execute(sql`truncate chunks, postings cascade`)
  const serverBefore = (await scratch.readCpu()) ?? 0
  const before = process.cpuUsage()
  for (let start = 0; start < indexed.length; start += batchSize)
    await writeIndexedPages(database, indexed.slice(start, start + batchSize), 0)
  report('write, Footnote', spent(before) / indexed.length)
  report('write, PostgreSQL', ((((await scratch.readCpu()) ?? 0) - serverBefore) * 1_000) / indexed.length)
  print(`${indexed.length} pages, ${indexed.reduce((sum, { chunks }) => sum + (chunks?.length ?? 0), 0)} chunks`)
}

function spent(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

function report(name: string, milliseconds: number): void {
  print(`${name.padEnd(20)} ${milliseconds.toFixed(3)} ms a page`)
}

async function syncOnce(site: ReturnType<typeof createSite>, databaseUrl: string): Promise<void> {
  const confluence = await startConfluence({ flavour: 'cloud', site, cacheRows: true })
  try {
    const environment = {
      ...process.env,
      DATABASE_URL: databaseUrl,
      FOOTNOTE_ALLOW_LOOPBACK: '1',
      FOOTNOTE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      FOOTNOTE_ATTACHMENT_MAX_MB: '0',
      CONFLUENCE_TOKEN: confluence.credentials.token,
    }
    const address = ['--url', confluence.url, '--email', confluence.credentials.email]
    const connect = ['connect', '--name', 'bench', '--all-spaces', '--accept-disclaimer', '--json']
    require(await finish(['src/main.ts', ...connect, ...address], environment))
    require(await finish(['src/main.ts', 'sync', 'bench', '--wait', '--json'], environment))
  } finally {
    await confluence.close()
  }
}
