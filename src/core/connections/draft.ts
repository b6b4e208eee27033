// A connection's first hour: what was typed → checked, tested live, counted → kept as a draft → active once the
// disclaimer is accepted. Nothing is synced before that.
import {
  type Connection,
  findConnection,
  findConnectionById,
  insertAuditEntry,
  insertConnection,
  purgeDrafts,
} from '../../db/queries/connections.ts'
import { activateDraft, lockConfirmations } from '../../db/queries/drafts.ts'
import type { Exclusions, Scope } from '../../db/schema/connections.ts'
import { InvalidInputError } from '../../errors.ts'
import { normaliseAddress } from '../confluence/address.ts'
import { openSite } from '../confluence/open-site.ts'
import type { OAuthGrant, SiteSpace } from '../confluence/site.ts'
import { findSiteKey } from '../confluence/site-key.ts'
import type { Core } from '../core.ts'
import { nextRunAt, parseSchedule } from '../jobs/next-run.ts'
import { isSpaceArchivedAway } from '../sync/exclusions.ts'
import { pickSite } from './authorize.ts'
import { type ConsentFacts, collectFacts } from './consent.ts'
import {
  checkTyped,
  findAddress,
  namingResults,
  requireWorks,
  resolveCredential,
  siteOptionsOf,
} from './credentials.ts'
import { disclaim } from './disclaimer.ts'
import { draftMs } from './draft-life.ts'
import { checkExclusions } from './exclusion-rules.ts'
import { type ConnectRequest, describeScope, parseCoverage, parseName, parseTokenExpiry } from './request.ts'
import { resolveScope } from './resolve-scope.ts'
import { sealCredential } from './seal.ts'
import { type QueuedSync, syncConnection } from './sync-connection.ts'
import { refuseTaken, refuseTakenMeanwhile } from './taken-spaces.ts'
import { idleEndOf } from './token-expiry.ts'

export type Draft = { connection: Connection; accountName: string; facts: ConsentFacts; disclaimer: string[] }

/**
 * Tests what was typed and keeps it for an hour. `actor` is who asked, as written into the audit log; only the same may
 * confirm. `grant` is what OAuth gave, where that is how the connection signs in.
 */
export async function draftConnection(
  core: Core,
  request: ConnectRequest,
  actor: string,
  signal: AbortSignal,
  grant?: OAuthGrant,
): Promise<Draft> {
  const { db } = core.database
  const checked = await checkRequest(core, request)
  const { address, siteKey, credential, test, accountName, scope, exclusions, facts } = await namingResults(() =>
    askSite(core, request, checked, grant, signal),
  )
  await purgeDrafts(db, checked.name, new Date(core.now().getTime() - draftMs))
  const connection = await insertConnection(db, {
    name: checked.name,
    state: 'draft',
    ...address,
    siteKey,
    credentialKind: credential.kind,
    credentialSealed: sealCredential(credential, checked.key, checked.name),
    accessMode: request.access,
    scope,
    exclusions,
    schedule: checked.schedule,
    timezone: checked.timezone,
    autoSync: request.autoSync ?? true,
    tokenExpiresAt: credential.kind === 'oauth' ? idleEndOf(core.now()) : (checked.tokenExpiresAt ?? null),
    testResult: 'Works',
    testRemedy: test.remedy ?? null,
    testedAt: core.now(),
    createdBy: actor,
    createdAt: core.now(),
  })
  const { host } = new URL(address.baseUrl)
  const disclaimer = disclaim(facts, {
    accessMode: request.access,
    scope,
    host,
    accountName,
    readsArchived: !exclusions.archived,
  })
  return { connection, accountName, facts, disclaimer }
}

/** The address, the credential that works there, what is covered, and the numbers for the disclaimer. */
async function askSite(
  core: Core,
  request: ConnectRequest,
  checked: Awaited<ReturnType<typeof checkRequest>>,
  grant: OAuthGrant | undefined,
  signal: AbortSignal,
) {
  const options = siteOptionsOf(core)
  const found = await findAddress(checked.address, request, options, signal)
  const { address } = found
  const picked =
    grant === undefined || address.deployment !== 'cloud' ? grant : await pickSite(core, grant, found, signal)
  const typed = await resolveCredential(request, found, picked, options, signal)
  const { credential, test, accountName } = await requireWorks(address, typed, options, signal)
  const site = openSite(address, credential, options)
  const { scope, selected } = await resolveScope(site, request, checked.address, options, signal)
  const siteKey = (await findSiteKey({ address, credential, options }, found.cloudId, signal)) ?? null
  await refuseTaken(core.database.db, { baseUrl: address.baseUrl, siteKey }, selected)
  const exclusions = checkExclusions(request.exclusions, address.baseUrl)
  requireCurrent(selected, scope, exclusions)
  const facts = await collectFacts(core, site, { scope, exclusions, selected }, options, signal)
  return { address, siteKey, credential, test, accountName, scope, exclusions, facts }
}

/** A connection that would read nothing at all is none. */
function requireCurrent(selected: SiteSpace[], scope: Scope, exclusions: Exclusions): void {
  if (selected.some((space) => !isSpaceArchivedAway(space, scope, exclusions))) return
  throw new InvalidInputError(
    'spaces_none',
    'Every space that this account sees is archived, and archived spaces are left out. Name the spaces to read, or have archived ones read too.',
    { field: 'spaces' },
  )
}

/** Everything that can be refused without asking the site. */
export async function checkRequest(core: Core, request: ConnectRequest) {
  const name = await checkName(core, request.name)
  const key = core.encryptionKey()
  const schedule = parseSchedule(request.schedule)
  const timezone = request.timezone.trim()
  nextRunAt(schedule, timezone, core.now())
  checkTyped(request)
  const address = normaliseAddress(request.url, request.deployment, siteOptionsOf(core))
  // The key of a page that is named by its id alone is only known to the site.
  parseCoverage(request, address.spaceKey ?? address.pageId)
  checkExclusions(request.exclusions)
  const tokenExpiresAt = parseTokenExpiry(request.tokenExpires, core.now())
  return { name, key, address, schedule, timezone, tokenExpiresAt }
}

/** The disclaimer was accepted: the draft becomes active and its first sync is queued. */
export async function confirmConnection(
  core: Core,
  draftId: number,
  actor: string,
  signal: AbortSignal,
): Promise<{ connection: Connection; queued: QueuedSync }> {
  const { db } = core.database
  const draft = await findConnectionById(db, draftId)
  const now = core.now()
  if (draft === undefined || draft.createdBy !== actor) throw draftGone()
  const connection = await db.transaction(async (tx) => {
    await lockConfirmations(tx)
    const values = {
      consentedBy: actor,
      consentedAt: now,
      nextSyncAt: (draft.autoSync ? nextRunAt(draft.schedule, draft.timezone, now) : undefined) ?? null,
    }
    const activated = await activateDraft(tx, draft.id, values, new Date(now.getTime() - draftMs))
    if (activated === undefined) throw draftGone()
    await refuseTakenMeanwhile(tx, activated)
    await insertAuditEntry(tx, {
      actor,
      action: 'connect',
      subject: draft.name,
      details: { url: draft.baseUrl, access: draft.accessMode, scope: describeScope(draft.scope) },
    })
    return activated
  })
  return { connection, queued: await syncConnection(core, connection, { kind: 'full', requestedBy: actor }, signal) }
}

function draftGone(): InvalidInputError {
  return new InvalidInputError(
    'draft_gone',
    'This connection was not confirmed within an hour, or somebody else began it. Start again with connect.',
  )
}

/** The name, when it is one and no living connection has it. */
export async function checkName(core: Core, typed: string): Promise<string> {
  const name = parseName(typed)
  if ((await findConnection(core.database.db, name)) === undefined) return name
  throw new InvalidInputError(
    'name_taken',
    `${name} is already connected; use sync ${name} to refresh it, or choose another name.`,
    { field: 'name' },
  )
}
