import type { HttpOptions } from './http.ts'
import { createPacer, type Pace } from './pacer.ts'

export type SiteOptions = HttpOptions & {
  /** Who paces the requests to the site of a base URL, where none is named. Default: nobody but the client itself. */
  pacerOf?: (baseUrl: string) => Pace
  /** Atlassian's gateway, for scoped tokens and OAuth. Default `https://api.atlassian.com`. */
  gatewayUrl?: string
  /** The access token of the moment for an OAuth connection. Default: the one in the credential, while it lives. */
  accessToken?: AccessTokenSource
}

/** `refused`: the token that the gateway did not take just now; the answer is then another one, or it rejects. */
export type AccessTokenSource = (refused: string | undefined, signal: AbortSignal) => Promise<string>

export const defaultGatewayUrl = 'https://api.atlassian.com'

/** The options for a site: whatever is sent in its name, wherever to, keeps one pace. */
export function atSitePace<Options extends SiteOptions>(options: Options, baseUrl: string): Options & { pacer: Pace } {
  return { ...options, pacer: options.pacer ?? options.pacerOf?.(baseUrl) ?? createPacer() }
}
