// A new credential for a connection whose old one died, or will. Its site, scope and content stay.
import { type Connection, insertAuditEntry, updateConnection } from '../../db/queries/connections.ts'
import { InvalidInputError } from '../../errors.ts'
import type { OAuthGrant, SiteAddress } from '../confluence/site.ts'
import type { Core } from '../core.ts'
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
import { activeValues } from './pause.ts'
import { parseTokenExpiry } from './request.ts'
import { openCredential, sealCredential } from './seal.ts'
import { type QueuedSync, syncConnection } from './sync-connection.ts'

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
  const tokenExpiresAt = parseTokenExpiry(typed.tokenExpires, core.now()) ?? null
  const address: SiteAddress = { deployment: before.deployment, baseUrl: before.baseUrl }
  const options = siteOptionsOf(core)
  const { credential, test, accountName } = await namingResults(async () => {
    const picked = grant === undefined ? undefined : await pickSite(core, grant, { address }, signal)
    const resolved = await resolveCredential(typed, { address }, picked, options, signal)
    return requireWorks(address, resolved, options, signal)
  })
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
