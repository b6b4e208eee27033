import { InvalidInputError } from '../../errors.ts'
import { createCloudSite } from './cloud.ts'
import { createDataCenterSite } from './datacenter.ts'
import { createPacer } from './pacer.ts'
import type { SiteOptions } from './site-options.ts'
import type { ConfluenceSite, Credential, SiteAddress } from './site.ts'

/** The site behind an address, whichever deployment it is. Throws `InvalidInputError` for a credential of the other one. */
export function openSite(address: SiteAddress, credential: Credential, given: SiteOptions = {}): ConfluenceSite {
  const options = { ...given, pacer: given.pacer ?? createPacer() }
  if (address.deployment === 'cloud') {
    if (credential.kind === 'token') return createCloudSite({ ...options, address, credential })
    throw new InvalidInputError('credential_kind', 'Confluence Cloud takes an e-mail address and an API token.', {
      field: 'auth',
    })
  }
  if (credential.kind !== 'token') return createDataCenterSite({ ...options, address, credential })
  throw new InvalidInputError(
    'credential_kind',
    'Confluence Data Center takes a personal access token, or a user name and password.',
    { field: 'auth' },
  )
}
