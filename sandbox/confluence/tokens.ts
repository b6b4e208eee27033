// Tokens of all kinds: who each belongs to, what it may, until when. The front ends decide where which kind is accepted.
import { randomBytes } from 'node:crypto'
import type { Account, Site } from './model.ts'
import { getAccount } from './model.ts'

/** `classic`: Cloud's API token, or Data Center's personal access token. `service`: a scoped token sent as Bearer. */
export type TokenKind = 'classic' | 'scoped' | 'service' | 'oauth'

export type IssuedToken = {
  secret: string
  accountId: string
  kind: TokenKind
  /** Undefined: everything. */
  scopes: Set<string> | undefined
  expiresAt: Date | undefined
  isDead: boolean
}

export type TokenValue = { kind?: TokenKind; secret?: string; scopes?: string[]; expiresAt?: string | Date }

/** The two that every account has from the start: a classic one, and a scoped one with every scope. */
export function issueAccountTokens(site: Site, account: Account): void {
  putToken(site, account, { kind: 'classic', secret: account.token })
  putToken(site, account, { kind: 'scoped', secret: scopedToken(account) })
}

/** A further token of the account (id, e-mail or user name); its secret is made up when none is given. */
export function issueToken(site: Site, account: string, value: TokenValue = {}): IssuedToken {
  return putToken(site, getAccount(site, account), value)
}

/** The account's scoped token, which the site itself refuses. */
export function scopedToken({ token }: Account): string {
  return `scoped-${token}`
}

/** Undefined for one that is unknown, dead, expired or whose account is revoked or inactive. */
export function findLiveToken(site: Site, secret: string): { token: IssuedToken; account: Account } | undefined {
  const token = site.tokens.get(secret)
  const account = token === undefined ? undefined : site.accounts.get(token.accountId)
  if (token === undefined || account === undefined) return undefined
  const isExpired = token.expiresAt !== undefined && token.expiresAt <= site.now()
  return token.isDead || isExpired || account.isRevoked || !account.isActive ? undefined : { token, account }
}

/** From now on this one token is refused. */
export function killToken(site: Site, secret: string): void {
  getToken(site, secret).isDead = true
}

export function expireToken(site: Site, secret: string, at: string | Date = site.now()): void {
  getToken(site, secret).expiresAt = new Date(at)
}

/** Undefined: everything. */
export function setTokenScopes(site: Site, secret: string, scopes: string[] | undefined): void {
  getToken(site, secret).scopes = scopes === undefined ? undefined : new Set(scopes)
}

/** New tokens and a new password for the account; the old ones are dead. */
export function rotateCredential(site: Site, accountName: string): void {
  const account = getAccount(site, accountName)
  for (const token of site.tokens.values()) if (token.accountId === account.accountId) token.isDead = true
  account.token = makeSecret('token')
  account.password = makeSecret('password')
  issueAccountTokens(site, account)
}

export function makeSecret(prefix: string): string {
  return `${prefix}-${randomBytes(18).toString('base64url')}`
}

function putToken(site: Site, account: Account, value: TokenValue): IssuedToken {
  const token: IssuedToken = {
    secret: value.secret ?? makeSecret('token'),
    accountId: account.accountId,
    kind: value.kind ?? 'classic',
    scopes: value.scopes === undefined ? undefined : new Set(value.scopes),
    expiresAt: value.expiresAt === undefined ? undefined : new Date(value.expiresAt),
    isDead: false,
  }
  site.tokens.set(token.secret, token)
  return token
}

function getToken(site: Site, secret: string): IssuedToken {
  const token = site.tokens.get(secret)
  if (token === undefined) throw new Error('The site has never issued this token.')
  return token
}
