import type { HttpOptions } from './http.ts'

export type SiteOptions = HttpOptions & {
  /** Atlassian's gateway, for scoped tokens and OAuth. Default `https://api.atlassian.com`. */
  gatewayUrl?: string
  /** The access token of the moment for an OAuth connection. Default: the one in the credential, while it lives. */
  accessToken?: AccessTokenSource
}

/** `refused`: the token that the gateway did not take just now; the answer is then another one, or it rejects. */
export type AccessTokenSource = (refused: string | undefined, signal: AbortSignal) => Promise<string>

export const defaultGatewayUrl = 'https://api.atlassian.com'
