import type { PageTarget } from './block.ts'

/**
 * What the address of a Confluence page says about it: its title where the path spells it, and a target when the
 * page is on our own site (relative, or below `baseUrl`). Undefined when the address is no page's. A title is never
 * looked up by id: whoever may read the link need not be allowed to read the name of the page behind it.
 */
export function pageLinkOf(
  href: string,
  baseUrl: string | undefined,
): { title: string | undefined; target: PageTarget | undefined } | undefined {
  if (!MAY_BE_PAGE.test(href)) return undefined
  const url = URL.parse(href, 'https://relative.invalid')
  if (url === null) return undefined
  const isOwn = /^\/(?![/\\])/.test(href) || (baseUrl !== undefined && href.startsWith(`${baseUrl}/`))
  const byId = /\/spaces\/[^/]+\/pages\/(?:edit-v2\/)?(\d+)(?:\/([^/]+))?/.exec(url.pathname)
  if (byId?.[1] !== undefined) return linkTo(isOwn, decode(byId[2]), { pageId: byId[1] })
  if (url.pathname.endsWith('/pages/viewpage.action')) return linkOfQuery(url.searchParams, isOwn)
  const byTitle = /\/display\/([^/]+)\/([^/]+)$/.exec(url.pathname)
  const [spaceKey, title] = [decode(byTitle?.[1]), decode(byTitle?.[2])]
  if (spaceKey === undefined || title === undefined) return undefined
  return linkTo(isOwn, title, { spaceKey, title })
}

/** Spares all other addresses the parsing. */
const MAY_BE_PAGE = /\/(?:spaces|pages|display)\//

function linkOfQuery(query: URLSearchParams, isOwn: boolean) {
  const [pageId, spaceKey, title] = ['pageId', 'spaceKey', 'title'].map((name) => query.get(name))
  if (pageId && /^\d+$/.test(pageId)) return linkTo(isOwn, undefined, { pageId })
  return spaceKey && title ? linkTo(isOwn, title, { spaceKey, title }) : undefined
}

function linkTo(isOwn: boolean, title: string | undefined, target: PageTarget) {
  return { title, target: isOwn ? target : undefined }
}

function decode(part: string | undefined): string | undefined {
  if (part === undefined) return undefined
  const spaced = part.replaceAll('+', ' ')
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced
  }
}
