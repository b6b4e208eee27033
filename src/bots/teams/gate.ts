// Who may talk to the bot and where the bot may send its token. A valid signature is not enough: "single tenant"
// does not keep other tenants out, and Web Chat and Direct Line, where callers choose their own identity, are signed
// by the same keys.
import { decodeJwt } from 'jose'
import type { Config } from '../../config.ts'
import { InvalidInputError } from '../../errors.ts'
import type { InboundActivity } from './activity.ts'

export type TeamsPolicy = {
  /** Undefined: development on loopback, nothing is authenticated. */
  appId: string | undefined
  tenants: string[] | 'any'
  serviceHosts: string[]
  allowsLoopback: boolean
}

/** The rules for this configuration; undefined when Teams is not configured. `InvalidInputError` when it is unsafe. */
export function resolvePolicy(config: Config): TeamsPolicy | undefined {
  const appId = config.MICROSOFT_APP_ID
  const isDevelopment = config.FOOTNOTE_TEAMS_DEV
  if (appId === undefined && !isDevelopment) return undefined
  const listensOnLoopback = isLoopbackHost(config.HOST)
  if (appId === undefined && !listensOnLoopback) {
    throw new InvalidInputError(
      'teams_app_id_missing',
      'Teams without MICROSOFT_APP_ID accepts messages from anybody, so HOST must be 127.0.0.1. Set MICROSOFT_APP_ID or change HOST.',
      { field: 'MICROSOFT_APP_ID' },
    )
  }
  return {
    appId,
    tenants: resolveTenants(config, isDevelopment && listensOnLoopback),
    serviceHosts: appId === undefined ? [] : config.TEAMS_SERVICE_HOSTS.map((host) => host.toLowerCase()),
    allowsLoopback: isDevelopment || config.FOOTNOTE_ALLOW_LOOPBACK,
  }
}

function resolveTenants(config: Config, mayBeOpen: boolean): string[] | 'any' {
  const listed =
    config.TEAMS_ALLOWED_TENANTS.length > 0 ? config.TEAMS_ALLOWED_TENANTS : [config.MICROSOFT_APP_TENANT_ID]
  const tenants = listed.filter((tenant) => tenant !== undefined).map((tenant) => tenant.toLowerCase())
  if (tenants.length > 0) return tenants
  if (mayBeOpen) return 'any'
  throw new InvalidInputError(
    'teams_tenants_missing',
    'Nobody could use Teams: set TEAMS_ALLOWED_TENANTS (or MICROSOFT_APP_TENANT_ID) to the Entra tenant id of your organisation.',
    { field: 'TEAMS_ALLOWED_TENANTS' },
  )
}

export const channelIssuer = 'https://api.botframework.com'

/** A first look before the signature is checked. Only the channel's own tokens pass: the SDK would also accept what Entra issued to any client with our app id. */
export function claimsChannel(authorization: string | undefined): boolean {
  const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(authorization ?? '') ?? []
  try {
    return token !== undefined && decodeJwt(token).iss === channelIssuer
  } catch {
    return false
  }
}

/** Why this activity is turned away, for the log; undefined when it may pass. */
export function findRefusal(activity: InboundActivity, policy: TeamsPolicy): string | undefined {
  if (activity.channelId !== 'msteams') return 'channel'
  if (!isServiceUrlAllowed(activity.serviceUrl, policy)) return 'service url'
  if (policy.tenants === 'any') return undefined
  const tenants = [activity.conversation?.tenantId, activity.channelData?.tenant?.id]
  const areAllowed = tenants.every((tenant) => tenant !== undefined && policy.tenants.includes(tenant.toLowerCase()))
  return areAllowed ? undefined : 'tenant'
}

/** True when the bot's token may be sent to this address. */
export function isServiceUrlAllowed(serviceUrl: string | undefined, policy: TeamsPolicy): boolean {
  if (serviceUrl === undefined || !URL.canParse(serviceUrl)) return false
  const url = new URL(serviceUrl)
  if (url.username !== '' || url.password !== '') return false
  if (isLoopbackHost(url.hostname)) return policy.allowsLoopback && /^https?:$/.test(url.protocol)
  if (url.protocol !== 'https:' || url.port !== '') return false
  return policy.serviceHosts.some((allowed) =>
    allowed.startsWith('*.') ? url.hostname.endsWith(allowed.slice(1)) : url.hostname === allowed,
  )
}

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
