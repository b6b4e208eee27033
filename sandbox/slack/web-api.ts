// The HTTP side of the sandbox's Slack: `/api/<method>` and the response addresses of commands, with faults on request.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Args, SlackRefusal, checkedContent, word } from './content.ts'
import { methods } from './methods.ts'
import { isObject, parseJson } from './shape.ts'
import { type State, readable } from './state.ts'

/** What happens instead of, or besides, the next call of a method. */
export type Fault =
  | { kind: 'error'; error: string }
  | { kind: 'rateLimit'; retryAfterSeconds: number }
  | { kind: 'status'; status: number }
  /** The connection drops: before anything was done, or after it was done and before the answer. */
  | { kind: 'drop'; when: 'before' | 'after' }
  /** Answers when the promise resolves. */
  | { kind: 'hold'; until: Promise<void> }

export type WebApiOptions = {
  state: State
  botToken: string
  appToken: string
  scopes: Set<string>
  faults: Map<string, Fault[]>
  /** The address of the web socket. */
  socketUrl: () => string
}

export async function handleApiCall(
  method: string,
  request: IncomingMessage,
  response: ServerResponse,
  options: WebApiOptions,
): Promise<void> {
  const args = parseForm(await readBody(request))
  const token = readToken(request, args)
  options.state.calls.push({ method, args, token })
  const fault = options.faults.get(method)?.shift()
  if (fault?.kind === 'hold') await fault.until
  if (fault?.kind === 'drop' && fault.when === 'before') return void request.socket.destroy()
  if (fault?.kind === 'status') return answer(response, fault.status, 'unavailable')
  if (fault?.kind === 'rateLimit') {
    response.setHeader('retry-after', String(fault.retryAfterSeconds))
    return answer(response, 429, { ok: false, error: 'ratelimited' })
  }
  const result = fault?.kind === 'error' ? { ok: false, error: fault.error } : perform(method, args, token, options)
  if (fault?.kind === 'drop') return void request.socket.destroy()
  answer(response, 200, result)
}

/** A command's `response_url`: five times within 30 minutes. */
export async function handleResponseUrl(
  id: string,
  request: IncomingMessage,
  response: ServerResponse,
  state: State,
): Promise<void> {
  const address = state.responses.get(id)
  const content: unknown = parseJson(await readBody(request))
  if (address === undefined || state.now() - address.createdAt > 30 * 60_000) {
    return answer(response, 404, { ok: false, error: 'expired_url' })
  }
  if (address.uses.length >= 5) return answer(response, 404, { ok: false, error: 'used_url' })
  try {
    const message = checkedContent(isObject(content) ? content : {})
    const { visible, links } = readable(message.text, message.blocks)
    address.uses.push({ ...message, visible, links })
    answer(response, 200, { ok: true })
  } catch (error) {
    if (!(error instanceof SlackRefusal)) throw error
    answer(response, 400, { ok: false, error: error.message, details: error.details })
  }
}

function perform(method: string, args: Args, token: string | undefined, options: WebApiOptions) {
  try {
    if (method === 'apps.connections.open') return openConnection(token, options)
    if (token === undefined) throw new SlackRefusal('not_authed')
    if (token !== options.botToken) throw new SlackRefusal('invalid_auth')
    const known = methods[method]
    if (known === undefined) throw new SlackRefusal('unknown_method')
    const allowed = new Set([...known.required, ...known.optional, 'token', 'team_id'])
    const unknown = Object.keys(args).filter((name) => !allowed.has(name))
    const missing = known.required.filter((name) => args[name] === undefined || args[name] === '')
    if (unknown.length > 0 || missing.length > 0) {
      const details = [...unknown.map((name) => `${name}: unknown`), ...missing.map((name) => `${name}: missing`)]
      throw new SlackRefusal('invalid_arguments', details)
    }
    const needed = known.scopes(args, options.state)
    if (needed.length > 0 && !needed.some((scope) => options.scopes.has(scope))) {
      throw new SlackRefusal('missing_scope', [`needed: ${needed.join(' or ')}`])
    }
    return { ok: true, ...withoutHiddenEmail(known.run(args, options.state), options) }
  } catch (error) {
    if (!(error instanceof SlackRefusal)) throw error
    const messages = error.details.map((detail) => `[ERROR] ${detail}`)
    return { ok: false, error: error.message, response_metadata: { messages } }
  }
}

/** `profile.email` needs a scope of its own. */
function withoutHiddenEmail(result: Record<string, unknown>, { scopes }: WebApiOptions): Record<string, unknown> {
  const { user } = result
  if (!isObject(user) || !isObject(user['profile']) || scopes.has('users:read.email')) return result
  const { email: _email, ...profile } = user['profile']
  return { ...result, user: { ...user, profile } }
}

function openConnection(token: string | undefined, options: WebApiOptions) {
  if (token !== options.appToken) throw new SlackRefusal(token === undefined ? 'not_authed' : 'invalid_auth')
  return { ok: true, url: options.socketUrl() }
}

/** Slack takes the token from the header, or from the form. */
function readToken(request: IncomingMessage, args: Args): string | undefined {
  const header = request.headers.authorization
  if (header?.startsWith('Bearer ')) return header.slice('Bearer '.length)
  return word(args, 'token') || undefined
}

const jsonArgs = new Set(['blocks', 'view', 'metadata', 'prompts'])

function parseForm(body: string): Args {
  const args: Args = {}
  for (const [name, value] of new URLSearchParams(body)) args[name] = jsonArgs.has(name) ? parseJson(value) : value
  return args
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}
