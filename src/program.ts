// Builds everything, starts, stops: the only file that knows all parts.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Parts, createProgram } from './bots/terminal/app.ts'
import { reportFailure } from './bots/terminal/output.ts'
import { syncConcurrency } from './bots/terminal/sync.ts'
import { type Config, loadConfig } from './config.ts'
import { findServiceUrl, recordInstallation } from './core/connections/installations.ts'
import { startNotices } from './core/connections/notices.ts'
import { type OpenCore, openCore } from './core/open-core.ts'
import { startSchedule } from './core/jobs/schedule.ts'
import { findHolder } from './db/embedded-gate.ts'
import { isHolderLost } from './db/postgres.ts'
import { InvalidInputError, TransientError } from './errors.ts'
import { createLog } from './log.ts'
import { createOAuthCallback } from './web/oauth-callback.ts'
import { createServer, listen } from './web/server.ts'
import { createWebhooks } from './web/webhooks.ts'

const interrupted = new AbortController()
/** As a shell counts: 128 and the signal's number. */
const interruptStatus = { SIGINT: 130, SIGTERM: 143 }
let statusOfInterrupt: number | undefined
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.once(name, () => {
    statusOfInterrupt = interruptStatus[name]
    interrupted.abort()
  })

async function withCore(work: Parameters<Parts['withCore']>[0]): Promise<number> {
  const config = loadConfig(process.env)
  const isHolderGone = (error: unknown): boolean => config.DATABASE_URL === undefined && isHolderLost(error)
  const openOne = (): Promise<OpenCore> => openCore(config, createLog(config.LOG_LEVEL ?? 'fatal'))
  let open: OpenCore | undefined
  try {
    open = await openOne()
    return await work(open, async (error) => {
      if (!isHolderGone(error)) throw error
      await open?.close()
      return (open = await openOne())
    })
  } catch (cause) {
    if (!isHolderGone(cause)) throw cause
    throw new TransientError(
      'holder_gone',
      'The Footnote process that held the data folder ended meanwhile; run the command again.',
      { cause },
    )
  } finally {
    await open?.close()
  }
}

/** Runs until SIGINT or SIGTERM. */
async function serve({ role }: { role: 'web' | 'worker' | 'all' }): Promise<number> {
  const config = loadConfig(process.env)
  const log = createLog(config.LOG_LEVEL ?? 'info')
  // Stopped in reverse, however far the start came.
  const started = new AsyncDisposableStack()
  try {
    const open = await openCore(config, log)
    started.defer(open.close)
    await requireOwnDatabase(open, config)
    if (role !== 'web' && !interrupted.signal.aborted) await startWork(open, started)
    if (role !== 'worker' && !interrupted.signal.aborted) await startWeb(open, started)
    if (!interrupted.signal.aborted) {
      log.info({ role, database: open.core.database.kind }, 'Footnote is running')
      await once(interrupted.signal, 'abort')
    }
    log.info('stopping')
    return 0
  } finally {
    await started.disposeAsync()
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

async function startWork(open: OpenCore, started: AsyncDisposableStack): Promise<void> {
  open.core.encryptionKey()
  const workers = await open.startWorkers(syncConcurrency)
  started.defer(workers.stop)
  const schedule = startSchedule(open.core, interrupted.signal)
  started.defer(schedule.stop)
}

async function startWeb(open: OpenCore, started: AsyncDisposableStack): Promise<void> {
  const { config, log } = open.core
  // Imported only here: the platforms' SDKs are most of what would be loaded for a single command.
  const { createSlackApp } = await import('./bots/slack/app.ts')
  const { createTeamsApp } = await import('./bots/teams/app.ts')
  const slack = await createSlackApp(open.core)
  const teams = await createTeamsApp(open.core, {
    serviceUrls: {
      remember: (tenantId, serviceUrl) => recordInstallation(open.core, { platform: 'teams', tenantId, serviceUrl }),
      find: (tenantId) => findServiceUrl(open.core, tenantId),
    },
  })
  if (slack !== undefined) {
    const { teamId: tenantId, name } = slack.workspace
    await recordInstallation(open.core, { platform: 'slack', tenantId, name })
  }
  for (const tenantId of teams?.tenants ?? []) await recordInstallation(open.core, { platform: 'teams', tenantId })
  if (slack === undefined && teams === undefined)
    log.warn('neither Slack nor Teams is configured: set SLACK_BOT_TOKEN or MICROSOFT_APP_ID (see docs/)')
  const bots = [slack, teams].filter((bot) => bot !== undefined)
  const server = await createServer(open.core, [...bots, createOAuthCallback(open.core), createWebhooks(open.core)])
  // The bots first say that they are stopping, then the port closes.
  started.defer(() => server.close())
  for (const bot of bots) started.defer(() => bot.stop())
  const address = await listen(server, { host: config.HOST, port: config.PORT })
  log.info({ address }, 'listening')
  await slack?.start()
  const notices = startNotices(open.core, bots, interrupted.signal)
  started.defer(notices.stop)
}

/** A sample site, a database in a temporary folder, and nothing left behind. */
async function demo({ once }: { once: boolean }): Promise<number> {
  const { runDemo } = await import('./bots/terminal/demo.ts')
  const { startConfluence } = await import('../sandbox/confluence/server.ts')
  await using cleanUp = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'footnote-demo-'))
  cleanUp.defer(() => rm(folder, { recursive: true, force: true }))
  const site = await startConfluence({ flavour: 'cloud' })
  cleanUp.defer(() => site.close())
  const config = loadConfig({
    ...process.env,
    DATABASE_URL: undefined,
    FOOTNOTE_DATA_DIR: folder,
    FOOTNOTE_ALLOW_LOOPBACK: '1',
  })
  const open = await openCore(config, createLog(config.LOG_LEVEL ?? 'fatal'))
  cleanUp.defer(() => open.close())
  const wikiFolder = new URL('../sandbox/wiki/', import.meta.url)
  const credentials = { email: site.credentials.email, secret: site.credentials.token }
  const demoSite = { url: site.url, credentials, wikiFolder }
  return await runDemo(open, demoSite, { once, signal: interrupted.signal })
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
    process.exitCode = reportFailure(error, process.argv.includes('--json'), statusOfInterrupt)
  }
}
