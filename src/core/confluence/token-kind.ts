// A refused Cloud token may be a good one at the wrong door: classic tokens belong to the site, scoped ones to Atlassian's
// gateway, and nothing in the text of a token tells which it is.
import { isFootnoteError } from '../../errors.ts'
import { createCloudClient, type CloudCredential } from './cloud-client.ts'
import { fetchKnownUser } from './current-user.ts'
import { fetchCloudId } from './detect-deployment.ts'
import { atSitePace, type SiteOptions } from './site-options.ts'
import type { SiteAddress } from './site.ts'

export type OtherKind = { kind: 'scoped' | 'classic' | 'bearer'; sentence: string; remedy: string }

/**
 * What a refused token turns out to be when it is tried the other way; undefined when it works nowhere. Only after the door
 * that the person named has refused it, and only while a person waits: a scoped token that works never reaches the site.
 */
export async function findOtherKind(
  address: SiteAddress,
  credential: CloudCredential,
  options: SiteOptions,
  signal: AbortSignal,
): Promise<OtherKind | undefined> {
  if (credential.kind === 'oauth') return undefined
  const { email, secret } = credential
  if (credential.kind === 'token') {
    const cloudId = await fetchCloudId(address, options, signal).catch(orNothing(signal))
    if (cloudId === undefined) return undefined
    return (await works(address, { kind: 'scoped', email, secret, cloudId }, options, signal)) ? scoped : undefined
  }
  if (email === '') return undefined
  if (await works(address, { ...credential, email: '' }, options, signal)) return bearer
  return (await works(address, { kind: 'token', email, secret }, options, signal)) ? classic : undefined
}

const scoped: OtherKind = {
  kind: 'scoped',
  sentence: 'This is a scoped API token, which works through the gateway of Atlassian and not on the site itself.',
  remedy: 'Choose “scoped API token” (--auth scoped).',
}
const classic: OtherKind = {
  kind: 'classic',
  sentence: 'This is a classic API token without scopes, which works on the site itself and not through the gateway.',
  remedy: 'Choose “API token” (--auth token).',
}
const bearer: OtherKind = {
  kind: 'bearer',
  sentence: 'This is the token of a service account, which is sent without an e-mail address.',
  remedy: 'Leave the e-mail address empty.',
}

async function works(
  address: SiteAddress,
  credential: CloudCredential,
  options: SiteOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const retry = { ...options.retry, attempts: 1 }
  const http = createCloudClient({ ...atSitePace(options, address.baseUrl), retry, address, credential })
  return (await fetchKnownUser(http, address, signal).catch(orNothing(signal))) !== undefined
}

function orNothing(signal: AbortSignal) {
  return (error: unknown): undefined => {
    signal.throwIfAborted()
    if (!isFootnoteError(error)) throw error
    return undefined
  }
}
