// Where a Cloud credential is sent, and how: classic API tokens to the site, everything else to Atlassian's gateway alone.
import { ConnectionRevokedError } from '../../errors.ts'
import { createHttpClient, type HttpClient } from './http.ts'
import { type AccessTokenSource, defaultGatewayUrl, type SiteOptions } from './site-options.ts'
import type { Credential, SiteAddress } from './site.ts'

export type CloudCredential = Extract<Credential, { kind: 'token' | 'scoped' | 'oauth' }>
export type CloudSiteOptions = SiteOptions & { address: SiteAddress; credential: CloudCredential }

export function createCloudClient({ address, credential, ...options }: CloudSiteOptions): HttpClient {
  if (credential.kind === 'token')
    return createHttpClient(address.baseUrl, basic(credential.email, credential.secret), options)
  const baseUrl = `${options.gatewayUrl ?? defaultGatewayUrl}/ex/confluence/${encodeURIComponent(credential.cloudId)}/wiki`
  // `next` links in answers of the gateway name the site.
  const origins = [new URL(address.baseUrl).origin]
  if (credential.kind === 'oauth') {
    const source = options.accessToken ?? (async () => credential.accessToken)
    return createRenewingClient((token) => createHttpClient(baseUrl, `Bearer ${token}`, options, origins), source)
  }
  const authorization =
    credential.email === '' ? `Bearer ${credential.secret}` : basic(credential.email, credential.secret)
  return createHttpClient(baseUrl, authorization, options, origins)
}

/** Asks for the token before each request, and once more when the gateway refuses it. */
function createRenewingClient(open: (token: string) => HttpClient, source: AccessTokenSource): HttpClient {
  const renewing = async <Answer>(ask: (http: HttpClient) => Promise<Answer>, signal: AbortSignal): Promise<Answer> => {
    const token = await source(undefined, signal)
    try {
      return await ask(open(token))
    } catch (error) {
      if (!(error instanceof ConnectionRevokedError) || error.code !== 'credential_refused') throw error
      const next = await source(token, signal)
      if (next === token) throw error
      return ask(open(next))
    }
  }
  return {
    origins: open('').origins,
    send: (request, signal) => renewing((http) => http.send(request, signal), signal),
    download: (path, maxBytes, signal) => renewing((http) => http.download(path, maxBytes, signal), signal),
  }
}

const basic = (name: string, secret: string) => `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`
