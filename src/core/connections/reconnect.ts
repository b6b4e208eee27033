// A new credential for a connection whose old one died, or will. Its site, scope and content stay.
import { type Connection, insertAuditEntry, updateConnection } from '../../db/queries/connections.ts'
import { InvalidInputError } from '../../errors.ts'
import { openSite } from '../confluence/open-site.ts'
import type { ConfluenceSite, OAuthGrant, SiteAddress } from '../confluence/site.ts'
import type { Core } from '../core.ts'
import { activeValues } from './active-values.ts'
import { pickSite } from './authorize.ts'
import {
  type TypedCredential,
  checkTyped,
  namingResults,
  requireWorks,
  resolveCredential,
  siteOptionsOf,
} from './credentials.ts'
import { getConnectionById } from './get-connection.ts'
import { parseTokenExpiry } from './request.ts'
import { openCredential, sealCredential } from './seal.ts'
import { type QueuedSync, collectSpaces, selectSpaces, syncConnection } from './sync-connection.ts'
import { idleEndOf } from './token-expiry.ts'

export type Reconnected = {
  connection: Connection
  accountName: string
  /** Undefined where an admin has paused it: it stays so. */
  queued: QueuedSync | undefined
}

/** Tests the credential at the connection's own site before anything changes; then syncs go on where they stood. */
export async function reconnect(
  core: Core,
  before: Connection,
  given: TypedCredential & { tokenExpires?: string | undefined },
  { actor, grant }: { actor: string; grant?: OAuthGrant },
  signal: AbortSignal,
): Promise<Reconnected> {
  const typed = { ...given, email: given.email.trim() === '' ? findStoredName(core, before, given) : given.email }
  checkTyped(typed)
  const givenEnd = parseTokenExpiry(typed.tokenExpires, core.now()) ?? null
  const address: SiteAddress = { deployment: before.deployment, baseUrl: before.baseUrl }
  const options = siteOptionsOf(core)
  const { credential, test, accountName } = await namingResults(async () => {
    const picked = grant === undefined ? undefined : await pickSite(core, grant, { address }, signal)
    const resolved = await resolveCredential(typed, { address }, picked, options, signal)
    const working = await requireWorks(address, resolved, options, signal)
    await requireSpaces(openSite(address, working.credential, options), before, signal)
    return working
  })
  const tokenExpiresAt = credential.kind === 'oauth' ? idleEndOf(core.now()) : givenEnd
  const isHeld = before.state === 'paused' && before.pauseReason === 'asked'
  await core.database.db.transaction(async (tx) => {
    await updateConnection(tx, before.id, {
      credentialKind: credential.kind,
      credentialSealed: sealCredential(credential, core.encryptionKey(), before.name),
      ...(isHeld ? {} : activeValues(before, core.now())),
      tokenExpiresAt,
      expiryToldAt: null,
      refreshingUntil: null,
      testResult: test.result,
      testRemedy: test.remedy ?? null,
      testedAt: core.now(),
    })
    await insertAuditEntry(tx, {
      actor,
      action: 'reconnect',
      subject: before.name,
      details: { credential: credential.kind, account: accountName },
    })
  })
  const connection = await getConnectionById(core, before.id)
  const queued = isHeld
    ? undefined
    : await syncConnection(core, connection, { kind: 'incremental', requestedBy: actor }, signal)
  return { connection, accountName, queued }
}

/** A credential that works but sees nothing of what is covered would hide everything: then the old one is kept. */
async function requireSpaces(site: ConfluenceSite, { name, scope }: Connection, signal: AbortSignal): Promise<void> {
  if (selectSpaces(await collectSpaces(site, signal), scope).selected.length > 0) return
  throw new InvalidInputError(
    'spaces_none',
    `This credential works, but its account sees no space that ${name} covers, so nothing was changed. Give the account the right to view the spaces, or use the credential of another one.`,
    { field: 'secret' },
  )
}

/** Most people only make a new token: the account stays whose it was. Empty when it cannot be told. */
function findStoredName(core: Core, before: Connection, { credentialKind }: TypedCredential): string {
  if (before.credentialKind !== credentialKind) return ''
  try {
    const stored = openCredential(before.credentialSealed, core.encryptionKey(), before.name)
    if (stored.kind === 'basic') return stored.username
    return 'email' in stored ? stored.email : ''
  } catch (error) {
    // Sealed under another key: then everything is typed anew.
    if (error instanceof InvalidInputError) return ''
    throw error
  }
}
