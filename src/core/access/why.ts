// Why somebody sees a page or not: its layers, and which of them fails. Names no title and no reader, and to people who may
// not even see the space, not that there is such a page.
import { type Connection, listConnections } from '../../db/queries/connections.ts'
import { type LayerVerdict, listLayerVerdicts, listUsersByEmail } from '../../db/queries/access.ts'
import { type FoundPage, findPage } from '../../db/queries/pages.ts'
import { InvalidInputError } from '../../errors.ts'
import { normaliseAddress } from '../confluence/address.ts'
import type { Core } from '../core.ts'
import { resolveReach } from './resolve-reach.ts'

export type Explanation = {
  mayRead: boolean
  /** One sentence. */
  summary: string
  /** A line for each layer, then what is stored. */
  details: string[]
}

/** One wording for a page that is absent and one that the connection's account cannot see. */
const absent =
  'There is no such page here: it does not exist, is not visible to the account of the connection, or its space is not synced.'

/**
 * Explains the page at `address` for the Confluence user with this e-mail; `undefined` is somebody with no account there.
 * `mayKnow` (admins and the operator): the layers are told also of a page in a space that the person cannot see. `isOther`:
 * it is not the reader of the sentence who is meant.
 */
export async function explain(
  core: Core,
  address: string,
  email: string | undefined,
  { mayKnow, isOther = false }: { mayKnow: boolean; isOther?: boolean },
): Promise<Explanation> {
  const { db } = core.database
  const connections = (await listConnections(db)).filter((known) =>
    address.toLowerCase().startsWith(`${known.baseUrl.toLowerCase()}/`),
  )
  if (connections.length === 0)
    throw new InvalidInputError(
      'page_unknown',
      'That is not the address of a page on a connected site. Copy the page link from the browser.',
    )
  const page = await findAddressed(core, connections, address)
  if (page === undefined || page.accessSetId === null) return { mayRead: false, summary: absent, details: [] }
  // The very rights that a question is answered with.
  const reach = await resolveReach(db, { kind: 'person', email })
  const mayRead = reach.kind === 'everything' || reach.accessSetIds.includes(page.accessSetId)
  const userIds = email === undefined ? [] : await listUsersByEmail(db, email)
  const layers = page.accessMode === 'shared' ? [] : await listLayerVerdicts(db, page.accessSetId, userIds)
  const seesSpace = layers.some((layer) => layer.carrierKind === 'space' && layer.isSatisfied)
  if (!mayRead && !seesSpace && !mayKnow) return { mayRead: false, summary: absent, details: [] }
  return {
    mayRead,
    summary: isOther
      ? summariseOther(page, mayRead, layers, { email, hasAccount: userIds.length > 0 })
      : summarise(page, mayRead, layers, userIds.length > 0),
    details: [...layers.map((layer) => describeLayer(layer, page)), ...(mayRead || mayKnow ? describeStore(page) : [])],
  }
}

function summarise(page: FoundPage, mayRead: boolean, layers: LayerVerdict[], hasAccount: boolean): string {
  if (mayRead && page.accessMode === 'shared') return 'You may read this page: its connection shares it with everybody.'
  if (mayRead) return 'You may read this page: every layer of its permissions is satisfied.'
  if (page.accessMode === 'shared' || layers.every((layer) => layer.isSatisfied))
    return 'You do not see this page here: its space is internal, and internal content is not used in answers.'
  return hasAccount
    ? 'You do not see this page: a layer of its permissions is not satisfied. Ask the owner of the space or page for access.'
    : 'You do not see this page: no account of this Confluence has your e-mail address, so only what everybody may read is shown to you.'
}

/** The same of somebody else: the operator of the terminal asks about a person, or about nobody in particular. */
function summariseOther(
  page: FoundPage,
  mayRead: boolean,
  layers: LayerVerdict[],
  { email, hasAccount }: { email: string | undefined; hasAccount: boolean },
): string {
  const who = email ?? 'Somebody without a Confluence account'
  if (mayRead && page.accessMode === 'shared')
    return `${who} may read this page: its connection shares it with everybody.`
  if (mayRead) return `${who} may read this page: every layer of its permissions is satisfied.`
  if (page.accessMode === 'shared' || layers.every((layer) => layer.isSatisfied))
    return `${who} does not see this page here: its space is internal, and internal content is not used in answers.`
  if (hasAccount) return `${who} does not see this page: a layer of its permissions is not satisfied.`
  return email === undefined
    ? `${who} does not see this page. Name a person with --as EMAIL.`
    : `${who} does not see this page: no account of this Confluence has that e-mail address, so only what everybody may read is shown.`
}

/** Several connections may each sync some spaces of one site. */
async function findAddressed(core: Core, connections: Connection[], address: string): Promise<FoundPage | undefined> {
  for (const { id, deployment, baseUrl } of connections) {
    const { pageId } = normaliseAddress(address, deployment, { allowLoopback: true })
    const wanted = pageId === undefined ? { webPath: new URL(address).href.slice(baseUrl.length) } : { pageId }
    const page = await findPage(core.database.db, id, wanted)
    if (page !== undefined && page.tombstonedAt === null) return page
  }
  return undefined
}

function describeLayer(layer: LayerVerdict, page: FoundPage): string {
  const name =
    layer.carrierKind === 'space'
      ? `Space ${page.spaceKey}`
      : layer.carrierId === page.pageId
        ? "The page's own restriction"
        : 'The restriction of a page above it'
  const verdict = layer.isSatisfied
    ? 'satisfied'
    : layer.isKnown
      ? 'not satisfied'
      : 'could not be read, so nobody satisfies it'
  return `${name}: ${verdict} (read ${layer.readAt})`
}

function describeStore(page: FoundPage): string[] {
  const state =
    page.failure ?? (page.indexedVersion === null ? 'not indexed yet' : `version ${page.indexedVersion} is indexed`)
  return [`Stored: ${state}, ${page.chunkCount} searchable ${page.chunkCount === 1 ? 'part' : 'parts'}.`]
}
