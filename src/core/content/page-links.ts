import type { PageReference } from './block.ts'

/**
 * What the address of a Confluence page says about it: its title where the path spells it, and a reference when the
 * page is on our own site (relative, or below `baseUrl`). Undefined when the address is no page's.
 */
export function pageLinkOf(
  href: string,
  baseUrl: string | undefined,
): { title: string | undefined; reference: PageReference | undefined } | undefined {
  const url = URL.parse(href, 'https://relative.invalid')
  if (url === null) return undefined
  const isOwn = /^\/(?!\/)/.test(href) || (baseUrl !== undefined && href.startsWith(`${baseUrl}/`))
  const byId = /\/spaces\/[^/]+\/pages\/(?:edit-v2\/)?(\d+)(?:\/([^/]+))?/.exec(url.pathname)
  if (byId?.[1] !== undefined) return { title: decode(byId[2]), reference: isOwn ? { pageId: byId[1] } : undefined }
  const pageId = url.pathname.endsWith('/pages/viewpage.action') ? url.searchParams.get('pageId') : null
  if (pageId !== null && /^\d+$/.test(pageId)) return { title: undefined, reference: isOwn ? { pageId } : undefined }
  const byTitle = /\/display\/([^/]+)\/([^/]+)$/.exec(url.pathname)
  const [spaceKey, title] = [decode(byTitle?.[1]), decode(byTitle?.[2])]
  if (spaceKey === undefined || title === undefined) return undefined
  return { title, reference: isOwn ? { spaceKey, title } : undefined }
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
