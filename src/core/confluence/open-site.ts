import { InvalidInputError } from '../../errors.ts'
import { createCloudSite } from './cloud.ts'
import { createDataCenterSite } from './datacenter.ts'
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

/** The error for a kind of credential that the deployment does not take. */
export function wrongKind(deployment: Deployment): InvalidInputError {
  const sentence =
    deployment === 'cloud'
      ? 'Confluence Cloud takes an e-mail address and an API token (classic or scoped), or OAuth.'
      : 'Confluence Data Center takes a personal access token, or a user name and password.'
  return new InvalidInputError('credential_kind', sentence, { field: 'auth' })
}
