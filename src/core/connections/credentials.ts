// What was typed → a credential that was tested live at the site it is for.
import { InvalidInputError, isFootnoteError } from '../../errors.ts'
import type { TypedAddress } from '../confluence/address.ts'
import type { HostPolicy } from '../confluence/forbidden-hosts.ts'
import {
  type FoundAddress,
  type LikelyCredential,
  detectDeployment,
  fetchCloudId,
} from '../confluence/detect-deployment.ts'
import { HttpFailure } from '../confluence/http-errors.ts'
import { wrongKind } from '../confluence/open-site.ts'
import type { SiteOptions } from '../confluence/site-options.ts'
import type { Credential, OAuthGrant, SiteAddress } from '../confluence/site.ts'
import { type ConnectionTest, nameFailure, testConnection } from '../confluence/test-connection.ts'
import type { Core } from '../core.ts'
import type { ConnectRequest } from './request.ts'

export type TypedCredential = Pick<ConnectRequest, 'credentialKind' | 'email' | 'secret'>

/** Reads with these share the budget of their site with its runs, and come first: somebody waits for them. */
export function siteOptionsOf({ config, budgets }: Pick<Core, 'config' | 'budgets'>): SiteOptions & HostPolicy {
  return {
    allowLoopback: config.FOOTNOTE_ALLOW_LOOPBACK,
    gatewayUrl: config.ATLASSIAN_API_URL,
    pacerOf: (baseUrl) => budgets.pacerOf(baseUrl).urgent,
  }
}

/** Throws `InvalidInputError` (Missing Credentials) for a part that is empty; asks nobody. */
export function checkTyped({ credentialKind, email, secret }: TypedCredential): void {
  if (credentialKind === 'oauth') return
  const remedy = 'Enter the credential of an account that may read the spaces.'
  if (secret.trim() === '')
    throw new InvalidInputError('secret_missing', `Missing Credentials: the token or password is empty. ${remedy}`, {
      field: 'secret',
    })
  if (email.trim() !== '' || credentialKind === 'pat' || credentialKind === 'scoped') return
  throw new InvalidInputError(
    'email_missing',
    `Missing Credentials: ${credentialKind === 'token' ? 'the e-mail address of the account that the token belongs to' : 'the user name'} is empty. ${remedy}`,
    { field: 'email' },
  )
}

/** The credential for this site; a scoped token gets the site's cloud id. `grant` is what OAuth gave. */
export async function resolveCredential(
  { credentialKind, email, secret }: TypedCredential,
  { address, cloudId: known }: FoundAddress,
  grant: OAuthGrant | undefined,
  options: SiteOptions,
  signal: AbortSignal,
): Promise<Credential> {
  const isForCloud = credentialKind !== 'pat' && credentialKind !== 'basic'
  if (isForCloud !== (address.deployment === 'cloud')) throw wrongKind(address.deployment)
  switch (credentialKind) {
    case 'token':
      return { kind: 'token', email: email.trim(), secret: secret.trim() }
    case 'scoped': {
      const cloudId = known ?? (await fetchCloudId(address, options, signal))
      return { kind: 'scoped', email: email.trim(), secret: secret.trim(), cloudId }
    }
    case 'pat':
      return { kind: 'pat', secret: secret.trim() }
    case 'basic':
      return { kind: 'basic', username: email.trim(), secret }
    case 'oauth':
      if (grant !== undefined) return grant
      throw new InvalidInputError('oauth_missing', 'Missing Credentials: Atlassian has not let Footnote in yet.', {
        field: 'auth',
      })
  }
}

/** The site behind an address that leaves open which Confluence it is, or where below it. */
export async function findAddress(
  typed: TypedAddress,
  { credentialKind: kind, email, secret }: TypedCredential,
  options: SiteOptions,
  signal: AbortSignal,
): Promise<FoundAddress> {
  const likely: LikelyCredential =
    kind === 'pat'
      ? { kind, secret: secret.trim() }
      : kind === 'basic'
        ? { kind, username: email.trim(), secret }
        : { kind }
  return detectDeployment(typed, likely, options, signal)
}

/** The credential that works; rejects with `InvalidInputError` that holds the test's result, cause and remedy. */
export async function requireWorks(
  address: SiteAddress,
  credential: Credential,
  options: SiteOptions,
  signal: AbortSignal,
): Promise<{ credential: Credential; test: ConnectionTest; accountName: string }> {
  const test = await testConnection({ address, credential, options }, signal)
  // A service account's token was typed with its address, which the gateway does not take: nothing else need be asked.
  if (test.otherKind === 'bearer' && credential.kind === 'scoped')
    return requireWorks(address, { ...credential, email: '' }, options, signal)
  if (test.result === 'Works') return { credential, test, accountName: test.user?.displayName ?? 'the account' }
  throw testFailed(test, test.otherKind === undefined ? undefined : 'auth')
}

/**
 * Work that asks the site for somebody who waits. Whatever the site refuses, or fails at, has one of the test's results, with
 * its cause and its remedy; what was typed wrongly keeps its own sentence.
 */
export async function namingResults<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (!isFootnoteError(error)) throw error
    const isOfSite =
      !(error instanceof InvalidInputError) || error.cause instanceof HttpFailure || resultCodes.has(error.code)
    if (!isOfSite) throw error
    throw testFailed(nameFailure(error), error.code === 'credential_kind' ? 'auth' : undefined, error)
  }
}

const resultCodes = new Set(['credential_kind', 'address_forbidden', 'not_confluence'])

function testFailed(test: ConnectionTest, field?: 'auth', cause?: unknown): InvalidInputError {
  return new InvalidInputError('test_failed', [`${test.result}: ${test.cause}`, test.remedy ?? ''].join(' ').trim(), {
    field: field ?? (test.result === 'Auth Failed' ? 'secret' : 'url'),
    cause,
  })
}
