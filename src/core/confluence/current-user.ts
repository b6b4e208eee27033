import { AccessDeniedError, ConnectionRevokedError, InvalidInputError } from '../../errors.ts'
import { v1User, type V1User } from './answers.ts'
import type { HttpClient } from './http.ts'
import { HttpFailure } from './http-errors.ts'
import type { SiteAddress } from './site.ts'

/** The account behind the credential, on both deployments. An anonymous answer means that the credential is dead. */
export async function fetchKnownUser(http: HttpClient, address: SiteAddress, signal: AbortSignal): Promise<V1User> {
  const endpoint = '/rest/api/user/current'
  const host = new URL(address.baseUrl).host
  const user = await sendOrRevoke(http, endpoint, host, signal)
  if (user === undefined) {
    throw new InvalidInputError('not_confluence', `There is no Confluence at ${address.baseUrl}: check the address.`, {
      field: 'url',
      cause: new HttpFailure(`GET ${endpoint}`, 404),
    })
  }
  if (user.type === 'anonymous' || (user.accountId ?? user.userKey) === undefined) {
    throw new ConnectionRevokedError(
      'credential_ignored',
      `${host} answers as if nobody had signed in: the credential has expired or was revoked, enter a new one.`,
    )
  }
  return user
}

/** Cloud says 403 "not permitted to use Confluence" to a dead token, Data Center 403 when passwords are switched off. */
async function sendOrRevoke(
  http: HttpClient,
  path: string,
  host: string,
  signal: AbortSignal,
): Promise<V1User | undefined> {
  try {
    return await http.send({ path, schema: v1User }, signal)
  } catch (cause) {
    if (!(cause instanceof AccessDeniedError)) throw cause
    throw new ConnectionRevokedError(
      'account_refused',
      `${host} does not let this account use Confluence: the credential may have expired, the account may lack a licence, password sign-in may be switched off, or a proxy in front refuses the request.`,
      { cause: cause.cause },
    )
  }
}
