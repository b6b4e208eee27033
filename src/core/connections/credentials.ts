// What was typed → a credential that was tested live at the site it is for.
import { InvalidInputError, TransientError } from '../../errors.ts'
import type { TypedAddress } from '../confluence/address.ts'
import type { HostPolicy } from '../confluence/forbidden-hosts.ts'
import { detectDeployment, fetchCloudId } from '../confluence/detect-deployment.ts'
import { wrongKind } from '../confluence/open-site.ts'
import type { SiteOptions } from '../confluence/site-options.ts'
import type { Credential, OAuthGrant, SiteAddress } from '../confluence/site.ts'
import { type ConnectionTest, testConnection } from '../confluence/test-connection.ts'
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
  if (secret.trim() === '')
    throw new InvalidInputError('secret_missing', 'Missing Credentials: the token or password is empty.', {
      field: 'secret',
    })
  if (email.trim() !== '' || credentialKind === 'pat' || credentialKind === 'scoped') return
  throw new InvalidInputError(
    'email_missing',
    `Missing Credentials: ${credentialKind === 'token' ? 'the e-mail address of the account that the token belongs to' : 'the user name'} is empty.`,
    { field: 'email' },
  )
}

/** The credential for this site; a scoped token gets the site's cloud id. `grant` is what OAuth gave. */
export async function resolveCredential(
  { credentialKind, email, secret }: TypedCredential,
  address: SiteAddress,
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
      const cloudId = await fetchCloudId(address, options, signal)
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

/** Nothing answers there: for whoever typed the address that is a wrong address, not something to wait for. */
export async function findAddress(
  typed: TypedAddress,
  options: SiteOptions,
  signal: AbortSignal,
): Promise<SiteAddress> {
  try {
    return await detectDeployment(typed, options, signal)
  } catch (cause) {
    if (!(cause instanceof TransientError)) throw cause
    throw new InvalidInputError('test_failed', `Connection Error: ${cause.message}`, { field: 'url', cause })
  }
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
  const field = test.otherKind !== undefined ? 'auth' : test.result === 'Auth Failed' ? 'secret' : 'url'
  throw new InvalidInputError('test_failed', [`${test.result}: ${test.cause}`, test.remedy ?? ''].join(' ').trim(), {
    field,
  })
}
