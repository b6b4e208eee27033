// What was typed about spaces, pages and queries → the scope on this site. Asks the site, stores nothing.
import type { Scope } from '../../db/schema/connections.ts'
import { InvalidInputError } from '../../errors.ts'
import { normaliseAddress } from '../confluence/address.ts'
import { explainBlocked } from '../confluence/blocked-spaces.ts'
import type { HostPolicy } from '../confluence/forbidden-hosts.ts'
import { HttpFailure } from '../confluence/http-errors.ts'
import type { ConfluenceSite, SiteSpace } from '../confluence/site.ts'
import { type Coverage, isLeftOpen, parseCoverage } from './request.ts'
import { suggestKeys } from './suggest-keys.ts'
import { collectSpaces, selectSpaces } from './sync-connection.ts'

export type ResolvedScope = { scope: Scope; selected: SiteSpace[] }

/** What the address of the site named besides the site; nothing when a connection is changed. */
export type AddressHint = { spaceKey?: string | undefined; pageId?: string | undefined }

/** Rejects with `InvalidInputError` that names the field: an unknown space, an invisible page, a query that is none. */
export async function resolveScope(
  site: ConfluenceSite,
  coverage: Coverage,
  hint: AddressHint,
  policy: HostPolicy,
  signal: AbortSignal,
): Promise<ResolvedScope> {
  const listed = await collectSpaces(site, signal)
  if (listed.length === 0) throw await noSpaces(site, signal)
  const wanted = parseCoverage(coverage, await findHintedKey(site, coverage, hint, listed, signal))
  if ('address' in wanted) return resolvePage(site, wanted.kind, wanted.address, listed, policy, signal)
  const scope: Scope = wanted.keys.length === 0 ? { kind: 'all' } : { kind: 'spaces', keys: wanted.keys }
  const { selected, missingKeys } = selectSpaces(listed, scope)
  const [missing] = missingKeys
  if (missing !== undefined) throw await unknownSpace(site, missing, listed, signal)
  const keys = selected.map(({ key }) => key)
  if (wanted.kind === 'cql') {
    await checkQuery(site, wanted.query, selected, signal)
    return { scope: { kind: 'cql', keys: wanted.keys.length === 0 ? [] : keys, query: wanted.query }, selected }
  }
  return { scope: scope.kind === 'all' ? scope : { kind: 'spaces', keys }, selected }
}

/** An address that names a page by its id alone means the space of that page, never every space there is. */
async function findHintedKey(
  site: ConfluenceSite,
  coverage: Coverage,
  { spaceKey, pageId }: AddressHint,
  listed: SiteSpace[],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (spaceKey !== undefined || pageId === undefined || !isLeftOpen(coverage)) return spaceKey
  const page = await site.findPage({ pageId }, signal)
  const home = listed.find(({ spaceId }) => spaceId === page?.spaceId)
  if (home !== undefined) return home.key
  throw new InvalidInputError(
    'address_page_invisible',
    `The address names page ${pageId}, which this account cannot see, so its space is not known. Name the spaces, or choose all.`,
    { field: 'spaces' },
  )
}

async function noSpaces(site: ConfluenceSite, signal: AbortSignal): Promise<InvalidInputError> {
  const blocked = (await site.listBlockedSpaces(signal)).map(({ key }) => key)
  const { cause, remedy } = explainBlocked(blocked)
  return new InvalidInputError(
    'spaces_none',
    blocked.length > 0
      ? `This account sees no space. ${cause} ${remedy}`
      : 'This account sees no space. Give it the right to view the spaces that Footnote shall answer from.',
    { field: 'spaces' },
  )
}

async function unknownSpace(
  site: ConfluenceSite,
  key: string,
  listed: SiteSpace[],
  signal: AbortSignal,
): Promise<InvalidInputError> {
  const isBlocked = (await site.listBlockedSpaces(signal)).some(
    (space) => space.key.toLowerCase() === key.toLowerCase(),
  )
  if (isBlocked) {
    const { cause, remedy } = explainBlocked([key])
    return new InvalidInputError('space_blocked', `${cause} ${remedy}`, { field: 'spaces' })
  }
  return new InvalidInputError(
    'space_unknown',
    `There is no space with the key ${key} that this account can see.${suggestKeys(key, listed)}`,
    { field: 'spaces' },
  )
}

async function resolvePage(
  site: ConfluenceSite,
  kind: 'tree' | 'page',
  typed: string,
  listed: SiteSpace[],
  policy: HostPolicy,
  signal: AbortSignal,
): Promise<ResolvedScope> {
  const address = parsePageAddress(site, kind, typed, policy)
  if (kind === 'tree' && address.folderId !== undefined)
    return resolveFolder(site, { ...address, folderId: address.folderId }, listed, signal)
  const space = listed.find(({ key }) => key.toLowerCase() === address.spaceKey?.toLowerCase())
  const reference =
    address.pageId !== undefined
      ? { pageId: address.pageId }
      : space !== undefined && address.pageTitle !== undefined
        ? { space, title: address.pageTitle }
        : undefined
  if (reference === undefined)
    throw new InvalidInputError(
      'page_address_invalid',
      'That is not the address of a page. Open the page in Confluence and copy its address from the browser.',
      { field: kind },
    )
  const page = await site.findPage(reference, signal)
  const home = listed.find(({ spaceId }) => spaceId === page?.spaceId)
  if (page === undefined || home === undefined) throw invisible('page', kind)
  return { scope: { kind, spaceKey: home.key, pageId: page.pageId }, selected: [home] }
}

/** A folder has no text of its own, but pages below it like a page has. */
async function resolveFolder(
  site: ConfluenceSite,
  { folderId, spaceKey }: { folderId: string; spaceKey: string | undefined },
  listed: SiteSpace[],
  signal: AbortSignal,
): Promise<ResolvedScope> {
  const home = listed.find(({ key }) => key.toLowerCase() === spaceKey?.toLowerCase())
  if (home === undefined || (await site.fetchAncestor(folderId, 'folder', signal)) === 'unreadable')
    throw invisible('folder', 'tree')
  return { scope: { kind: 'tree', spaceKey: home.key, pageId: folderId }, selected: [home] }
}

function invisible(what: 'page' | 'folder', field: 'tree' | 'page'): InvalidInputError {
  return new InvalidInputError(
    'page_invisible',
    `There is no such ${what} that this account can see. Check the address, or give the account the right to view the ${what}.`,
    { field },
  )
}

function parsePageAddress(site: ConfluenceSite, field: 'tree' | 'page', typed: string, policy: HostPolicy) {
  const { deployment, baseUrl } = site.address
  const atSite = typed.startsWith('/') ? `${baseUrl}${typed}` : typed
  const address = parseAs(field, () => normaliseAddress(atSite, deployment, policy))
  if (address.address.baseUrl.toLowerCase() === baseUrl.toLowerCase()) return address
  throw new InvalidInputError(
    'page_elsewhere',
    `That page is not on ${baseUrl}: give the address of a page of the site that is connected.`,
    { field },
  )
}

/** The same error with the name of the field that was really meant. */
function parseAs<Value>(field: string, parse: () => Value): Value {
  try {
    return parse()
  } catch (cause) {
    if (!(cause instanceof InvalidInputError)) throw cause
    throw new InvalidInputError(cause.code, cause.message, { field, cause })
  }
}

/** One answer of one space is enough to know whether Confluence understands it. */
async function checkQuery(
  site: ConfluenceSite,
  query: string,
  [space]: SiteSpace[],
  signal: AbortSignal,
): Promise<void> {
  if (/\border\s+by\b/i.test(query)) throw refusedQuery('Leave out “order by”: the order does not matter.')
  if (space === undefined) return
  try {
    for await (const _ids of site.iterateMatches(space, query, signal)) break
  } catch (cause) {
    if (!(cause instanceof InvalidInputError) || !(cause.cause instanceof HttpFailure)) throw cause
    throw refusedQuery('Try it in the advanced search of Confluence first, such as label = "handbook".', cause)
  }
}

function refusedQuery(remedy: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError('cql_refused', `Confluence does not understand this CQL query. ${remedy}`, {
    field: 'cql',
    cause,
  })
}
