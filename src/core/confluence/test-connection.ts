// The connection test: one word for the table, the cause and what to do about it.
import { ConnectionRevokedError, isFootnoteError, TransientError } from '../../errors.ts'
import { probeAccess } from './access-probes.ts'
import { listBlockedNames } from './blocked-spaces.ts'
import { HttpFailure } from './http-errors.ts'
import { openClient, openSite } from './open-site.ts'
import type { SiteOptions } from './site-options.ts'
import type { ConfluenceSite, Credential, SiteAddress, SiteSpace, SiteUser } from './site.ts'
import { findOtherKind, type OtherKind } from './token-kind.ts'

type TestResult =
  | 'Works'
  | 'Connection Error'
  | 'Missing Credentials'
  | 'Auth Failed'
  | 'HTTP 400'
  | 'HTTP 404'
  | 'HTTP 4xx'
  | 'HTTP 500'
  | 'HTTP 5xx'
  | 'HTTP Error'
  | 'Failed'

export type ConnectionTest = {
  result: TestResult
  /** One sentence. */
  cause: string
  /** What to do; undefined when nothing needs doing. */
  remedy: string | undefined
  user?: SiteUser
  /** The credential works in another way than the one that was named. */
  otherKind?: OtherKind['kind']
}

/** What to do about a refused credential. */
export function remedyOf({ code }: ConnectionRevokedError): string {
  return remediesByCode[code] ?? remedies['Auth Failed'] ?? ''
}

export type SiteLogin = { address: SiteAddress; credential: Credential; options?: SiteOptions }

const remedies: Record<TestResult, string | undefined> = {
  Works: undefined,
  'Connection Error': 'Check the base URL, that the server is up, and that no firewall stands between it and Footnote.',
  'Missing Credentials': 'Enter the credential of an account that may read the spaces.',
  'Auth Failed':
    "Make a new API token or personal access token, and check that the name or e-mail address is its owner's.",
  'HTTP 400': 'Check the base URL, and whether the site is Cloud or Data Center.',
  'HTTP 404': 'Check the base URL, with or without /wiki or /confluence, then the space key.',
  'HTTP 4xx':
    'Give the account read access; if it is being rate-limited, wait or ask the Confluence admin about the limits.',
  'HTTP 500': "Look into Confluence's own log, then test again.",
  'HTTP 5xx': 'Wait until Confluence, or the proxy in front of it, is up again, then test again.',
  'HTTP Error': 'Check that the base URL leads to Confluence itself and not to a proxy or portal.',
  Failed: "Look for the error in Footnote's log.",
}

const oauthScopesRemedy =
  'Add them to the permissions of the OAuth app (docs/operations.md lists them), then let Footnote in again with reconnect.'

/** What to do about a refusal, by the code of its error, where more is known than "make a new token". */
const remediesByCode: Record<string, string> = {
  address_moved: 'Use the address that it names.',
  account_refused:
    'Give the account a Confluence licence and read access; where password sign-in is switched off, use a personal access token.',
  captcha_required: 'Sign in once in the browser with this account, solve the CAPTCHA, then test again.',
  credential_kind: 'Choose the way to sign in that belongs to this site.',
  credential_ignored: 'Make a new token: Confluence answers this one as if nobody had signed in.',
  oauth_revoked: 'Let Footnote in again with reconnect.',
  scope_missing: 'Make a new token with the scopes that docs/operations.md lists: those of a token cannot be changed.',
  sign_in_page:
    'Make a new token; if single sign-on or a proxy stands before Confluence, let it pass requests to the REST API that carry a token.',
  websudo_required: 'Use the token of an account that is no administrator, then test again.',
}

/**
 * Signs in, lists the first spaces and asks once for each kind of thing that a sync reads. Never rejects, except with the
 * signal's reason.
 */
export async function testConnection(target: ConfluenceSite | SiteLogin, signal: AbortSignal): Promise<ConnectionTest> {
  try {
    if (!('credential' in target)) return await testSite(target, signal)
    if (isIncomplete(target.credential)) return verdict('Missing Credentials', 'A part of the credential is missing.')
    return await testLogin(target, signal)
  } catch (error) {
    signal.throwIfAborted()
    const otherKind = 'credential' in target ? await findWrongDoor(target, error, signal) : undefined
    if (otherKind !== undefined)
      return { ...verdict('Auth Failed', otherKind.sentence), remedy: otherKind.remedy, otherKind: otherKind.kind }
    return nameFailure(error)
  }
}

async function testSite(site: ConfluenceSite, signal: AbortSignal): Promise<ConnectionTest> {
  const user = await site.fetchCurrentUser(signal)
  return { ...describeWorks(user, await findSpace(site, signal)), user }
}

async function testLogin(login: SiteLogin, signal: AbortSignal): Promise<ConnectionTest> {
  const { address, credential } = login
  const options = impatient(login.options)
  const site = openSite(address, credential, options)
  const isScoped = usesGateway(credential)
  // A scope that is missing here may not be the only one: the probes name them all.
  const user = await unlessScope(site.fetchCurrentUser(signal))
  const space = await unlessScope(findSpace(site, signal))
  const known = { deployment: address.deployment, isScoped, space, userId: user?.userId }
  const access = await probeAccess(openClient(address, credential, options), known, signal)
  if (access.missing.length > 0) return describeLacking(access.missing, credential.kind)
  if (access.failure !== undefined) throw access.failure
  if (user === undefined) throw new Error('the current user lacks a scope that no probe lacks')
  const test = { ...describeWorks(user, space), user }
  return isScoped ? withAccessRules(withRareScopes(test, access.missingRare), site, signal) : test
}

/** Undefined where the token lacks the scope for it. */
async function unlessScope<Value>(work: Promise<Value>): Promise<Value | undefined> {
  try {
    return await work
  } catch (error) {
    if (error instanceof ConnectionRevokedError && error.code === 'scope_missing') return undefined
    throw error
  }
}

function describeLacking(scopes: string[], kind: Credential['kind']): ConnectionTest {
  const cause = `The token lacks ${nameScopes(scopes)}, which the sync needs.`
  const remedy = kind === 'oauth' ? oauthScopesRemedy : remediesByCode['scope_missing']
  return { ...verdict('Auth Failed', cause), remedy }
}

const nameScopes = (scopes: string[]): string => `the scope${scopes.length === 1 ? '' : 's'} ${scopes.join(', ')}`

/** Folders apart, pages rarely lie below something that is no page. */
function withRareScopes(test: ConnectionTest, scopes: string[]): ConnectionTest {
  if (scopes.length === 0) return test
  const cause = `${test.cause} Without ${nameScopes(scopes)}, pages below whiteboards, databases and embeds are shown to nobody.`
  return { ...test, cause }
}

/** The result that an error stands for, with its cause and remedy, wherever a request to the site failed. Pure. */
export function nameFailure(error: unknown): ConnectionTest {
  const test = verdict(classify(error), isFootnoteError(error) ? error.message : 'An unexpected error occurred.')
  const remedy = isFootnoteError(error) ? remediesByCode[error.code] : undefined
  return remedy === undefined ? test : { ...test, remedy }
}

async function findWrongDoor({ address, credential, options = {} }: SiteLogin, error: unknown, signal: AbortSignal) {
  const isRefused = error instanceof ConnectionRevokedError && error.code !== 'scope_missing'
  if (!isRefused || address.deployment !== 'cloud' || credential.kind === 'pat' || credential.kind === 'basic')
    return undefined
  return findOtherKind(address, credential, options, signal)
}

const usesGateway = ({ kind }: Credential) => kind === 'scoped' || kind === 'oauth'

/** Spaces that an access rule hides answer as if they did not exist; the sync would call them empty. */
async function withAccessRules(
  test: ConnectionTest,
  site: ConfluenceSite,
  signal: AbortSignal,
): Promise<ConnectionTest> {
  const blocked = await listBlockedNames(site, signal)
  return blocked === undefined ? test : { ...test, cause: `${test.cause} ${blocked.cause}`, remedy: blocked.remedy }
}

/** Somebody is waiting for the result: two attempts and no long wait, unless the caller says otherwise. */
function impatient(options: SiteOptions = {}): SiteOptions {
  return { ...options, retry: { attempts: 2, patienceMs: 5000, ...options.retry } }
}

async function findSpace(site: ConfluenceSite, signal: AbortSignal): Promise<SiteSpace | undefined> {
  for await (const [space] of site.iterateSpaces(signal)) if (space !== undefined) return space
  return undefined
}

function describeWorks(user: SiteUser, space: SiteSpace | undefined): ConnectionTest {
  if (space !== undefined) return verdict('Works', `Signed in as ${user.displayName}.`)
  return {
    ...verdict('Works', `Signed in as ${user.displayName}, but this account sees no space.`),
    remedy: 'Give the account read access to the spaces.',
  }
}

function isIncomplete(credential: Credential): boolean {
  const parts =
    credential.kind === 'oauth'
      ? [credential.accessToken]
      : credential.kind === 'token'
        ? [credential.email, credential.secret]
        : credential.kind === 'basic'
          ? [credential.username, credential.secret]
          : [credential.secret]
  return parts.some((part) => part.trim() === '')
}

function classify(error: unknown): TestResult {
  if (!isFootnoteError(error)) return 'Failed'
  if (error instanceof ConnectionRevokedError || error.code === 'credential_kind') return 'Auth Failed'
  if (error.code === 'address_forbidden') return 'Connection Error'
  const status = error.cause instanceof HttpFailure ? error.cause.status : undefined
  if (status === 400 || status === 404 || status === 500) return `HTTP ${status}`
  if (status !== undefined && status > 400 && status < 500) return 'HTTP 4xx'
  if (status !== undefined && status > 500) return 'HTTP 5xx'
  if (status !== undefined) return 'HTTP Error'
  // Nobody was asked: the site wants to be left alone for a while.
  if (error.code === 'rate_limited') return 'HTTP 4xx'
  if (!(error instanceof TransientError)) return 'Failed'
  return ['unreachable', 'timeout', 'host_unknown', 'certificate_untrusted'].includes(error.code)
    ? 'Connection Error'
    : 'HTTP Error'
}

const verdict = (result: TestResult, cause: string): ConnectionTest => ({ result, cause, remedy: remedies[result] })
