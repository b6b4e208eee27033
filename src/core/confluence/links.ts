// A page's address for people. Pure.
import type { PageLink, SiteAddress } from './site.ts'

/**
 * Absolute, with a deep link to the heading when there is an anchor, and without a character that could end a link in Slack's
 * or Markdown's notation. What Confluence gave as the path cannot lead off the site: the site's own address is returned then.
 */
export function pageUrl(address: SiteAddress, link: PageLink): string {
  const base = new URL(address.baseUrl)
  const url = new URL(`${address.baseUrl}/${link.webPath.replace(/^[/\\]+/, '')}`)
  const isWithin = url.origin === base.origin && `${url.pathname}/`.startsWith(`${base.pathname.replace(/\/$/, '')}/`)
  if (!isWithin || url.username !== '') return escapeLink(base.href)
  if (link.anchor !== undefined) url.hash = encodeURIComponent(renderFragment(address, link.title, link.anchor))
  return escapeLink(url.href)
}

/** Cloud: the heading with dashes for blanks. Data Center: title, dash, heading, without any blanks. */
function renderFragment(address: SiteAddress, title: string, anchor: string): string {
  if (address.deployment === 'cloud') return anchor.trim().replace(/\s+/g, '-')
  return `${title.replace(/\s+/g, '')}-${anchor.replace(/\s+/g, '')}`
}

function escapeLink(href: string): string {
  return href.replace(
    /[|()<>[\]"'*`\\]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}
