// The client and a sandbox for it to ask, with whatever a test wants on it.
import { openSite } from '../../../src/core/confluence/open-site.ts'
import type { ConfluenceSite, Credential, Deployment, SiteSpace } from '../../../src/core/confluence/site.ts'
import type { Site } from '../../../sandbox/confluence/model.ts'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import type { Traps } from '../../../sandbox/confluence/traps.ts'
import { quick } from './scripted-server.ts'

export const signal = new AbortController().signal

export type SandboxSite = AsyncDisposable & {
  site: ConfluenceSite
  confluence: RunningConfluence
  spaces: Map<string, SiteSpace>
}

/** `as`: the account that connects; the sync account sees everything. */
export async function openSandbox(
  deployment: Deployment,
  values: Site,
  traps: Partial<Traps> = {},
  as?: string,
): Promise<SandboxSite> {
  const confluence = await startConfluence({ flavour: deployment, site: values, traps })
  const { email, token } = confluence.credentialsOf(as)
  const credential: Credential =
    deployment === 'cloud' ? { kind: 'token', email, secret: token } : { kind: 'pat', secret: token }
  const site = openSite({ deployment, baseUrl: confluence.url }, credential, quick)
  const spaces = await all(site.iterateSpaces(signal))
  return {
    site,
    confluence,
    spaces: new Map(spaces.map((space) => [space.key, space])),
    [Symbol.asyncDispose]: () => confluence.close(),
  }
}

export async function all<Row>(pages: AsyncIterable<Row[]>): Promise<Row[]> {
  return (await Array.fromAsync(pages)).flat()
}
