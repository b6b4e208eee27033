// The bot's own tokens, by client credentials. Done here rather than by the SDK, which insists on https and asks
// Microsoft about any other login address, so that a sovereign cloud or a test server can be named.
import type { Config } from '../../config.ts'
import { AccessDeniedError, InvalidInputError, TransientError } from '../../errors.ts'

const timeoutMs = 10_000
/** A token this close to its end is replaced. */
const marginMs = 5 * 60_000

export type BotLogin = { loginUrl: string; tenantId: string; appId: string; secret: string }

/** `InvalidInputError` when the password or the tenant is missing. */
export function resolveLogin(config: Config, appId: string): BotLogin {
  // Multi-tenant bots get their tokens from the tenant of the Bot Framework itself.
  const isMultiTenant = config.MICROSOFT_APP_TYPE === 'MultiTenant'
  return {
    loginUrl: config.MICROSOFT_LOGIN_URL,
    tenantId: isMultiTenant ? 'botframework.com' : getSetting('MICROSOFT_APP_TENANT_ID', config),
    appId,
    secret: getSetting('MICROSOFT_APP_PASSWORD', config),
  }
}

function getSetting(name: 'MICROSOFT_APP_PASSWORD' | 'MICROSOFT_APP_TENANT_ID', config: Config): string {
  const value = config[name]
  if (value !== undefined) return value
  throw new InvalidInputError('teams_configuration_incomplete', `${name} is missing beside MICROSOFT_APP_ID.`, {
    field: name,
  })
}

/**
 * A function that gives a token for the Bot Connector, kept until five minutes before its end; concurrent callers
 * share one request. Rejects with `AccessDeniedError` when the secret is refused, else with `TransientError`.
 */
export function createBotLogin(login: BotLogin, now: () => Date): () => Promise<string> {
  let current: { token: Promise<string>; until: number } | undefined
  return () => {
    if (current === undefined || current.until <= now().getTime()) {
      const fresh = { token: Promise.resolve(''), until: Number.POSITIVE_INFINITY }
      fresh.token = fetchBotToken(login, AbortSignal.timeout(timeoutMs)).then(
        ({ token, lifetimeMs }) => {
          fresh.until = now().getTime() + Math.max(lifetimeMs - marginMs, 0)
          return token
        },
        (error: unknown) => {
          if (current === fresh) current = undefined
          throw error
        },
      )
      current = fresh
    }
    return current.token
  }
}

async function fetchBotToken(login: BotLogin, signal: AbortSignal): Promise<{ token: string; lifetimeMs: number }> {
  const url = `${login.loginUrl}/${encodeURIComponent(login.tenantId)}/oauth2/v2.0/token`
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: login.appId,
    client_secret: login.secret,
    scope: 'https://api.botframework.com/.default',
  })
  let response: Response
  let answer: unknown
  try {
    response = await fetch(url, { method: 'POST', body, signal, redirect: 'error' })
    answer = await response.json()
  } catch (cause) {
    throw new TransientError('teams_login_unreachable', "Microsoft's login could not be reached.", { cause })
  }
  if (response.status === 429 || response.status >= 500) {
    throw new TransientError('teams_login_unavailable', `Microsoft's login answered ${response.status}.`)
  }
  const { access_token: token, expires_in: lifetimeSeconds } = (answer ?? {}) as Record<string, unknown>
  if (!response.ok || typeof token !== 'string') {
    throw new AccessDeniedError(
      'teams_login_refused',
      'Microsoft refused the credentials of the bot: check MICROSOFT_APP_ID, MICROSOFT_APP_PASSWORD and MICROSOFT_APP_TENANT_ID.',
    )
  }
  return { token, lifetimeMs: Number(lifetimeSeconds ?? 0) * 1000 || 0 }
}
