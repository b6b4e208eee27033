import { InvalidInputError } from '../../errors.ts'
import { createCloudClient } from './cloud-client.ts'
import { createCloudSite } from './cloud.ts'
import { createDataCenterSite, renderAuthorization } from './datacenter.ts'
import { createHttpClient, type HttpClient } from './http.ts'
import { atSitePace, type SiteOptions } from './site-options.ts'
import type { ConfluenceSite, Credential, Deployment, SiteAddress } from './site.ts'

/** The site behind an address, whichever deployment it is. Throws `InvalidInputError` for a credential of the other one. */
export function openSite(address: SiteAddress, credential: Credential, given: SiteOptions = {}): ConfluenceSite {
  const options = atSitePace(given, address.baseUrl)
  if (address.deployment === 'cloud') {
    if (credential.kind !== 'pat' && credential.kind !== 'basic')
      return createCloudSite({ ...options, address, credential })
    throw wrongKind('cloud')
  }
  if (credential.kind === 'pat' || credential.kind === 'basic')
    return createDataCenterSite({ ...options, address, credential })
  throw wrongKind('datacenter')
}

/** The plain client of a site, for questions that are none of the sync's. */
export function openClient(address: SiteAddress, credential: Credential, given: SiteOptions = {}): HttpClient {
  const options = atSitePace(given, address.baseUrl)
  if (credential.kind === 'pat' || credential.kind === 'basic')
    return createHttpClient(address.baseUrl, renderAuthorization(credential), options)
  return createCloudClient({ ...options, address, credential })
}

/** The error for a kind of credential that the deployment does not take. */
export function wrongKind(deployment: Deployment): InvalidInputError {
  const sentence =
    deployment === 'cloud'
      ? 'Confluence Cloud takes an e-mail address and an API token (classic or scoped), or OAuth.'
      : 'Confluence Data Center takes a personal access token, or a user name and password.'
  return new InvalidInputError('credential_kind', sentence, { field: 'auth' })
}
