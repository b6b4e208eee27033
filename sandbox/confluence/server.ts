// A Confluence on loopback, as Cloud or as Data Center, for the demo, development and the tests. Speaks HTTP only: it
// shares no code with the client that reads it. It refuses every write.
import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { openAudit } from './audit.ts'
import { addCloud } from './cloud/front.ts'
import type { OAuthApp } from './cloud/oauth.ts'
import { defaultOAuthApp, openOAuthDesk } from './cloud/oauth.ts'
import type { ConfluenceControls, Credentials } from './control.ts'
import { addControlRoutes, makeControls } from './control.ts'
import { addDataCenter } from './datacenter/front.ts'
import { openWebhooks } from './datacenter/webhooks.ts'
import type { Faults } from './faults.ts'
import { installFaults } from './faults.ts'
import { readWikiFolder, sampleWiki } from './folder.ts'
import type { FrontEnd } from './front-end.ts'
import { AnswerError } from './front-end.ts'
import type { Site, Write } from './model.ts'
import { addPageView } from './page-view.ts'
import { createSite } from './model.ts'
import type { LoggedRequest } from './traffic.ts'
import { installTraffic } from './traffic.ts'
import type { Traps } from './traps.ts'
import { defaultTraps } from './traps.ts'

export type ConfluenceOptions = {
  flavour: 'cloud' | 'datacenter'
  /** A site made with `createSite`; two servers may share one. */
  site?: Site
  /** A folder with spaces.json, pages.jsonl, users.json, restrictions.json; default: the sample company's wiki. */
  folder?: string
  port?: number
  host?: string
  /** Cloud only, for one site behind two addresses; default: one of its own. */
  cloudId?: string
  /** Data Center only; default `/confluence`, may be empty. */
  contextPath?: string
  traps?: Partial<Traps>
  /** The older name of `traps`. */
  switches?: Partial<Traps>
  /** Every answer comes this much later. */
  latencyMs?: number
  /** Keep rows of lists as text: for sites of many thousand pages. Changes by hand, past the controls, go unseen then. */
  cacheRows?: boolean
}

export type RunningConfluence = ConfluenceControls & {
  /** What a person would paste: `http://127.0.0.1:8090/wiki`. */
  url: string
  /** Of the site on Cloud; this server's origin is its gateway too. */
  cloudId: string
  /** Cloud: where scoped and OAuth tokens work; stands for `https://api.atlassian.com`, and for its login host too. */
  gatewayUrl: string
  oauthApp: OAuthApp
  site: Site
  /** The live object; set them with `setTraps`. */
  traps: Traps
  /** Every request so far, oldest first. */
  requests: LoggedRequest[]
  /** Requests that would have written; the same list as `site.writes`. */
  writes: Write[]
  /** The writes so far, which `close` then does not complain about: for tests of the refusal itself. */
  takeWrites(): Write[]
  /** Of the account that sees everything. */
  credentials: Credentials
  /** Rejects when anybody tried to write: Footnote only reads, and no test has to remember to look. */
  close(): Promise<void>
}

export async function startConfluence(options: ConfluenceOptions): Promise<RunningConfluence> {
  const site = options.site ?? createSite(await readWikiFolder(options.folder ?? sampleWiki))
  const front = makeFrontEnd(site, options)
  const requests: LoggedRequest[] = []
  const faults: Faults = { pending: [], latencyMs: options.latencyMs ?? 0 }
  const stopping = new AbortController()
  const desk = openOAuthDesk(front)
  const webhooks = openWebhooks(front, stopping.signal)
  const audit = openAudit(front, stopping.signal)
  const controls = makeControls(front, { faults, requests, desk, webhooks, stopped: stopping.signal })
  const server = makeServer()
  installTraffic(server, site, requests)
  installFaults(server, faults, stopping.signal)
  addControlRoutes(server, site, controls, requests)
  if (options.flavour === 'cloud') addCloud(server, front, desk, audit)
  else addDataCenter(server, front, webhooks, audit)
  addPageView(server, front)
  await server.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 })
  const { address, port } = server.server.address() as AddressInfo
  front.baseUrl = `http://${address}:${port}${front.basePath}`
  return {
    ...controls,
    url: front.baseUrl,
    cloudId: front.cloudId,
    gatewayUrl: new URL(front.baseUrl).origin,
    oauthApp: defaultOAuthApp,
    site,
    traps: front.traps,
    requests,
    writes: site.writes,
    takeWrites: () => site.writes.splice(0),
    credentials: controls.credentialsOf(),
    close: async () => {
      stopping.abort()
      await controls.settleWebhooks()
      server.server.closeAllConnections()
      await server.close()
      refuseWrites(site)
    },
  }
}

function refuseWrites(site: Site): void {
  const writes = site.writes.splice(0).map(({ method, path }) => `${method} ${path}`)
  if (writes.length > 0) throw new Error(`this Confluence was asked to write: ${writes.join(', ')}`)
}

function makeFrontEnd(site: Site, options: ConfluenceOptions): FrontEnd {
  return {
    site,
    traps: { ...defaultTraps, ...options.switches, ...options.traps },
    basePath: options.flavour === 'cloud' ? '/wiki' : (options.contextPath ?? '/confluence'),
    baseUrl: '',
    cloudId: options.cloudId ?? randomUUID(),
    cursorGeneration: 0,
    cachesRows: options.cacheRows ?? false,
    trapGeneration: 0,
  }
}

function makeServer(): FastifyInstance {
  // A list of 250 ids in the address is longer than the default for a header.
  const server = Fastify({ forceCloseConnections: true, http: { maxHeaderSize: 65_536 }, bodyLimit: 50_000_000 })
  // Bodies are read whatever they are, so that a refused write is recorded with what it carried.
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, parseBody(String(body))))
  server.setErrorHandler(async (error, _request, reply) => {
    if (error instanceof AnswerError) return reply.code(error.status).headers(error.headers).send(error.body)
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return reply.code(500).send({ statusCode: 500, message })
  })
  server.setNotFoundHandler(async (request, reply) => {
    const message = `null for uri: ${request.url}`
    return reply.code(404).send({ 'status-code': 404, message })
  })
  return server
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}
