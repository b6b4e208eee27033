// Where Atlassian sends a browser back to. The page says one sentence; whoever began goes on where they began.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { acceptCallback } from '../core/connections/authorize.ts'
import { oauthCallbackPath } from '../core/connections/oauth-app.ts'
import type { Core } from '../core/core.ts'
import { InvalidInputError, isFootnoteError } from '../errors.ts'
import type { Routes } from './server.ts'

const timeoutMs = 30_000
const maxParameterChars = 4_000

/** `GET /oauth/atlassian/callback`. */
export function createOAuthCallback(core: Core): Routes {
  return {
    register: (server) =>
      void server.get(oauthCallbackPath, async (request, reply) => {
        const signal = AbortSignal.timeout(timeoutMs)
        try {
          return await showPage(reply, 200, await acceptCallback(core, readQuery(request), signal))
        } catch (error) {
          if (!isFootnoteError(error)) throw error
          core.log.warn({ code: error.code }, 'an OAuth callback was refused')
          return showPage(reply, error instanceof InvalidInputError ? 400 : 502, error.message)
        }
      }),
  }
}

function readQuery(request: FastifyRequest): { state: string; code: string | undefined; error: string | undefined } {
  const query = request.query as Record<string, unknown>
  const read = (name: string): string | undefined => {
    const value = query[name]
    return typeof value === 'string' && value !== '' && value.length <= maxParameterChars ? value : undefined
  }
  return { state: read('state') ?? '', code: read('code'), error: read('error') }
}

/** The address holds a code: it is neither kept by the browser nor sent on. */
function showPage(reply: FastifyReply, status: number, sentence: string): FastifyReply {
  return reply
    .code(status)
    .header('content-type', 'text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'no-referrer')
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
    .send(
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Footnote</title><style>body{font:18px/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}</style></head><body><h1>Footnote</h1><p>${escapeHtml(sentence)}</p></body></html>`,
    )
}

const escapeHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
