// A space in which nothing changed: how many requests a run makes, by what they ask for, and how long it is at work itself.
import { randomBytes } from 'node:crypto'
import { finish, print, require, startSite } from './processes.ts'
import { createScratchDatabase } from './scratch-database.ts'

export type UnchangedBenchOptions = {
  flavour: 'cloud' | 'datacenter'
  pages: number
  latencyMs: number
  databaseUrl: string
}

/** Parts of addresses by what is asked; the first that fits counts. */
const subjects = {
  cloud: {
    'content census': ['/pages?', '/blogposts?'],
    'folders above pages': ['/api/v2/folders/'],
    'attachments, comments': ['attachment'],
    'permission census': ['content/search', '/restriction', '/permissions?', '/labels', '/group/', 'users-bulk'],
  },
  datacenter: {
    'content census': ['content/scan', '/rest/api/content?'],
    'attachments, comments': ['attachment'],
    'permission census': ['content/search', '/restriction', 'permission', '/group/', '/user'],
  },
}

export async function benchUnchanged({ flavour, pages, latencyMs, databaseUrl }: UnchangedBenchOptions): Promise<void> {
  await using database = await createScratchDatabase(databaseUrl)
  const site = await startSite(flavour, ['--pages', String(pages), '--spaces', '1', '--latency', String(latencyMs)])
  try {
    const environment = {
      ...process.env,
      DATABASE_URL: database.url,
      FOOTNOTE_ALLOW_LOOPBACK: '1',
      FOOTNOTE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      CONFLUENCE_TOKEN: site.token,
    }
    const footnote = async (...command: string[]) => require(await finish(['src/main.ts', ...command], environment))
    const credential = site.email === '' ? ['--auth', 'pat'] : ['--email', site.email]
    const connect = ['connect', '--name', 'bench', '--url', site.url, '--all-spaces', '--accept-disclaimer', '--json']
    await footnote(...connect, ...credential)
    await footnote('sync', 'bench', '--wait', '--json')
    const start = await footnote('spaces', 'bench', '--json')
    await site.control('clearRequests')
    const serverBefore = await database.readCpu()
    const run = await footnote('sync', 'bench', '--wait', '--json')
    const serverAfter = await database.readCpu()
    const seconds = await database.query(
      `select extract(epoch from finished_at - started_at) as value from sync_runs order by id desc limit 1`,
    )
    const [{ listed, unchanged } = { listed: 0, unchanged: 0 }] = JSON.parse(run.output) as {
      listed: number
      unchanged: number
    }[]
    print(`Space              ${flavour}, ${pages} pages: ${listed} listed, ${unchanged} unchanged`)
    print(`The run            ${seconds.toFixed(1)} s at ${latencyMs} ms latency, ${run.peakMb} MB at the peak`)
    print(
      `Own time           ${(run.cpuSeconds - start.cpuSeconds).toFixed(2)} s of Footnote, the start of the process taken off`,
    )
    if (serverBefore !== undefined && serverAfter !== undefined)
      print(`                   ${(serverAfter - serverBefore).toFixed(2)} s of PostgreSQL`)
    await printRequests(flavour, (await site.control('listRequests')) as string[])
  } finally {
    await site.stop()
  }
}

async function printRequests(flavour: UnchangedBenchOptions['flavour'], urls: string[]): Promise<void> {
  const counts = new Map<string, number>()
  for (const url of urls.map(decodeURIComponent)) {
    const subject = Object.entries(subjects[flavour]).find(([, parts]) => parts.some((part) => url.includes(part)))
    counts.set(subject?.[0] ?? 'the rest', (counts.get(subject?.[0] ?? 'the rest') ?? 0) + 1)
  }
  for (const [subject, count] of [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    print(`Requests           ${count} for ${subject}`)
}
