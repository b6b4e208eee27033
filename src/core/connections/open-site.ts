import type { Connection } from '../../db/queries/connections.ts'
import { openSite } from '../confluence/open-site.ts'
import type { Pace } from '../confluence/pacer.ts'
import type { ConfluenceSite } from '../confluence/site.ts'
import type { SiteLogin } from '../confluence/test-connection.ts'
import type { Core } from '../core.ts'
import { siteOptionsOf } from './credentials.ts'
import { createTokenSource } from './oauth-tokens.ts'
import { openCredential } from './seal.ts'

/**
 * The site of a stored connection, with its credential opened. Throws `InvalidInputError` when the key does not fit. Without
 * a `pacer` its reads go before those of runs.
 */
export function openConnectionSite(core: Core, connection: Connection, pacer?: Pace): ConfluenceSite {
  const { address, credential, options } = loginOf(core, connection)
  return openSite(address, credential, { ...options, ...(pacer === undefined ? {} : { pacer }) })
}

/** What a stored connection signs in with, and where. */
export function loginOf(core: Core, connection: Connection): Required<SiteLogin> {
  const credential = openCredential(connection.credentialSealed, core.encryptionKey(), connection.name)
  const options = siteOptionsOf(core)
  return {
    address: { deployment: connection.deployment, baseUrl: connection.baseUrl },
    credential,
    options:
      credential.kind === 'oauth'
        ? { ...options, accessToken: createTokenSource(core, connection.id, credential) }
        : options,
  }
}
