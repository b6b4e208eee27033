// Asks an address, without a credential, which Confluence it is.
import { z } from 'zod'
import { ConnectionRevokedError, InvalidInputError, isFootnoteError, AccessDeniedError } from '../../errors.ts'
import type { TypedAddress } from './address.ts'
import { createHttpClient, type HttpOptions } from './http.ts'
import { atSitePace, defaultGatewayUrl, type SiteOptions } from './site-options.ts'
import type { SiteAddress } from './site.ts'

const probe: HttpOptions = { timeoutMs: 10_000, retry: { attempts: 2 } }

/**
 * The address with its deployment and context path made certain. Rejects with `InvalidInputError` when no Confluence
 * answers there, with `TransientError` when nothing does.
 */
export async function detectDeployment(
  { address, isGuess }: Pick<TypedAddress, 'address' | 'isGuess'>,
  options: SiteOptions,
  signal: AbortSignal,
): Promise<SiteAddress> {
  if (!isGuess) return address
  const { origin, pathname } = new URL(address.baseUrl)
  const cloud: SiteAddress = { deployment: 'cloud', baseUrl: `${origin}/wiki` }
  if (await answers(cloud, '/api/v2/spaces', options, signal)) return cloud
  // Typed without a context path, Data Center is often found one level down.
  const contexts = pathname === '/' ? ['', '/confluence', '/wiki'] : [pathname]
  for (const context of contexts) {
    const datacenter: SiteAddress = { deployment: 'datacenter', baseUrl: `${origin}${context}` }
    if (await answers(datacenter, '/rest/api/user/current', options, signal)) return datacenter
  }
  throw new InvalidInputError('not_confluence', `There is no Confluence at ${address.baseUrl}: check the address.`, {
    field: 'url',
  })
}

/** True for a JSON answer, and for a refusal that comes with the REST API: both prove that the API is there. */
async function answers(
  address: SiteAddress,
  path: string,
  options: SiteOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const http = createHttpClient(address.baseUrl, undefined, { ...atSitePace(options, address.baseUrl), ...probe })
  try {
    return (await http.send({ path, query: { limit: 1 }, schema: z.unknown() }, signal)) !== undefined
  } catch (error) {
    if (!isFootnoteError(error)) throw error
    if (error instanceof AccessDeniedError) return true
    if (error instanceof ConnectionRevokedError) return error.code === 'credential_refused'
    if (error instanceof InvalidInputError && error.code !== 'address_forbidden' && error.code !== 'address_moved')
      return false
    throw error
  }
}

/** The id under which Atlassian's gateway knows a Cloud site; scoped tokens need it. */
export async function fetchCloudId(address: SiteAddress, options: SiteOptions, signal: AbortSignal): Promise<string> {
  const paced = atSitePace(options, address.baseUrl)
  const http = createHttpClient(new URL(address.baseUrl).origin, undefined, { ...paced, ...probe })
  const schema = z.object({ cloudId: z.string().regex(/^[\w-]+$/) })
  const tenant = await http.send({ path: '/_edge/tenant_info', schema }, signal)
  if (tenant !== undefined) return tenant.cloudId
  throw new InvalidInputError(
    'not_cloud',
    `${address.baseUrl} is no Cloud site, so a scoped token cannot be used with it (${options.gatewayUrl ?? defaultGatewayUrl} does not know it).`,
    { field: 'url' },
  )
}
