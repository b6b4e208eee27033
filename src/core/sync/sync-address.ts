// The address of a site, a space or a page → which of the things that are synced here.
import { type Connection, listConnections } from '../../db/queries/connections.ts'
import { findPage } from '../../db/queries/pages.ts'
import { type Space, listSpaces } from '../../db/queries/spaces.ts'
import { InvalidInputError } from '../../errors.ts'
import { type TypedAddress, normaliseAddress } from '../confluence/address.ts'
import type { PageReference } from '../confluence/site.ts'
import { openConnectionSite } from '../connections/open-site.ts'
import { refusePaused } from '../connections/refuse-paused.ts'
import type { Core } from '../core.ts'
import type { Target } from './sync-target.ts'

/** Names and keys hold no dot and no slash, but for keys of people's own spaces, which begin with `~`. */
export function isAddress(target: string): boolean {
  return /^https?:\/\//i.test(target) || (/[./]/.test(target) && !target.startsWith('~'))
}

type Candidate = { connection: Connection; address: TypedAddress; spaces: Space[] }

/** Rejects with `InvalidInputError` when the address belongs to nothing here. */
export async function resolveAddress(core: Core, typed: string, signal: AbortSignal): Promise<Target> {
  const { db } = core.database
  const candidates: Candidate[] = []
  for (const connection of await listConnections(db)) {
    const address = readAddress(typed, connection)
    if (address !== undefined) candidates.push({ connection, address, spaces: await listSpaces(db, connection.id) })
  }
  const [first] = candidates
  if (first === undefined) throw unknownAddress()
  const { pageId, pageTitle, spaceKey } = first.address
  if (pageId !== undefined || pageTitle !== undefined) return resolvePage(core, candidates, signal)
  if (spaceKey !== undefined) return resolveSpace(candidates)
  if (candidates.length === 1) return { kind: 'connection', connection: first.connection }
  const names = candidates.map(({ connection }) => connection.name).join(' or ')
  throw new InvalidInputError(
    'target_ambiguous',
    `That address could be the connection ${names}. Give the connection's name.`,
  )
}

/** Undefined when it is not below the connection's site. */
function readAddress(typed: string, { deployment, baseUrl }: Connection): TypedAddress | undefined {
  try {
    const address = normaliseAddress(typed, deployment, { allowLoopback: true })
    return bare(address.address.baseUrl) === bare(baseUrl) ? address : undefined
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined
    throw error
  }
}

const bare = (baseUrl: string): string => baseUrl.toLowerCase().replace(/^https?:\/\//, '')

function resolveSpace(candidates: Candidate[]): Target {
  for (const { connection, address, spaces } of candidates) {
    const space = spaces.find(({ key }) => key.toLowerCase() === address.spaceKey?.toLowerCase())
    if (space !== undefined) return { kind: 'space', connection, space }
  }
  throw unknownAddress()
}

async function resolvePage(core: Core, candidates: Candidate[], signal: AbortSignal): Promise<Target> {
  const { db } = core.database
  for (const { connection, address, spaces } of candidates) {
    if (address.pageId === undefined) continue
    const page = await findPage(db, connection.id, { pageId: address.pageId })
    const space = spaces.find(({ key }) => key === page?.spaceKey)
    if (page !== undefined && space !== undefined) return { kind: 'page', connection, space, pageId: page.pageId }
  }
  return findOnSite(core, candidates, signal)
}

/** A page that is not stored: new, or named by its title. */
async function findOnSite(core: Core, candidates: Candidate[], signal: AbortSignal): Promise<Target> {
  let isElsewhere = false
  for (const { connection, address, spaces } of candidates) {
    const reference = referenceOf(address, spaces)
    if (reference === undefined) continue
    refusePaused(connection)
    const page = await openConnectionSite(core, connection).findPage(reference, signal)
    const space = spaces.find(({ spaceId }) => spaceId === page?.spaceId)
    if (page !== undefined && space !== undefined) return { kind: 'page', connection, space, pageId: page.pageId }
    isElsewhere ||= page !== undefined
  }
  const names = candidates.map(({ connection }) => connection.name).join(' or ')
  throw isElsewhere
    ? new InvalidInputError('page_outside', `That page is outside of what connection ${names} covers.`)
    : new InvalidInputError(
        'target_unknown',
        `There is no such page that the account of ${names} can see, or it belongs to no space that is synced here.`,
      )
}

function referenceOf({ pageId, pageTitle, spaceKey }: TypedAddress, spaces: Space[]): PageReference | undefined {
  if (pageId !== undefined) return { pageId }
  const space = spaces.find(({ key }) => key.toLowerCase() === spaceKey?.toLowerCase())
  return space === undefined || pageTitle === undefined ? undefined : { space, title: pageTitle }
}

function unknownAddress(): InvalidInputError {
  return new InvalidInputError(
    'target_unknown',
    'That address belongs to no space that is synced here. Look at the list with spaces, or connect its site.',
  )
}
