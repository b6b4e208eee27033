// Builds everything, starts, stops: the only file that knows all parts.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Parts, createProgram } from './bots/terminal/app.ts'
import { reportFailure } from './bots/terminal/output.ts'
import { syncConcurrency } from './bots/terminal/sync.ts'
import { type Config, loadConfig } from './config.ts'
import { type OpenCore, openCore } from './core/open-core.ts'
import { startSchedule } from './core/jobs/schedule.ts'
import { findHolder } from './db/embedded-gate.ts'
import { InvalidInputError } from './errors.ts'
import { createLog } from './log.ts'
import { createServer } from './web/server.ts'

const interrupted = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort())

async function withCore(work: (open: OpenCore) => Promise<number>): Promise<number> {
  const config = loadConfig(process.env)
  const open = await openCore(config, createLog(config.LOG_LEVEL ?? 'fatal'))
  try {
    return await work(open)
  } finally {
    await open.close()
  }
}

/** Runs until SIGINT or SIGTERM. */
async function serve({ role }: { role: 'web' | 'worker' | 'all' }): Promise<number> {
  const config = loadConfig(process.env)
  const log = createLog(config.LOG_LEVEL ?? 'info')
  const open = await openCore(config, log)
  try {
    await requireOwnDatabase(open, config)
    const stopping: (() => Promise<unknown>)[] = []
    if (role !== 'web') stopping.push(...(await startWork(open)))
    if (role !== 'worker') stopping.push(...(await startWeb(open)))
    log.info({ role, database: open.core.database.kind }, 'Footnote is running')
    await new Promise<void>((resolve) => interrupted.signal.addEventListener('abort', () => resolve()))
    log.info('stopping')
    for (const stop of stopping.toReversed()) await stop()
    return 0
  } finally {
    await open.close()
  }
}

async function requireOwnDatabase(open: OpenCore, config: Config): Promise<void> {
  if (open.core.database.kind !== 'guest') return
  const holder = await findHolder(config.FOOTNOTE_DATA_DIR)
  throw new InvalidInputError(
    'data_dir_in_use',
    `Another Footnote process (id ${holder ?? 'unknown'}) already uses the data folder ${config.FOOTNOTE_DATA_DIR}. Stop it, or choose another folder with FOOTNOTE_DATA_DIR; several servers need PostgreSQL (DATABASE_URL).`,
  )
}

async function startWork(open: OpenCore): Promise<(() => Promise<unknown>)[]> {
  open.core.encryptionKey()
  const workers = await open.startWorkers(syncConcurrency)
  const schedule = startSchedule(open.core, interrupted.signal)
  return [workers.stop, schedule.stop]
}

async function startWeb(open: OpenCore): Promise<(() => Promise<unknown>)[]> {
  const { config, log } = open.core
  // Imported only here: the platforms' SDKs are most of what would be loaded for a single command.
  const { createSlackApp } = await import('./bots/slack/app.ts')
  const { createTeamsApp } = await import('./bots/teams/app.ts')
  const slack = await createSlackApp(open.core)
  const teams = await createTeamsApp(open.core)
  if (slack === undefined && teams === undefined)
    log.warn('neither Slack nor Teams is configured: set SLACK_BOT_TOKEN or MICROSOFT_APP_ID (see docs/)')
  const bots = [slack, teams].filter((bot) => bot !== undefined)
  const server = await createServer(open.core, bots)
  const address = await server.listen({ host: config.HOST, port: config.PORT })
  log.info({ address }, 'listening')
  await slack?.start()
  // Stopped in reverse: the bots first say that they are stopping, then the port closes.
  return [() => server.close(), ...bots.map((bot) => () => bot.stop())]
}

/** A sample site, a database in a temporary folder, and nothing left behind. */
async function demo({ once }: { once: boolean }): Promise<number> {
  const { runDemo } = await import('./bots/terminal/demo.ts')
  const { startConfluence } = await import('../sandbox/confluence/server.ts')
  const folder = await mkdtemp(join(tmpdir(), 'footnote-demo-'))
  const site = await startConfluence({ flavour: 'cloud' })
  try {
    const config = loadConfig({
      ...process.env,
      DATABASE_URL: undefined,
      FOOTNOTE_DATA_DIR: folder,
      FOOTNOTE_ALLOW_LOOPBACK: '1',
    })
    const open = await openCore(config, createLog(config.LOG_LEVEL ?? 'fatal'))
    try {
      const wikiFolder = new URL('../sandbox/wiki/', import.meta.url)
      const credentials = { email: site.credentials.email, secret: site.credentials.token }
      const demoSite = { url: site.url, credentials, wikiFolder }
      return await runDemo(open, demoSite, { once, signal: interrupted.signal })
    } finally {
      await open.close()
    }
  } finally {
    await site.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const parts: Parts = {
  withCore,
  serve,
  demo,
  secretOf: (variable) => process.env[variable],
  signal: interrupted.signal,
}

/** Runs the command of the arguments and leaves its exit status in `process.exitCode`. */
export async function run(): Promise<void> {
  try {
    await createProgram(parts, (status) => {
      process.exitCode = status
    }).parseAsync()
  } catch (error) {
    process.exitCode = reportFailure(error, process.argv.includes('--json'))
  }
}
