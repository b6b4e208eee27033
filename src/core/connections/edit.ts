// Changing a connection. What changes which pages are copied, or who may read them, waits for the disclaimer to be accepted
// again; the rest is applied at once.
import { type Connection, findConnectionById, updateConnection } from '../../db/queries/connections.ts'
import { lockConfirmations } from '../../db/queries/drafts.ts'
import { insertEdit, takeEdit } from '../../db/queries/edits.ts'
import { purgeSpacesBeside } from '../../db/queries/spaces-beside.ts'
import { type ConnectionChanges, type Exclusions, defaultExclusions } from '../../db/schema/connections.ts'
import { InvalidInputError } from '../../errors.ts'
import type { ConfluenceSite } from '../confluence/site.ts'
import type { Core } from '../core.ts'
import { type ConsentFacts, collectFacts } from './consent.ts'
import { namingResults, siteOptionsOf } from './credentials.ts'
import { disclaim } from './disclaimer.ts'
import { draftMs } from './draft-life.ts'
import { type EditRequest, applyChanges, checkPlainChanges, describeChanges, onlyDifferent } from './edit-changes.ts'
import { addExclusions, checkExclusions, describeExclusions } from './exclusion-rules.ts'
import { getConnectionById } from './get-connection.ts'
import { openConnectionSite } from './open-site.ts'
import { type ResolvedScope, resolveScope } from './resolve-scope.ts'
import { retireOutOfScope } from './retire-out-of-scope.ts'
import { namedSpaceKeys } from './scope.ts'
import { type QueuedSync, collectSpaces, selectSpaces, syncConnection } from './sync-connection.ts'
import { refuseTaken, refuseTakenMeanwhile } from './taken-spaces.ts'

export type Edit =
  | { kind: 'applied'; connection: Connection; changed: string[] }
  | { kind: 'consent'; editId: number; accountName: string; facts: ConsentFacts; disclaimer: string[] }

export async function editConnection(
  core: Core,
  connection: Connection,
  request: EditRequest,
  actor: string,
  signal: AbortSignal,
): Promise<Edit> {
  const plain = await checkPlainChanges(core, connection, request)
  const exclusions = resolveExclusions(connection, request)
  const { coverage, access } = request
  const needsSite = coverage !== undefined || exclusions !== undefined || access !== undefined
  const site = needsSite ? openConnectionSite(core, connection) : undefined
  const resolved =
    site === undefined || coverage === undefined
      ? undefined
      : await namingResults(() => resolveScope(site, coverage, {}, siteOptionsOf(core), signal))
  const changes = onlyDifferent(connection, {
    ...plain,
    ...(resolved === undefined ? {} : { scope: resolved.scope }),
    ...(exclusions === undefined ? {} : { exclusions }),
    ...(access === undefined ? {} : { accessMode: access }),
  })
  if (Object.keys(changes).length === 0)
    throw new InvalidInputError('nothing_changed', `${connection.name} is so already: nothing was changed.`)
  if (site !== undefined && ('scope' in changes || 'exclusions' in changes || 'accessMode' in changes))
    return namingResults(() => askConsent({ core, connection, site, changes, actor }, resolved, signal))
  await core.database.db.transaction((tx) => applyChanges(core, tx, connection, changes, actor))
  const edited = await getConnectionById(core, connection.id)
  return { kind: 'applied', connection: edited, changed: describeChanges(changes) }
}

function resolveExclusions(
  { exclusions: before, baseUrl }: Connection,
  { exclusions, clearsExclusions, addedExclusions }: EditRequest,
): Exclusions | undefined {
  // The forms have no field for archived spaces.
  if (exclusions !== undefined)
    return checkExclusions({ archivedSpaces: before.archivedSpaces, ...exclusions }, baseUrl)
  if (clearsExclusions !== true && addedExclusions === undefined) return undefined
  const kept = clearsExclusions === true ? { ...defaultExclusions, archived: before.archived } : before
  return checkExclusions(addExclusions(kept, addedExclusions ?? {}), baseUrl)
}

type Wanted = {
  core: Core
  connection: Connection
  site: ConfluenceSite
  changes: ConnectionChanges
  actor: string
}

/** Counts anew, and keeps the changes for an hour. */
async function askConsent(
  { core, connection, site, changes, actor }: Wanted,
  resolved: ResolvedScope | undefined,
  signal: AbortSignal,
): Promise<Edit> {
  const { db } = core.database
  const { scope, selected } = resolved ?? {
    scope: connection.scope,
    selected: selectSpaces(await collectSpaces(site, signal), connection.scope).selected,
  }
  await refuseTaken(db, connection, selected, connection.id)
  const { displayName: accountName } = await site.fetchCurrentUser(signal)
  const exclusions = changes.exclusions ?? connection.exclusions
  const facts = await collectFacts(core, site, { scope, selected, exclusions }, siteOptionsOf(core), signal)
  const editId = await insertEdit(db, {
    connectionId: connection.id,
    changes,
    createdBy: actor,
    createdAt: core.now(),
  })
  const kept = describeExclusions(exclusions)
  const dropped = describeExclusions(connection.exclusions).filter((rule) => !kept.includes(rule))
  const accessMode = changes.accessMode ?? connection.accessMode
  const { host } = new URL(connection.baseUrl)
  return {
    kind: 'consent',
    editId,
    accountName,
    facts,
    disclaimer: disclaim(facts, { accessMode, scope, host, accountName, dropped, readsArchived: !exclusions.archived }),
  }
}

/** The disclaimer was accepted: the changes hold from now on, spaces that are covered no more are deleted, the rest is synced. */
export async function confirmEdit(
  core: Core,
  editId: number,
  actor: string,
  signal: AbortSignal,
): Promise<{
  connection: Connection
  changed: string[]
  dropped: { spaces: number; pages: number }
  queued: QueuedSync | undefined
}> {
  const { db } = core.database
  const now = core.now()
  const { connectionId, changes, dropped } = await db.transaction(async (tx) => {
    await lockConfirmations(tx)
    const edit = await takeEdit(tx, editId, actor, new Date(now.getTime() - draftMs))
    const connection = edit === undefined ? undefined : await findConnectionById(tx, edit.connectionId)
    if (edit === undefined || connection === undefined || connection.state === 'removed')
      throw new InvalidInputError(
        'edit_gone',
        'This change was not confirmed within an hour, or somebody else began it. Start again with edit.',
      )
    const { scope } = edit.changes
    if (scope !== undefined) await refuseTakenMeanwhile(tx, { ...connection, scope, createdAt: edit.createdAt })
    await applyChanges(core, tx, connection, edit.changes, actor)
    await updateConnection(tx, connection.id, { consentedBy: actor, consentedAt: now })
    const keys = scope === undefined ? undefined : namedSpaceKeys(scope)
    const beside = keys === undefined ? { spaces: 0, pages: 0 } : await purgeSpacesBeside(tx, connection.id, keys)
    return { connectionId: connection.id, changes: edit.changes, dropped: beside }
  })
  const connection = await getConnectionById(core, connectionId)
  if (changes.scope !== undefined) dropped.pages += await retireOutOfScope(core, connection, signal)
  const queued =
    connection.state === 'active'
      ? await syncConnection(core, connection, { kind: 'incremental', requestedBy: actor }, signal)
      : undefined
  return { connection, changed: describeChanges(changes), dropped, queued }
}
