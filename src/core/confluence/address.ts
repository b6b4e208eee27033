// What people paste → a site's base URL, and the space or page that they meant. Pure; asking the network which deployment
// it is stands in detect-deployment.ts.
import { InvalidInputError } from '../../errors.ts'
import { findForbiddenReason, type HostPolicy } from './forbidden-hosts.ts'
import type { Deployment, SiteAddress } from './site.ts'

export type TypedAddress = {
  address: SiteAddress
  /** True when neither the host nor the caller said which deployment it is: ask `detectDeployment`. */
  isGuess: boolean
  spaceKey: string | undefined
  pageId: string | undefined
  /** Of `/display/KEY/Title` and of `viewpage.action?spaceKey=…&title=…`, addresses that name no id. */
  pageTitle?: string
  /** Cloud: of `/spaces/KEY/folder/ID`. */
  folderId?: string
}

/** First path segments of Confluence's own pages; what stands before them is the context path. */
const ownSegments = new Set(
  [
    'admin api collector display download label labels pages people plugins questions rest s secure spacedirectory',
    'spaces users x',
  ].flatMap((words) => words.split(' ')),
)

/**
 * Understands a bare domain, a base URL, or the address of a space or page, with or without `https://`, also as a chat
 * formats it (`<https://…|text>`). Rejects with `InvalidInputError` (field `url`) what no connection may point at.
 */
export function normaliseAddress(
  typed: string,
  deployment?: Deployment,
  policy: HostPolicy = { allowLoopback: false },
): TypedAddress {
  const url = parseTyped(typed)
  refuseUnsafe(url, policy)
  const isAtlassianHost = url.hostname.endsWith('.atlassian.net')
  if (isAtlassianHost && deployment === 'datacenter') {
    throw refuse(
      'address_not_datacenter',
      `${url.hostname} is a Cloud site: choose Cloud, or give the address of your own server.`,
    )
  }
  const segments = url.pathname.split('/').filter((segment) => segment !== '')
  const isCloud = isAtlassianHost || deployment === 'cloud'
  const context = isCloud ? ['wiki'] : contextOf(segments)
  const below = isCloud && segments[0] !== 'wiki' ? segments : segments.slice(context.length)
  const origin = isAtlassianHost ? `https://${url.host}` : url.origin
  const pageTitle = findPageTitle(below, url.searchParams)
  const folderId = findFolderId(below)
  return {
    address: { deployment: isCloud ? 'cloud' : 'datacenter', baseUrl: [origin, ...context].join('/') },
    isGuess: !isAtlassianHost && deployment === undefined,
    spaceKey: findSpaceKey(below, url.searchParams),
    pageId: findPageId(below, url.searchParams),
    ...(pageTitle === undefined ? {} : { pageTitle }),
    ...(folderId === undefined ? {} : { folderId }),
  }
}

function parseTyped(typed: string): URL {
  const text = typed
    .trim()
    .replace(/^<([^|>]*)(\|[^>]*)?>$/, '$1')
    .trim()
  if (text === '')
    throw refuse('address_missing', 'Give the address of the Confluence site, for example https://acme.atlassian.net.')
  const hasScheme = /^[a-z][a-z0-9+.-]*:(?!\d)/i.test(text)
  if (hasScheme && !/^https?:\/\//i.test(text)) {
    throw refuse(
      'address_scheme',
      'Only addresses that begin with https:// or http:// can be connected: paste the address from the browser.',
    )
  }
  const candidate = hasScheme ? text : `https://${text}`
  // Tabs and newlines would be dropped silently by the URL parser.
  const url = /\s/.test(candidate) || !URL.canParse(candidate) ? undefined : new URL(candidate)
  if (url === undefined) {
    throw refuse(
      'address_invalid',
      'This is not an address: paste the address of the site or of one of its pages from the browser.',
    )
  }
  return url
}

function refuseUnsafe(url: URL, policy: HostPolicy): void {
  if (url.username !== '' || url.password !== '') {
    throw refuse(
      'address_credentials',
      'The address contains a user name or password: remove it, credentials are asked for separately.',
    )
  }
  const error = findForbiddenHostError(url.hostname, policy)
  if (error !== undefined) throw error
}

/** The error for a host name or address that no connection may reach. */
export function findForbiddenHostError(host: string, policy: HostPolicy): InvalidInputError | undefined {
  const reason = findForbiddenReason(host, policy)
  if (reason === undefined) return undefined
  return reason === 'loopback'
    ? refuse(
        'address_forbidden',
        `${host} is this machine itself: give the address under which colleagues reach Confluence.`,
      )
    : refuse(
        'address_forbidden',
        `${host} is a link-local or cloud-internal address: give the address under which colleagues reach Confluence.`,
      )
}

function contextOf(segments: string[]): string[] {
  const end = segments.findIndex((segment) => ownSegments.has(segment) || segment.endsWith('.action'))
  return end === -1 ? segments : segments.slice(0, end)
}

function findSpaceKey(below: string[], query: URLSearchParams): string | undefined {
  const [first, second] = below
  if (first === 'display' && second !== undefined) return decode(second)
  if (first === 'spaces' && second !== undefined && !second.endsWith('.action')) return decode(second)
  // Data Center's lists and settings of a space: `/spaces/viewspace.action?key=HR`, `/collector/pages.action?key=HR`.
  const isAction = below.at(-1)?.endsWith('.action') === true
  return query.get('spaceKey') ?? (isAction ? (query.get('key') ?? undefined) : undefined)
}

function findPageTitle(below: string[], query: URLSearchParams): string | undefined {
  const [first, , title] = below
  if (first === 'display' && below.length === 3 && title !== undefined) return decode(title)
  return below.at(-1) === 'viewpage.action' ? (query.get('title') ?? undefined) : undefined
}

function findFolderId(below: string[]): string | undefined {
  const [first, , kind, folderId] = below
  return first === 'spaces' && kind === 'folder' && /^\d+$/.test(folderId ?? '') ? folderId : undefined
}

function findPageId(below: string[], query: URLSearchParams): string | undefined {
  const named = query.get('pageId')
  if (named !== null && /^\d+$/.test(named)) return named
  if (below[0] === 'x' && below[1] !== undefined) return decodeTinyLink(below[1])
  const pages = below.indexOf('pages')
  return pages === -1 ? undefined : below.slice(pages + 1, pages + 3).find((segment) => /^\d+$/.test(segment))
}

/** `/x/YYAB` is the page id as little-endian bytes in base64 with `-` and `_` for `/` and `+`, trailing `A`s cut off. */
function decodeTinyLink(code: string): string | undefined {
  if (!/^[\w-]{1,11}$/.test(code)) return undefined
  const bytes = Buffer.from(code.replaceAll('-', '/').replaceAll('_', '+').padEnd(11, 'A'), 'base64')
  const pageId = bytes.readBigInt64LE(0)
  return pageId > 0n ? pageId.toString() : undefined
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment.replaceAll('+', ' '))
  } catch {
    return segment
  }
}

function refuse(code: string, message: string): InvalidInputError {
  return new InvalidInputError(code, message, { field: 'url' })
}
