import { explain } from '../../core/access/why.ts'
import { isAdmin } from '../../core/access/roles.ts'
import { type Viewer, resolveReach } from '../../core/access/resolve-reach.ts'
import { getConnection, unknownConnection } from '../../core/connections/get-connection.ts'
import { readPages } from '../../core/connections/list-pages.ts'
import { readAudit } from '../../core/connections/read-audit.ts'
import { readStatus } from '../../core/connections/status.ts'
import type { Core } from '../../core/core.ts'
import { search } from '../../core/search/search.ts'
import { describeFetched, fetchPage } from '../../core/jobs/fetch-page.ts'
import { type StartedSync, startSync } from '../../core/sync/sync-target.ts'
import { isFootnoteError } from '../../errors.ts'
import type { Asker } from '../question.ts'
import type { Command, CommandResult } from './command.ts'
import { openForm } from './form.ts'
import { runDeletion, runLife } from './life.ts'
import { usages } from './parse.ts'
import { describeTest, runTest } from './test.ts'
import { runWebhook } from './webhook.ts'

/** Runs one command as `asker`. Refusals and wrong input are results (`notice`), not errors; a bug rejects. */
export async function runCommand(
  core: Core,
  command: Command,
  asker: Asker,
  signal: AbortSignal,
): Promise<CommandResult> {
  const refusal = findRefusal(core, command, asker)
  if (refusal !== undefined) return notice('refusal', refusal)
  try {
    return await run(core, command, asker, signal)
  } catch (error) {
    if (isFootnoteError(error)) return notice('error', error.message)
    throw error
  }
}

/** The sentence for somebody who may not run a command; undefined when they may. */
function findRefusal(core: Core, command: Command, asker: Asker): string | undefined {
  if (asker.kind !== 'member') return 'I answer members of this organisation only.'
  const isAdminOnly = usages.find((usage) => usage.name === command.name)?.adminOnly ?? true
  return isAdminOnly && !isAdmin(core.config, asker) ? refuseNonAdmin(core, asker) : undefined
}

/** A friendly refusal that names whom to ask: the admins by e-mail where they are named so, since an id says nothing. */
export function refuseNonAdmin(core: Core, asker: Asker): string {
  const named = core.config.FOOTNOTE_ADMINS
  const addresses = named.filter((admin) => admin.includes('@'))
  const isWorkspaceAdminEnough = named.length === 0 && asker.platform === 'slack'
  if (addresses.length > 0) return `Only Footnote's admins can do that. Please ask ${addresses.join(', ')}.`
  if (isWorkspaceAdminEnough)
    return "Only Footnote's admins can do that. Please ask an owner or admin of this workspace."
  return named.length > 0
    ? "Only Footnote's admins can do that. Please ask whoever runs Footnote here."
    : "Only Footnote's admins can do that, and none is named yet: whoever runs Footnote here names them with FOOTNOTE_ADMINS."
}

async function run(core: Core, command: Command, asker: Asker, signal: AbortSignal): Promise<CommandResult> {
  switch (command.name) {
    case 'help':
      return { kind: 'help', commands: usages.map(({ name: _name, ...usage }) => usage) }
    case 'connect':
      return { kind: 'connectForm' }
    case 'ask':
      return { kind: 'question', question: command.question }
    case 'search':
      return runSearch(core, command.words, viewerOf(asker))
    case 'why': {
      const explanation = await explain(core, command.pageUrl, asker.email, {
        mayKnow: isAdmin(core.config, asker),
      })
      return notice(explanation.mayRead ? 'success' : 'refusal', explanation.summary, explanation.details)
    }
    case 'sync':
      return runSync(core, command, asker, signal)
    case 'status':
    case 'spaces':
      return runStatus(core, command.connection)
    case 'test': {
      const { name, test } = await runTest(core, command.connection, actorOf(asker), signal)
      return describeTest(name, test)
    }
    case 'pages':
      return { kind: 'pages', listing: await readPages(core, command.words) }
    case 'audit':
      return { kind: 'audit', entries: await readAudit(core) }
    case 'edit':
    case 'reconnect':
      return { kind: 'form', form: openForm(command.name, await getConnection(core, command.connection)) }
    case 'webhook':
      return runWebhook(core, command, actorOf(asker))
    case 'pause':
    case 'resume':
    case 'remove':
      return runLife(core, command, actorOf(asker), signal)
  }
}

async function runSearch(core: Core, words: string, viewer: Viewer): Promise<CommandResult> {
  const reach = await resolveReach(core.database.db, viewer)
  const { pages } = await search(core, { question: words, reach, limit: 5, history: [] })
  return { kind: 'searchHits', words, hits: pages }
}

async function runSync(
  core: Core,
  command: Extract<Command, { name: 'sync' }>,
  asker: Asker,
  signal: AbortSignal,
): Promise<CommandResult> {
  if (command.deleteVanished === true) return runDeletion(core, command.target, actorOf(asker))
  const options = { isFull: command.full, requestedBy: actorOf(asker) }
  const { runs, page, missing, refusals, remarks } = await startSync(core, command.target, options, signal)
  if (page !== undefined) return runPageSync(core, page, remarks, signal)
  const count = runs.length === 1 ? 'one space' : `${runs.length} spaces`
  const details = [...refusals, ...missing, ...remarks]
  return runs.length === 0
    ? notice('error', 'No connection could be synced.', details)
    : notice('success', `Syncing ${count}. See the progress with status.`, details)
}

/** Somebody in a chat waits for no longer than this. */
const pagePatienceMs = 20_000

async function runPageSync(
  core: Core,
  { pageId, spaceKey, run }: NonNullable<StartedSync['page']>,
  remarks: string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  if (remarks.length > 0) return notice('success', remarks.join(' '))
  const fetched = await fetchPage(core, run, pageId, pagePatienceMs, signal)
  const isFailed = fetched.outcome === undefined ? fetched.run.error !== null : fetched.outcome.what === 'failed'
  return notice(isFailed ? 'error' : 'success', describeFetched(fetched, spaceKey))
}

async function runStatus(core: Core, name: string | undefined): Promise<CommandResult> {
  const connections = await readStatus(core, name)
  if (name !== undefined && connections.length === 0) throw unknownConnection(name)
  return { kind: 'status', connections }
}

/** In chat a person sees their own rights; the terminal hands its viewer in itself. */
function viewerOf(asker: Asker): Viewer {
  return { kind: 'person', email: asker.email }
}

/** Who did it, for the audit log. */
export function actorOf(asker: Asker): string {
  return asker.platform === 'terminal' ? 'terminal' : `${asker.platform}:${asker.tenantId}:${asker.userId}`
}

function notice(tone: 'success' | 'refusal' | 'error', text: string, details: string[] = []): CommandResult {
  return { kind: 'notice', tone, text, details }
}
