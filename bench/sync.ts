// First and unchanged sync of a generated wiki beside LangChain.js' loader, on the same site in one run. The loader reads
// titles and texts into memory; ours counts pages that can be searched, with their permissions, in PostgreSQL.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type BenchSite, type Finished, finish, print, require, root, startSite } from './processes.ts'
import { createScratchDatabase, type ScratchDatabase } from './scratch-database.ts'

export type SyncBenchOptions = {
  flavour: 'cloud' | 'datacenter'
  pages: number[]
  latenciesMs: number[]
  /** A server's URL; each measurement makes a database there and drops it. */
  databaseUrl: string
  /** Switches of the site (sandbox/confluence/traps.ts) as JSON. */
  traps: string
  withPeer: boolean
  /** Reads attachments too, which the peer does not. */
  withAttachments: boolean
}

type SpaceReport = { space: string; listed: number; stored: number; failed: number; state: string; error?: string }
type Run = {
  pages: number
  seconds: number
  requests: number
  peakMb: number
  /** Of the process itself, its start taken off. */
  cpuSeconds: number
  /** Of the PostgreSQL server meanwhile; undefined where it cannot be seen, or is not used. */
  serverCpuSeconds?: number | undefined
}

/** FOOTNOTE_SITE_CONCURRENCY as it comes. */
const allowedConcurrency = 8

const peerFolder = join(root, 'bench/peers')

export async function benchSync(options: SyncBenchOptions): Promise<void> {
  if (options.withPeer) installPeer()
  print(`Site ${options.flavour}, generated; traps ${options.traps}`)
  print('own ms/page: processor time of Footnote + PostgreSQL. limit: the slower of the network')
  print(
    `(requests × latency ÷ ${allowedConcurrency} at a time) and that processor time, on one core / shared by both cores.`,
  )
  print('pages  latency  who               found  seconds  pages/s  requests  peak MB  own ms/page    % of limit')
  for (const pages of options.pages)
    for (const latencyMs of options.latenciesMs) {
      const site = await startSite(options.flavour, [
        '--pages',
        String(pages),
        '--latency',
        String(latencyMs),
        '--traps',
        options.traps,
        '--warm',
      ])
      try {
        await measure(site, pages, latencyMs, options)
      } finally {
        await site.stop()
      }
    }
}

async function measure(site: BenchSite, pages: number, latencyMs: number, options: SyncBenchOptions): Promise<void> {
  await using database = await createScratchDatabase(options.databaseUrl)
  const footnote = (...command: string[]) =>
    finish(['src/main.ts', ...command], environmentOf(site, database.url, options.withAttachments))
  const credential = site.email === '' ? ['--auth', 'pat'] : ['--email', site.email]
  const connect = ['connect', '--name', 'bench', '--url', site.url, '--all-spaces', '--accept-disclaimer', '--json']
  require(await footnote(...connect, ...credential))
  const listed = require(await footnote('spaces', 'bench', '--json'))
  const spaces = JSON.parse(listed.output) as { key: string }[]
  const startCpu = listed.cpuSeconds
  const report = (who: string, run: Run): void => print(renderRow(pages, latencyMs, who, run))
  for (const who of ['first sync', 'unchanged sync'])
    report(
      who,
      await runCounted(site, async () => {
        const serverBefore = await database.readCpu()
        const run = await toRun(await footnote('sync', 'bench', '--wait', '--json'), database)
        const serverAfter = await database.readCpu()
        const serverCpuSeconds =
          serverBefore === undefined || serverAfter === undefined ? undefined : serverAfter - serverBefore
        return { ...run, cpuSeconds: run.cpuSeconds - startCpu, serverCpuSeconds }
      }),
    )
  if (options.withPeer) {
    const keys = spaces.map(({ key }) => key).join(',')
    report('LangChain loader', await runCounted(site, () => runPeer(site, keys)))
  }
}

function renderRow(pages: number, latencyMs: number, who: string, run: Run): string {
  const { seconds, cpuSeconds, serverCpuSeconds } = run
  const perPage = (value: number): string => ((value * 1_000) / pages).toFixed(2)
  return [
    String(pages).padStart(5),
    `${latencyMs} ms`.padStart(8),
    who.padEnd(16),
    String(run.pages).padStart(6),
    seconds.toFixed(1).padStart(8),
    (run.pages / seconds).toFixed(0).padStart(8),
    String(run.requests).padStart(9),
    String(run.peakMb).padStart(8),
    `${perPage(cpuSeconds)}${serverCpuSeconds === undefined ? '' : ` + ${perPage(serverCpuSeconds)}`}`.padStart(12),
    serverCpuSeconds === undefined ? '' : renderShares(run, latencyMs, cpuSeconds + serverCpuSeconds).padStart(13),
  ].join(' ')
}

function renderShares({ requests, seconds }: Run, latencyMs: number, ownSeconds: number): string {
  const network = (requests * latencyMs) / 1_000 / allowedConcurrency
  const share = (own: number): string => `${((Math.max(network, own) / seconds) * 100).toFixed(0)} %`
  return `${share(ownSeconds)} / ${share(ownSeconds / 2)}`
}

async function runCounted(site: BenchSite, work: () => Promise<Omit<Run, 'requests'>>): Promise<Run> {
  await site.control('clearRequests')
  const run = await work()
  return { ...run, requests: Number(await site.control('countRequests')) }
}

/** The time is that of the runs, from the first that was queued to the end of the last: the loader's has no start of a process in it either. */
async function toRun(finished: Finished, database: ScratchDatabase): Promise<Omit<Run, 'requests'>> {
  const spaces = JSON.parse(finished.output) as SpaceReport[]
  if (!Array.isArray(spaces)) throw new Error(`the sync failed: ${finished.output}`)
  for (const { space, state, error, listed, stored, failed } of spaces)
    if (state !== 'INGESTED' || error !== undefined || failed > 0 || listed !== stored)
      print(`  ${space}: ${state}, ${stored} of ${listed} stored, ${failed} failed. ${error ?? ''}`)
  const pages = spaces.reduce((sum, { stored }) => sum + stored, 0)
  const seconds = await database.query(
    `select extract(epoch from max(finished_at) - min(started_at)) as value from sync_runs
      where id > (select max(id) from sync_runs) - (select count(*) from spaces)`,
  )
  return { pages, seconds, peakMb: finished.peakMb, cpuSeconds: finished.cpuSeconds }
}

async function runPeer(site: BenchSite, keys: string): Promise<Omit<Run, 'requests'>> {
  const script = ['--max-old-space-size=4096', join(peerFolder, 'confluence-loader.mjs')]
  const finished = require(await finish([...script, site.url, keys, site.email, site.token], process.env))
  const { pages, seconds } = JSON.parse(finished.output.trim().split('\n').at(-1) ?? '{}') as {
    pages: number
    seconds: number
  }
  return { pages, seconds, peakMb: finished.peakMb, cpuSeconds: finished.cpuSeconds }
}

function installPeer(): void {
  if (existsSync(join(peerFolder, 'node_modules'))) return
  print('Installing the peer into bench/peers …')
  const { status } = spawnSync('npm', ['ci', '--prefix', peerFolder], { stdio: 'ignore' })
  if (status !== 0) throw new Error('npm ci --prefix bench/peers failed')
}

function environmentOf(site: BenchSite, databaseUrl: string, withAttachments: boolean): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DATABASE_URL: databaseUrl,
    FOOTNOTE_ALLOW_LOOPBACK: '1',
    FOOTNOTE_ENCRYPTION_KEY: (encryptionKey ??= randomBytes(32).toString('base64')),
    CONFLUENCE_TOKEN: site.token,
    ...(withAttachments ? {} : { FOOTNOTE_ATTACHMENT_MAX_MB: '0' }),
  }
}

let encryptionKey: string | undefined
