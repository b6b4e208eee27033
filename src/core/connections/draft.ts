// A connection's first hour: what was typed → checked, tested live, counted → kept as a draft → active once the
// disclaimer is accepted. Nothing is synced before that.
import {
  type Connection,
  findConnection,
  findConnectionById,
  insertAuditEntry,
  insertConnection,
  listConnections,
  purgeDrafts,
} from '../../db/queries/connections.ts'
import type { Db } from '../../db/database.ts'
import { activateDraft, lockConfirmations } from '../../db/queries/drafts.ts'
import { listSpaces, listSpacesByKey } from '../../db/queries/spaces.ts'
import { InvalidInputError, TransientError } from '../../errors.ts'
import { type TypedAddress, normaliseAddress } from '../confluence/address.ts'
import { detectDeployment } from '../confluence/detect-deployment.ts'
import type { HostPolicy } from '../confluence/forbidden-hosts.ts'
import { openSite } from '../confluence/open-site.ts'
import type { ConfluenceSite, Credential, Deployment, SiteAddress, SiteSpace } from '../confluence/site.ts'
import { testConnection } from '../confluence/test-connection.ts'
import type { Core } from '../core.ts'
import { nextRunAt } from '../jobs/schedule.ts'
import { draftMs } from './draft-life.ts'
import { suggestKeys } from './suggest-keys.ts'
import { sealCredential } from './seal.ts'
import { type QueuedSync, collectSpaces, selectSpaces, syncConnection } from './sync-connection.ts'

/** What connecting needs; text is as typed. An `InvalidInputError` names the wrong field. */
export type ConnectRequest = {
  name: string
  url: string
  deployment: Deployment | undefined
  credentialKind: Credential['kind']
  /** E-mail (Cloud) or user name (Data Center, basic). */
  email: string
  secret: string
  /** Keys separated by commas or blanks; empty: the space of `url` when it names one, else all. */
  spaces: string
  /** Really all, whatever `url` names. */
  allSpaces?: boolean
  access: 'mirrored' | 'shared'
  schedule: string
  timezone: string
}

export type Draft = { connection: Connection; accountName: string; disclaimer: string[] }

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/

/** Counting for the disclaimer ends here; "more than" is concrete enough. */
const maxCountedPages = 5_000

/** `actor` is who asked, as written into the audit log; only the same may confirm. */
export async function draftConnection(
  core: Core,
  request: ConnectRequest,
  actor: string,
  signal: AbortSignal,
): Promise<Draft> {
  const { db } = core.database
  const name = await checkName(core, request.name)
  const key = core.encryptionKey()
  nextRunAt(request.schedule, request.timezone)
  const typedKeys = parseKeys(request.spaces)
  const credential = toCredential(request)
  const policy = { allowLoopback: core.config.FOOTNOTE_ALLOW_LOOPBACK }
  const typed = normaliseAddress(request.url, request.deployment, policy)
  const address = await findAddress(typed, policy, signal)
  const site = openSite(address, credential, policy)
  const accountName = await requireWorks(site, signal)
  const listed = await collectSpaces(site, signal)
  const keys = typedKeys.length === 0 && typed.spaceKey !== undefined ? [typed.spaceKey] : typedKeys
  const scope = await checkScope(core, address.baseUrl, request.allSpaces === true ? [] : keys, listed)
  const { selected } = selectSpaces(listed, scope)
  const pages = await countPages(site, selected, signal)

  await purgeDrafts(db, name, new Date(core.now().getTime() - draftMs))
  const connection = await insertConnection(db, {
    name,
    state: 'draft',
    ...address,
    credentialKind: credential.kind,
    credentialSealed: sealCredential(credential, key, name),
    accessMode: request.access,
    scope,
    schedule: request.schedule,
    timezone: request.timezone,
    testResult: 'Works',
    testedAt: core.now(),
    createdBy: actor,
    createdAt: core.now(),
  })
  return { connection, accountName, disclaimer: disclaim(connection, accountName, selected, pages) }
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
      nextSyncAt: nextRunAt(draft.schedule, draft.timezone) ?? null,
    }
    const activated = await activateDraft(tx, draft.id, values, new Date(now.getTime() - draftMs))
    if (activated === undefined) throw draftGone()
    await refuseTakenMeanwhile(tx, activated)
    await insertAuditEntry(tx, {
      actor,
      action: 'connect',
      subject: draft.name,
      details: { url: draft.baseUrl, access: draft.accessMode, scope: JSON.stringify(draft.scope) },
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

async function checkName(core: Core, typed: string): Promise<string> {
  const name = typed.trim()
  if (!namePattern.test(name))
    throw new InvalidInputError(
      'name_invalid',
      'A connection name is 1 to 64 letters, digits, "-" or "_" and begins with a letter or digit, for example acme-wiki.',
      { field: 'name' },
    )
  if ((await findConnection(core.database.db, name)) !== undefined)
    throw new InvalidInputError(
      'name_taken',
      `${name} is already connected; use sync ${name} to refresh it, or choose another name.`,
      { field: 'name' },
    )
  return name
}

function toCredential({ credentialKind, email, secret }: ConnectRequest): Credential {
  if (secret.trim() === '')
    throw new InvalidInputError('secret_missing', 'Missing Credentials: the token or password is empty.', {
      field: 'secret',
    })
  if (credentialKind === 'pat') return { kind: 'pat', secret: secret.trim() }
  if (email.trim() === '')
    throw new InvalidInputError(
      'email_missing',
      `Missing Credentials: ${credentialKind === 'token' ? 'the e-mail address of the account that the token belongs to' : 'the user name'} is empty.`,
      { field: 'email' },
    )
  return credentialKind === 'token'
    ? { kind: 'token', email: email.trim(), secret: secret.trim() }
    : { kind: 'basic', username: email.trim(), secret }
}

/** Nothing answers there: for whoever typed the address that is a wrong address, not something to wait for. */
async function findAddress(typed: TypedAddress, policy: HostPolicy, signal: AbortSignal): Promise<SiteAddress> {
  try {
    return await detectDeployment(typed, policy, signal)
  } catch (cause) {
    if (!(cause instanceof TransientError)) throw cause
    throw new InvalidInputError('test_failed', `Connection Error: ${cause.message}`, { field: 'url', cause })
  }
}

async function requireWorks(site: ConfluenceSite, signal: AbortSignal): Promise<string> {
  const test = await testConnection(site, signal)
  if (test.result === 'Works') return test.user?.displayName ?? 'the account'
  const field = test.result === 'Auth Failed' ? 'secret' : 'url'
  throw new InvalidInputError('test_failed', [`${test.result}: ${test.cause}`, test.remedy ?? ''].join(' ').trim(), {
    field,
  })
}

function parseKeys(typed: string): string[] {
  const keys = [...new Set(typed.split(/[\s,;]+/).filter((key) => key !== ''))]
  if (keys.length === 0 && typed.trim() !== '')
    throw new InvalidInputError('spaces_invalid', 'Write the keys of the spaces, separated by commas, such as IT,HR.', {
      field: 'spaces',
    })
  return keys
}

/** No keys: all spaces. */
async function checkScope(
  core: Core,
  baseUrl: string,
  keys: string[],
  listed: SiteSpace[],
): Promise<Connection['scope']> {
  if (keys.length === 0) {
    if (listed.length === 0)
      throw new InvalidInputError(
        'spaces_none',
        'This account sees no space. Give it the right to view the spaces that Footnote shall answer from.',
        { field: 'spaces' },
      )
    await refuseTaken(core, baseUrl, listed)
    return { kind: 'all' }
  }
  const { selected, missingKeys } = selectSpaces(listed, { kind: 'spaces', keys })
  const [missing] = missingKeys
  if (missing !== undefined)
    throw new InvalidInputError(
      'space_unknown',
      `There is no space with the key ${missing} that this account can see.${suggestKeys(missing, listed)}`,
      { field: 'spaces' },
    )
  await refuseTaken(core, baseUrl, selected)
  return { kind: 'spaces', keys: selected.map((space) => space.key) }
}

/** A space that two connections sync would be stored, and answered from, twice. */
async function refuseTaken(core: Core, baseUrl: string, spaces: SiteSpace[]): Promise<void> {
  for (const space of spaces)
    for (const known of await listSpacesByKey(core.database.db, space.key))
      if (known.baseUrl === baseUrl && known.space.spaceId === space.spaceId)
        throw spaceTaken(space.key, known.connectionName)
}

function spaceTaken(key: string, connectionName: string): InvalidInputError {
  return new InvalidInputError(
    'space_taken',
    `Space ${key} is already connected through ${connectionName}; use sync ${key} to refresh it.`,
    { field: 'spaces' },
  )
}

/** Somebody else may have connected the same spaces since the draft was tested. */
async function refuseTakenMeanwhile(tx: Db, draft: Connection): Promise<void> {
  for (const other of await listConnections(tx)) {
    if (other.id === draft.id || other.baseUrl !== draft.baseUrl) continue
    const stored = (await listSpaces(tx, other.id)).map(({ key }) => key)
    if (draft.scope.kind === 'spaces') {
      // Before its first listing of the site a connection has stored none of the spaces that it selects.
      const selected = stored.length === 0 && other.scope.kind === 'spaces' ? other.scope.keys : stored
      const taken = new Set(selected.map((key) => key.toLowerCase()))
      const mine = draft.scope.keys.find((key) => taken.has(key.toLowerCase()))
      if (mine !== undefined) throw spaceTaken(mine, other.name)
    }
    const isNew = stored.length === 0 || (other.consentedAt ?? other.createdAt) >= draft.createdAt
    // Which spaces are meant by "all" only the site knows: the next draft asks it again.
    const isUnclear = draft.scope.kind === 'all' ? isNew : stored.length === 0 && other.scope.kind === 'all'
    if (isUnclear)
      throw new InvalidInputError(
        'space_taken',
        `${other.name} was connected to the same site meanwhile. Start again with connect.`,
        { field: 'spaces' },
      )
  }
}

async function countPages(site: ConfluenceSite, spaces: SiteSpace[], signal: AbortSignal): Promise<number> {
  let count = 0
  for (const space of spaces) {
    for await (const batch of site.iterateCensus(space, signal)) {
      count += batch.length
      if (count > maxCountedPages) return count
    }
  }
  return count
}

function disclaim(connection: Connection, accountName: string, spaces: SiteSpace[], pages: number): string[] {
  const personal = spaces.filter((space) => space.type === 'personal').length
  const amount = pages > maxCountedPages ? `More than ${maxCountedPages}` : String(pages)
  const names = spaces.map((space) => space.key)
  const shown = names.length > 12 ? `${names.slice(0, 12).join(', ')} and ${names.length - 12} more` : names.join(', ')
  return [
    `${amount} pages of ${spaces.length} ${spaces.length === 1 ? 'space' : 'spaces'} (${shown}) that ${accountName} can read on ${new URL(connection.baseUrl).host} will be copied into Footnote's database and kept up to date. Footnote never writes to Confluence.`,
    connection.accessMode === 'shared'
      ? `Shared access: everybody who may ask Footnote will be able to read all of it, whatever Confluence shows them.`
      : `Mirrored access: each person is shown only what their own Confluence account may read.`,
    ...(personal > 0
      ? [
          `${personal} of the spaces ${personal === 1 ? 'is' : 'are'} personal; their content stays internal and is not used in answers for others.`,
        ]
      : []),
    'Passages that an answer needs are sent to Anthropic only when this server has an Anthropic API key.',
    'Accept only if you may make this content available in this way.',
  ]
}
