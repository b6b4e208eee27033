import type { HttpOptions } from './http.ts'

export type SiteOptions = HttpOptions & {
  /** Atlassian's gateway, for scoped tokens. Default `https://api.atlassian.com`. */
  gatewayUrl?: string
}

export const defaultGatewayUrl = 'https://api.atlassian.com'
