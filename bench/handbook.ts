// A wiki in the layout of the sample wiki, connected, synced whole and asked through the same commands as a person's, each
// in a process of its own, with the peak of its resident memory.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finish, print, require, startSite } from './processes.ts'

type Options = { folder: string; flavour: 'cloud' | 'datacenter'; databaseUrl: string | undefined }
type SpaceReport = { listed: number; stored: number; failed: number; state: string }

export async function benchHandbook({ folder, flavour, databaseUrl }: Options): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'footnote-bench-'))
  const site = await startSite(flavour, ['--folder', folder])
  const environment = {
    ...process.env,
    FOOTNOTE_ALLOW_LOOPBACK: '1',
    FOOTNOTE_DATA_DIR: data,
    FOOTNOTE_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    CONFLUENCE_TOKEN: site.token,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  }
  const footnote = (...command: string[]) => finish(['src/main.ts', ...command], environment)
  const credential = flavour === 'cloud' ? ['--email', site.email] : []
  try {
    const connect = ['connect', '--name', 'bench', '--url', site.url, '--all-spaces', '--accept-disclaimer']
    require(await footnote(...connect, ...credential))
    const alone = async (settings: string): Promise<number> =>
      require(await finish(['bench/embedded-alone.ts', data, settings], environment)).peakMb
    const databasePeaks = databaseUrl === undefined ? [await alone('default'), await alone('baseline')] : []
    const first = require(await footnote('sync', '--wait', '--json'))
    const again = require(await footnote('sync', '--wait', '--json'))
    const evaluation = await footnote('eval', join(folder, 'questions.jsonl'))
    const spaces = JSON.parse(first.output) as SpaceReport[]
    const sum = (of: (space: SpaceReport) => number): number => spaces.reduce((total, space) => total + of(space), 0)
    print(`Site               ${flavour}, ${sum((s) => s.listed)} pages in ${spaces.length} spaces, ${folder}`)
    print(`Database           ${databaseUrl === undefined ? 'embedded' : 'PostgreSQL'}`)
    print(`Stored, failed     ${sum((s) => s.stored)}, ${sum((s) => s.failed)}`)
    print(`First sync         ${first.seconds.toFixed(1)} s, peak ${first.peakMb} MB resident`)
    print(`Unchanged sync     ${again.seconds.toFixed(1)} s, peak ${again.peakMb} MB`)
    if (databasePeaks.length > 0)
      print(`Database alone     peak ${databasePeaks.join(' MB with V8 as it comes, ')} MB as Footnote sets V8`)
    print(`\n${evaluation.output.trim()}`)
  } finally {
    await site.stop()
    await rm(data, { recursive: true, force: true })
  }
}
