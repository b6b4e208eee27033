// A Confluence that runs until Ctrl-C:
// `node sandbox/confluence/main.ts [--flavour cloud|datacenter] [--folder PATH | --pages N [--spaces N]] [--port N]`.
// With `--pages` (a generated wiki) or `--json` it prints one line of JSON, otherwise a few lines for people. `--warm` makes
// all generated bodies before it listens, so that a benchmark's first sync does not pay for them.
import { parseArgs } from 'node:util'
import { generateWiki } from './generate.ts'
import type { Content } from './model.ts'
import { createSite } from './model.ts'
import type { RunningConfluence } from './server.ts'
import { startConfluence } from './server.ts'
import type { Traps } from './traps.ts'

const { values } = parseArgs({
  options: {
    flavour: { type: 'string', default: 'cloud' },
    folder: { type: 'string' },
    pages: { type: 'string' },
    spaces: { type: 'string' },
    seed: { type: 'string', default: '1' },
    latency: { type: 'string', default: '0' },
    traps: { type: 'string', default: '{}' },
    port: { type: 'string', default: '8090' },
    host: { type: 'string', default: '127.0.0.1' },
    context: { type: 'string' },
    json: { type: 'boolean', default: false },
    warm: { type: 'boolean', default: false },
  },
})
if (values.flavour !== 'cloud' && values.flavour !== 'datacenter') {
  console.error('--flavour is cloud or datacenter.')
  process.exit(1)
}
const isLarge = values.pages !== undefined
const spaces = values.spaces === undefined ? {} : { spaces: Number(values.spaces) }
const wiki = isLarge ? generateWiki({ pages: Number(values.pages), seed: Number(values.seed), ...spaces }) : undefined
const site = wiki === undefined ? undefined : createSite(wiki)
if (values.warm) for (const content of site?.contents.values() ?? []) keepStorage(content)
const confluence = await startConfluence({
  flavour: values.flavour,
  port: Number(values.port),
  host: values.host,
  latencyMs: Number(values.latency),
  traps: JSON.parse(values.traps) as Partial<Traps>,
  cacheRows: isLarge,
  ...(site === undefined ? {} : { site }),
  ...(values.folder === undefined ? {} : { folder: values.folder }),
  ...(values.context === undefined ? {} : { contextPath: values.context }),
})
if (isLarge || values.json) console.log(JSON.stringify(described(confluence, values.flavour)))
else printForPeople(confluence, values.flavour)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void confluence.close())

/** A generated body is made at each reading until one is set. */
function keepStorage(content: Content): void {
  const { storage } = content
  content.storage = storage
}

function described({ url, cloudId, gatewayUrl, oauthApp, site, credentials }: RunningConfluence, flavour: string) {
  const { origin } = new URL(url)
  const cloud = flavour === 'cloud' ? { cloudId, gatewayUrl, oauthApp } : {}
  return { url, flavour, pages: site.pageIds.length, credentials, ...cloud, controlUrl: `${origin}/_control` }
}

function printForPeople({ url, site, credentials }: RunningConfluence, flavour: string): void {
  const { email, username, token, password } = credentials
  console.log(`Confluence (${flavour}) with ${site.pageIds.length} pages`)
  console.log(`URL    ${url}`)
  console.log(`E-mail ${email}`)
  console.log(`Token  ${token}`)
  if (flavour === 'datacenter') console.log(`User   ${username} with password ${password}`)
}
