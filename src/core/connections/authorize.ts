// Letting Footnote in at Atlassian: an address for the browser with a secret state → Atlassian sends the person back with a
// code → the tokens are kept, sealed → whoever began it goes on. The state works once and for an hour.
import { createHash, randomBytes } from 'node:crypto'
import {
  type Authorization,
  claimAuthorization,
  endAuthorization,
  findAuthorization,
  insertAuthorization,
  purgeAuthorization,
} from '../../db/queries/authorizations.ts'
import { InvalidInputError, isFootnoteError } from '../../errors.ts'
import { type FoundAddress, fetchCloudId } from '../confluence/detect-deployment.ts'
import { type OAuthApp, exchangeCode, listOpenedSites, renderAuthorizeUrl } from '../confluence/oauth.ts'
import type { OAuthGrant } from '../confluence/site.ts'
import type { Core } from '../core.ts'
import { siteOptionsOf } from './credentials.ts'
import { draftMs } from './draft-life.ts'
import { oauthAppOf } from './oauth-app.ts'
import type { ConnectRequest } from './request.ts'
import { openCredential, sealCredential } from './seal.ts'

/** What happens once Footnote is let in: a new connection, or a new credential for an old one. */
export type Purpose =
  | { kind: 'connect'; request: Omit<ConnectRequest, 'secret'> }
  | { kind: 'reconnect'; connectionId: number }

export type Begun = { authorizationId: number; url: string }

export async function openAuthorization(core: Core, purpose: Purpose, actor: string): Promise<Begun> {
  const app = oauthAppOf(core)
  core.encryptionKey()
  const state = randomBytes(32).toString('base64url')
  const authorizationId = await insertAuthorization(core.database.db, {
    stateHash: hash(state),
    purpose,
    createdBy: actor,
    createdAt: core.now(),
  })
  return { authorizationId, url: renderAuthorizeUrl(app, state) }
}

/**
 * Atlassian sent a browser back. Returns the sentence for the page that it shows; rejects with `InvalidInputError` when
 * nobody began this here, or Atlassian does not let Footnote in.
 */
export async function acceptCallback(
  core: Core,
  returned: { state: string; code: string | undefined; error: string | undefined },
  signal: AbortSignal,
): Promise<string> {
  const { db } = core.database
  const authorization = await claimAuthorization(db, hash(returned.state), oldest(core))
  if (authorization === undefined)
    throw new InvalidInputError(
      'oauth_state_unknown',
      'Nobody asked for this here, or it was longer than an hour ago. Begin again where you began.',
    )
  try {
    if (returned.code === undefined) throw denied(returned.error)
    const tokens = await exchangeCode(oauthAppOf(core), returned.code, core.now(), signal)
    // Which site it is for is only known to whoever goes on.
    const grant: OAuthGrant = { kind: 'oauth', cloudId: '', ...tokens }
    const grantSealed = sealCredential(grant, core.encryptionKey(), bindingOf(authorization))
    await endAuthorization(db, authorization.id, { grantSealed })
  } catch (error) {
    if (isFootnoteError(error)) await endAuthorization(db, authorization.id, { failure: error.message })
    throw error
  }
  return 'Atlassian let Footnote in. Close this page and go on where you began.'
}

function denied(error: string | undefined): InvalidInputError {
  return new InvalidInputError(
    'oauth_denied',
    error === 'access_denied'
      ? 'Footnote was not let in: the consent was refused at Atlassian.'
      : `Atlassian did not let Footnote in (${(error ?? 'no reason given').slice(0, 60)}).`,
  )
}

/** What became of it: undefined while the browser is still away. Only whoever began it may ask. */
export async function takeGrant(
  core: Core,
  authorizationId: number,
  actor: string,
): Promise<{ purpose: Purpose; grant: OAuthGrant } | undefined> {
  const { db } = core.database
  const authorization = await findAuthorization(db, authorizationId, oldest(core))
  if (authorization === undefined || authorization.createdBy !== actor)
    throw new InvalidInputError(
      'authorization_gone',
      'This was not finished within an hour, or somebody else began it. Begin again.',
    )
  const { failure, grantSealed, purpose } = authorization
  if (failure !== null) throw new InvalidInputError('oauth_failed', `${failure} Begin again.`)
  if (grantSealed === null) return undefined
  const grant = openCredential(grantSealed, core.encryptionKey(), bindingOf(authorization))
  if (grant.kind !== 'oauth') throw new Error('an authorization holds another credential')
  return { purpose: purpose as Purpose, grant }
}

/** Its tokens are somewhere else now. */
export async function closeAuthorization(core: Core, authorizationId: number): Promise<void> {
  await purgeAuthorization(core.database.db, authorizationId)
}

/** The grant with the id of this site; rejects with `InvalidInputError` when the person opened another one. */
export async function pickSite(
  core: Core,
  grant: OAuthGrant,
  { address, cloudId: known }: FoundAddress,
  signal: AbortSignal,
): Promise<OAuthGrant> {
  const app: OAuthApp = oauthAppOf(core)
  const sites = await listOpenedSites(app, grant.accessToken, signal)
  const { origin, host } = new URL(address.baseUrl)
  const named = sites.find(({ url }) => URL.canParse(url) && new URL(url).origin === origin)
  if (named !== undefined) return { ...grant, cloudId: named.id }
  // Under a domain of its own the site is listed by another address.
  const cloudId = known ?? (await fetchCloudId(address, siteOptionsOf(core), signal))
  if (sites.some(({ id }) => id === cloudId)) return { ...grant, cloudId }
  const opened = sites.map(({ url }) => url).join(', ')
  throw new InvalidInputError(
    'oauth_other_site',
    opened === ''
      ? `Atlassian opened no site to Footnote. Choose ${host} when it asks for the site.`
      : `Atlassian opened ${opened} to Footnote, not ${host}. Begin again and choose ${host}.`,
    { field: 'url' },
  )
}

const hash = (state: string) => createHash('sha256').update(state).digest('hex')
const bindingOf = ({ id }: Pick<Authorization, 'id'>) => `authorization ${id}`
const oldest = (core: Core) => new Date(core.now().getTime() - draftMs)
