// The access token of the moment for a stored OAuth connection. Refresh tokens rotate, so one replica at a time exchanges
// them (a lease in the connection's row), and what it gets is stored, sealed, before anybody uses it.
import { setTimeout as delay } from 'node:timers/promises'
import { findConnectionById, type Connection } from '../../db/queries/connections.ts'
import { claimRefresh, releaseRefresh, storeRefreshed } from '../../db/queries/refreshes.ts'
import { ConnectionRevokedError, TransientError } from '../../errors.ts'
import { refreshTokens } from '../confluence/oauth.ts'
import type { OAuthGrant } from '../confluence/site.ts'
import type { AccessTokenSource } from '../confluence/site-options.ts'
import type { Core } from '../core.ts'
import { oauthAppOf } from './oauth-app.ts'
import { openCredential, sealCredential } from './seal.ts'
import { idleEndOf } from './token-expiry.ts'

/** A token that ends within this time is exchanged before it is used. */
const earlyMs = 60_000
/** Longer than an exchange may take (10 s); a replica that died during one leaves the others waiting for so long. */
const leaseMs = 30_000
const pollMs = 200

export function createTokenSource(core: Core, connectionId: number, first: OAuthGrant): AccessTokenSource {
  let grant = first
  return async (refused, signal) => {
    if (!isUsable(core, grant, refused)) grant = await renew(core, connectionId, refused, signal)
    return grant.accessToken
  }
}

function isUsable(core: Core, { accessToken, expiresAt }: OAuthGrant, refused: string | undefined): boolean {
  return accessToken !== refused && Date.parse(expiresAt) - core.now().getTime() > earlyMs
}

/** Whoever gets the lease exchanges; the others take what it has stored. */
async function renew(
  core: Core,
  connectionId: number,
  refused: string | undefined,
  signal: AbortSignal,
): Promise<OAuthGrant> {
  const { db } = core.database
  const endsAt = performance.now() + 2 * leaseMs
  while (performance.now() < endsAt) {
    signal.throwIfAborted()
    const { grant } = await readGrant(core, connectionId)
    if (isUsable(core, grant, refused)) return grant
    const now = core.now()
    const until = new Date(now.getTime() + leaseMs)
    if (await claimRefresh(db, connectionId, now, until))
      try {
        return await exchange(core, connectionId, refused, signal)
      } finally {
        await releaseRefresh(db, connectionId, until)
      }
    await delay(pollMs, undefined, { signal })
  }
  throw new TransientError('oauth_busy', 'Another process renews the access to Confluence: try again in a minute.')
}

async function exchange(
  core: Core,
  connectionId: number,
  refused: string | undefined,
  signal: AbortSignal,
): Promise<OAuthGrant> {
  // Read again under the lease: the one who had it before may have stored just now.
  const { connection, grant } = await readGrant(core, connectionId)
  if (isUsable(core, grant, refused)) return grant
  const tokens = await refreshTokens(oauthAppOf(core), grant.refreshToken, core.now(), signal)
  const next: OAuthGrant = { ...grant, ...tokens }
  const sealed = sealCredential(next, core.encryptionKey(), connection.name)
  // The old refresh token is used up: what is not stored now is lost for good.
  const idleEnd = idleEndOf(core.now())
  if (await storeRefreshed(core.database.db, connectionId, connection.credentialSealed, sealed, idleEnd)) return next
  return (await readGrant(core, connectionId)).grant
}

async function readGrant(core: Core, connectionId: number): Promise<{ connection: Connection; grant: OAuthGrant }> {
  const connection = await findConnectionById(core.database.db, connectionId)
  if (connection === undefined || connection.state === 'removed')
    throw new ConnectionRevokedError('connection_removed', 'The connection was removed meanwhile.')
  const grant = openCredential(connection.credentialSealed, core.encryptionKey(), connection.name)
  if (grant.kind === 'oauth') return { connection, grant }
  throw new TransientError('credential_changed', `${connection.name} got another credential meanwhile: start again.`)
}
