import type { Connection } from '../../db/queries/connections.ts'
import { openSite } from '../confluence/open-site.ts'
import type { Pacer } from '../confluence/pacer.ts'
import type { ConfluenceSite } from '../confluence/site.ts'
import type { Core } from '../core.ts'
import { openCredential } from './seal.ts'

/** The site of a stored connection, with its credential opened. Throws `InvalidInputError` when the key does not fit. */
export function openConnectionSite(core: Core, connection: Connection, pacer?: Pacer): ConfluenceSite {
  const credential = openCredential(connection.credentialSealed, core.encryptionKey(), connection.name)
  return openSite({ deployment: connection.deployment, baseUrl: connection.baseUrl }, credential, {
    allowLoopback: core.config.FOOTNOTE_ALLOW_LOOPBACK,
    gatewayUrl: core.config.ATLASSIAN_API_URL,
    ...(pacer === undefined ? {} : { pacer }),
  })
}
