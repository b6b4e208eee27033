// Asks an address which Confluence it is, and where below it. What is found may be a refusal or a sign-in page: the
// connection test then says what is wrong there.
import { z } from 'zod'
import { AccessDeniedError, ConnectionRevokedError, InvalidInputError, isFootnoteError } from '../../errors.ts'
import type { TypedAddress } from './address.ts'
import { renderAuthorization } from './datacenter.ts'
import { createHttpClient, type HttpOptions } from './http.ts'
import { HttpFailure } from './http-errors.ts'
import { atSitePace, defaultGatewayUrl, type SiteOptions } from './site-options.ts'
import type { Credential, SiteAddress } from './site.ts'

/** Somebody is waiting, and several places are asked. */
const probe: HttpOptions = { timeoutMs: 10_000, retry: { attempts: 2, patienceMs: 5000 } }

/** What was typed to sign in with: its kind says which deployment is likelier; Data Center's goes with the questions to it. */
export type LikelyCredential =
  | Extract<Credential, { kind: 'pat' | 'basic' }>
  | { kind: Exclude<Credential['kind'], 'pat' | 'basic'> }

/** `cloudId` where it came to light. */
export type FoundAddress = { address: SiteAddress; cloudId?: string }

/** How much an answer says that Confluence's REST API is at a place, most first. */
const evidence = ['answer', 'refusal', 'sign-in page', 'failure', 'nothing'] as const
type Evidence = (typeof evidence)[number]

/**
 * The address with its deployment and context path made as certain as they can be. Behind single sign-on only a request with
 * the credential tells; a Cloud credential is not needed for that and is never sent from here. Rejects with
 * `TransientError` when there is no server.
 */
export async function detectDeployment(
  { address, isGuess }: Pick<TypedAddress, 'address' | 'isGuess'>,
  credential: LikelyCredential,
  options: SiteOptions,
  signal: AbortSignal,
): Promise<FoundAddress> {
  const { origin, pathname } = new URL(address.baseUrl)
  const isWhole = pathname !== '/'
  if (!isGuess && (isWhole || address.deployment === 'cloud')) return { address }
  const cloud: SiteAddress = { deployment: 'cloud', baseUrl: `${origin}/wiki` }
  const cloudId = isGuess ? await findCloudId(cloud, options, signal) : undefined
  if (cloudId !== undefined) return { address: cloud, cloudId }
  // Typed without a context path, Data Center is often found one level down.
  const contexts = isWhole ? [pathname] : ['', '/confluence', '/wiki']
  const own = contexts.map((context): SiteAddress => ({ deployment: 'datacenter', baseUrl: `${origin}${context}` }))
  const isForCloud = credential.kind !== 'pat' && credential.kind !== 'basic'
  const places = !isGuess ? own : isForCloud ? [cloud, ...own] : [...own, cloud]
  const found = await Promise.all(places.map((place) => look(place, credential, options, signal)))
  const best = Math.min(...found.map((each) => evidence.indexOf(each)))
  // Nothing anywhere: the test of what was typed says so.
  if (evidence[best] === 'nothing') return { address: isForCloud && isGuess ? cloud : address }
  return { address: places[found.findIndex((each) => each === evidence[best])] ?? address }
}

async function look(
  place: SiteAddress,
  credential: LikelyCredential,
  options: SiteOptions,
  signal: AbortSignal,
): Promise<Evidence> {
  const isCloud = place.deployment === 'cloud'
  const authorization = isCloud || !('secret' in credential) ? undefined : renderAuthorization(credential)
  const http = createHttpClient(place.baseUrl, authorization, { ...atSitePace(options, place.baseUrl), ...probe })
  const request = isCloud
    ? { path: '/api/v2/spaces', query: { limit: 1 }, schema: z.object({ results: z.array(z.unknown()) }) }
    : { path: '/rest/api/user/current', schema: z.object({ type: z.string() }) }
  try {
    return (await http.send<unknown>(request, signal)) === undefined ? 'nothing' : 'answer'
  } catch (error) {
    signal.throwIfAborted()
    return weigh(error)
  }
}

function weigh(error: unknown): Evidence {
  if (!isFootnoteError(error)) throw error
  if (error instanceof AccessDeniedError) return 'refusal'
  if (error instanceof ConnectionRevokedError) return error.code === 'sign_in_page' ? 'sign-in page' : 'refusal'
  return error.code === 'not_confluence' ? 'nothing' : 'failure'
}

const noServer = new Set(['unreachable', 'host_unknown', 'certificate_untrusted', 'address_forbidden'])
const tenant = z.object({ cloudId: z.string().regex(/^[\w-]+$/) })

/** The cloud id where the address has one. Any other answer is no proof of anything; where there is no server it rejects. */
async function findCloudId(
  address: SiteAddress,
  options: SiteOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const paced = atSitePace(options, address.baseUrl)
  const http = createHttpClient(new URL(address.baseUrl).origin, undefined, { ...paced, ...probe })
  try {
    return (await http.send({ path: '/_edge/tenant_info', schema: tenant }, signal))?.cloudId
  } catch (error) {
    signal.throwIfAborted()
    if (!isFootnoteError(error) || noServer.has(error.code)) throw error
    return undefined
  }
}

/** The id under which Atlassian's gateway knows a Cloud site; scoped tokens need it. */
export async function fetchCloudId(address: SiteAddress, options: SiteOptions, signal: AbortSignal): Promise<string> {
  const paced = atSitePace(options, address.baseUrl)
  const http = createHttpClient(new URL(address.baseUrl).origin, undefined, { ...paced, ...probe })
  const path = '/_edge/tenant_info'
  const found = await http.send({ path, schema: tenant }, signal).catch((error: unknown) => {
    // Other servers answer with a page of their own, or their sign-in page.
    if (error instanceof ConnectionRevokedError || error instanceof InvalidInputError) return undefined
    throw error
  })
  if (found !== undefined) return found.cloudId
  throw new InvalidInputError(
    'not_cloud',
    `${address.baseUrl} is no Cloud site, so a scoped token cannot be used with it (${options.gatewayUrl ?? defaultGatewayUrl} does not know it).`,
    { field: 'url', cause: new HttpFailure(`GET ${path}`, 404) },
  )
}
