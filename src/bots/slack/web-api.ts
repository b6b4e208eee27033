// Slack's Web API as this folder sees it: a call with a signal, our four errors, and a second attempt only where it
// cannot post twice. Knows no SDK; app.ts hands the sender in.
import { setTimeout as delay } from 'node:timers/promises'
import { AccessDeniedError, ConnectionRevokedError, TransientError } from '../../errors.ts'
import type { SlackMessage } from './blocks.ts'

/**
 * The methods that the bot calls, and no other. `scopes` are what the app asks for because of the method (the manifest is
 * made from them), `optionalScopes` what an admin may leave out. `repeatable`: doing it twice is doing it once, so a call
 * whose outcome is unknown may be sent again. https://docs.slack.dev/reference/methods
 */
export const webApiMethods = {
  'auth.test': { repeatable: true, scopes: [], optionalScopes: [] },
  'assistant.threads.setSuggestedPrompts': { repeatable: true, scopes: ['assistant:write'], optionalScopes: [] },
  'chat.postMessage': { repeatable: false, scopes: ['chat:write'], optionalScopes: [] },
  'chat.update': { repeatable: true, scopes: ['chat:write'], optionalScopes: [] },
  'conversations.info': { repeatable: true, scopes: ['channels:read', 'groups:read'], optionalScopes: [] },
  'conversations.replies': {
    repeatable: true,
    scopes: ['im:history'],
    optionalScopes: ['channels:history', 'groups:history'],
  },
  'users.info': { repeatable: true, scopes: ['users:read', 'users:read.email'], optionalScopes: [] },
  'users.lookupByEmail': { repeatable: true, scopes: ['users:read.email'], optionalScopes: [] },
  'views.open': { repeatable: false, scopes: [], optionalScopes: [] },
  'views.update': { repeatable: true, scopes: [], optionalScopes: [] },
} as const satisfies Record<
  string,
  { repeatable: boolean; scopes: readonly string[]; optionalScopes: readonly string[] }
>

type WebApiMethod = keyof typeof webApiMethods

/** What Slack answered; always parsed by the caller. */
export type SlackResponse = Record<string, unknown>

export type SlackApi = {
  /** Rejects with one of our errors; an `AccessDeniedError` carries Slack's own word in its code: `slack_missing_scope`. */
  call(method: WebApiMethod, args: Record<string, unknown>, signal: AbortSignal): Promise<SlackResponse>
  /** Answers a command privately through its `response_url`: five times, within 30 minutes. */
  respond(responseUrl: string, message: SlackMessage, signal: AbortSignal): Promise<void>
}

/** For every posted message: Slack would fetch and show what an address in the text leads to. */
export const noPreviews = { unfurl_links: false, unfurl_media: false }

type Send = (method: string, args: Record<string, unknown>, signal: AbortSignal) => Promise<SlackResponse>

const maxAttempts = 3
/** A longer wait than this is left to whoever called. */
const maxRetryAfterMs = 30_000
const responseTimeoutMs = 10_000

export function createSlackApi(send: Send): SlackApi {
  return {
    async call(method, args, signal) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await send(method, args, signal)
        } catch (error) {
          signal.throwIfAborted()
          const waitMs = attempt < maxAttempts ? retryDelayMs(method, error, attempt) : undefined
          if (waitMs === undefined) throw translate(method, error)
          await delay(waitMs, undefined, { signal })
        }
      }
    },
    respond: postToResponseUrl,
  }
}

/** Undefined: do not try again. A rate limit means that nothing was done, so every method may be repeated after it. */
function retryDelayMs(method: WebApiMethod, error: unknown, attempt: number): number | undefined {
  const failure = readFailure(error)
  if (failure.retryAfterMs !== undefined) {
    return failure.retryAfterMs <= maxRetryAfterMs ? failure.retryAfterMs : undefined
  }
  return failure.isTransient && webApiMethods[method].repeatable ? 200 * attempt ** 2 : undefined
}

const revoked = new Set(['invalid_auth', 'not_authed', 'account_inactive', 'token_revoked', 'token_expired'])
const transient = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'ratelimited'])
const denied = new Set([
  'access_denied',
  'cannot_dm_bot',
  'cant_update_message',
  'channel_is_limited_access',
  'channel_not_found',
  'edit_window_closed',
  'ekm_access_denied',
  'exchanged_trigger_id',
  'expired_trigger_id',
  'hash_conflict',
  'is_archived',
  'is_inactive',
  'message_not_found',
  'messages_tab_disabled',
  'method_not_supported_for_channel_type',
  'missing_scope',
  'no_permission',
  'not_allowed_token_type',
  'not_found',
  'not_in_channel',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_locked',
  'restricted_action_thread_only_channel',
  'thread_not_found',
  'user_not_found',
  'user_not_visible',
  'users_not_found',
])

/** What is neither expected nor transient, `invalid_blocks` for one, is a bug of ours and stays a plain error. */
function translate(method: string, error: unknown): Error {
  const { slackError, retryAfterMs, isTransient } = readFailure(error)
  const options = { cause: error }
  if (isTransient || retryAfterMs !== undefined) {
    const sentence = `Slack did not answer ${method}. Try again in a moment.`
    return new TransientError('slack_unavailable', sentence, { ...options, retryAfterMs })
  }
  if (slackError === undefined) return new Error(`${method} failed.`, options)
  if (revoked.has(slackError)) {
    const sentence = `Slack refuses the bot token (${slackError}). Reinstall the app and set SLACK_BOT_TOKEN again.`
    return new ConnectionRevokedError(`slack_${slackError}`, sentence, options)
  }
  if (denied.has(slackError)) {
    return new AccessDeniedError(`slack_${slackError}`, `Slack does not allow ${method} here (${slackError}).`, options)
  }
  return new Error(`${method} failed: ${slackError}.`, options)
}

type Failure = { slackError: string | undefined; retryAfterMs: number | undefined; isTransient: boolean }

/** Reads the SDK's errors by their stable `code`, so that this file needs no import of it. */
function readFailure(error: unknown): Failure {
  const failure = error as { code?: unknown; data?: { error?: unknown }; retryAfter?: unknown; statusCode?: unknown }
  const none: Failure = { slackError: undefined, retryAfterMs: undefined, isTransient: false }
  switch (failure.code) {
    case 'slack_webapi_platform_error': {
      const slackError = String(failure.data?.error)
      return { ...none, slackError, isTransient: transient.has(slackError) }
    }
    case 'slack_webapi_rate_limited_error':
      return { ...none, retryAfterMs: Number(failure.retryAfter) * 1000 }
    case 'slack_webapi_http_error':
      return { ...none, isTransient: Number(failure.statusCode) >= 500 }
    case 'slack_webapi_request_error':
      return { ...none, isTransient: true }
    default:
      return none
  }
}

async function postToResponseUrl(responseUrl: string, message: SlackMessage, signal: AbortSignal): Promise<void> {
  let status: number
  try {
    const response = await fetch(responseUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ response_type: 'ephemeral', ...message }),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(responseTimeoutMs)]),
    })
    await response.body?.cancel()
    status = response.status
  } catch (error) {
    signal.throwIfAborted()
    throw new TransientError('slack_unavailable', 'Slack did not take the answer to this command. Run it again.', {
      cause: error,
    })
  }
  if (status >= 500 || status === 429) {
    throw new TransientError('slack_unavailable', 'Slack did not take the answer to this command. Run it again.')
  }
  if (status >= 300) {
    throw new AccessDeniedError('slack_response_expired', 'The command was too long ago to be answered. Run it again.')
  }
}
