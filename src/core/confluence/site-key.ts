// What a site calls itself, whatever address it was reached under: the same for http and https, for a host's other names, and
// for a Cloud site's own domain.
import { z } from 'zod'
import { isFootnoteError } from '../../errors.ts'
import { fetchCloudId } from './detect-deployment.ts'
import { findForbiddenReason } from './forbidden-hosts.ts'
import type { HttpClient } from './http.ts'
import { openClient } from './open-site.ts'
import type { SiteLogin } from './test-connection.ts'

/**
 * Cloud: the cloud id. Data Center: host and path of the base URL that its administrators gave it. Undefined where the site does
 * not say: it only serves to find the same site again.
 */
export async function findSiteKey(
  { address, credential, options = {} }: SiteLogin,
  cloudId: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const known = 'cloudId' in credential ? credential.cloudId : cloudId
  if (known !== undefined) return known
  try {
    return address.deployment === 'cloud'
      ? await fetchCloudId(address, options, signal)
      : await findOwnAddress(openClient(address, credential, options), new URL(address.baseUrl).hostname, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (isFootnoteError(error)) return undefined
    throw error
  }
}

/** Every list carries the base URL; newer versions also say it by itself. */
async function findOwnAddress(http: HttpClient, reachedAs: string, signal: AbortSignal): Promise<string | undefined> {
  const schema = z.object({ _links: z.object({ base: z.string() }) })
  const list = await http.send({ path: '/rest/api/space', query: { limit: 1 }, schema, maxAttempts: 2 }, signal)
  const base = list?._links.base ?? ''
  if (!URL.canParse(base)) return undefined
  const { host, hostname, pathname } = new URL(base)
  // Never set up: many servers call themselves localhost.
  if (isLoopback(hostname) && !isLoopback(reachedAs)) return undefined
  return host + pathname.replace(/\/+$/, '')
}

const isLoopback = (hostname: string): boolean => findForbiddenReason(hostname, { allowLoopback: false }) === 'loopback'
