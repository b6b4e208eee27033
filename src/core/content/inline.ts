// Links, people, images, emoji, dates: elements that stand inside a line.
import type { PageReference, PageTarget } from './block.ts'
import { normaliseName } from './normalise.ts'
import { pageLinkOf } from './page-links.ts'
import type { XmlElement } from './parse-xml.ts'
import { addAttachment, addReference, renderLine, spacedLine, type ElementRenderer, type Renderer } from './renderer.ts'
import { childElements, childNamed, childrenBut, findBelow, rawText } from './xml-tree.ts'

export const renderLink: ElementRenderer = (link, flow, page) => {
  const resource = childElements(link).find((child) => child.name.startsWith('ri:'))
  if (resource !== undefined) addEdge(resource, 'link', page)
  const strays = [...childrenBut(link, IN_LINK), ...(resource === undefined ? [] : childrenBut(resource, IN_RESOURCE))]
  if (resource?.name === 'ri:user') flow.text(mentionOf(resource, page))
  else flow.text(linkBody(link, page) || targetText(link, resource))
  page.walk(strays, flow)
}

const IN_LINK = /^(?:ri:|ac:link-body$|ac:plain-text-link-body$)/
const IN_RESOURCE = /^ri:/

function targetText(link: XmlElement, resource: XmlElement | undefined): string {
  return (resource && resourceText(resource)) || link.attributes['ac:anchor'] || ''
}

function linkBody(link: XmlElement, page: Renderer): string {
  const plain = childNamed(link, 'ac:plain-text-link-body')
  if (plain !== undefined) return rawText(plain).trim() === '' ? '' : rawText(plain)
  const rich = childNamed(link, 'ac:link-body')
  return rich === undefined ? '' : spacedLine(rich, page)
}

/** A user key may be an account id on Cloud; the raw key is never shown. */
function mentionOf(user: XmlElement, page: Renderer): string {
  const ids = ['ri:account-id', 'ri:userkey', 'ri:username'].map((name) => user.attributes[name])
  for (const id of ids) {
    const name = id === undefined || id === '' ? undefined : page.displayName(id)
    if (name !== undefined && name !== '') return `@${name}`
  }
  return '@user'
}

/** What a resource is called when a link to it has no text of its own. */
export function resourceText(resource: XmlElement): string {
  const value = (name: string) => resource.attributes[name] ?? ''
  if (resource.name === 'ri:attachment') return value('ri:filename')
  if (resource.name === 'ri:space') return spaceText(value('ri:space-key'))
  if (resource.name === 'ri:url') return value('ri:value')
  if (resource.name === 'ri:content-entity') return value('ri:content-id') && `page ${value('ri:content-id')}`
  if (resource.name === 'ri:shortcut') return [value('ri:parameter'), value('ri:key')].filter(Boolean).join('@')
  return value('ri:content-title')
}

/** The key of a personal space is its owner's raw account id or user name. */
function spaceText(spaceKey: string): string {
  return spaceKey.startsWith('~') ? 'personal space' : spaceKey
}

/** Notes what a resource names: a page, or an attachment with the page that carries it. */
export function addEdge(resource: XmlElement, kind: PageReference['kind'], page: Renderer) {
  const isAttachment = resource.name === 'ri:attachment'
  const element = isAttachment ? findBelow(resource, 'ri:page', 'ri:content-entity') : resource
  const target = element && pageTargetOf(element)
  if (isAttachment) addAttachment(resource.attributes['ri:filename'] ?? '', target, page)
  if (target !== undefined) addReference(target, kind, page)
}

function pageTargetOf(resource: XmlElement): PageTarget | undefined {
  const title = normaliseName(resource.attributes['ri:content-title'] ?? '')
  const pageId = resource.attributes['ri:content-id']
  if (resource.name === 'ri:content-entity') return pageId ? { pageId: normaliseName(pageId) } : undefined
  return resource.name === 'ri:page' && title !== '' ? { spaceKey: spaceKeyOf(resource), title } : undefined
}

function spaceKeyOf(target: XmlElement): string | undefined {
  const key = normaliseName(target.attributes['ri:space-key'] ?? '')
  return key === '' || key === '@self' ? undefined : key
}

/** `<a>`: its text. A card that shows a bare address of a Confluence page shows the title in that address instead. */
export const renderAnchorElement: ElementRenderer = (element, flow, page) => {
  const href = element.attributes['href'] ?? ''
  const link = pageLinkOf(href, page.baseUrl)
  if (link?.target !== undefined) addReference(link.target, 'link', page)
  const appearance = element.attributes['data-card-appearance']
  const [first, ...others] = element.children
  const isBare =
    others.length === 0 &&
    (first === undefined ? appearance !== undefined : typeof first === 'string' && isAddress(first, href))
  const isBlock = appearance === 'block' || appearance === 'embed'
  if (isBlock) flow.endParagraph()
  if (isBare) flow.text(link?.title ?? href)
  else page.walk(element.children, flow)
  if (isBlock) flow.endParagraph()
}

function isAddress(text: string, href: string): boolean {
  return href !== '' && text.trim() === href
}

/** Alternative text, title and caption, then the file: `Topology [image: topology.png]`. */
export const renderImage: ElementRenderer = (image, flow, page) => {
  const caption = childNamed(image, 'ac:caption')
  const resource = findBelow(image, 'ri:attachment', 'ri:url')
  if (resource !== undefined) addEdge(resource, 'link', page)
  const texts = [
    image.attributes['ac:alt'] ?? image.attributes['alt'],
    image.attributes['ac:title'],
    caption && renderLine(caption.children, page),
  ].map((text) => text?.trim() ?? '')
  const file = resource === undefined ? '' : imageFile(resource)
  const words = [...new Set(texts)]
    .filter((text) => text !== '' && text !== file && !SAYS_NOTHING.test(text))
    .join(', ')
  // The new editor gives a layout to images that stand on lines of their own.
  const hasLayout = caption !== undefined || image.attributes['ac:layout'] !== undefined
  const isBlock = hasLayout && !flow.isInParagraph()
  if (isBlock) flow.endParagraph()
  flow.apart([words, file && `[image: ${file}]`].filter(Boolean).join(' '))
  if (isBlock) flow.endParagraph()
  page.walk(childrenBut(image, IN_IMAGE), flow)
  page.walk(resource === undefined ? [] : childrenBut(resource, IN_RESOURCE), flow)
}

/** Alternative text that editors fill in. */
const SAYS_NOTHING = /^(?:image|img|picture)$/i

const IN_IMAGE = /^(?:ri:|ac:caption$|ac:adf-mark$|ac:link$)/

function imageFile(resource: XmlElement): string {
  const source = resourceText(resource)
  if (resource.name === 'ri:attachment') return source
  return /^https?:/i.test(source) ? source.replace(/[?#].*$/s, '') : ''
}

export const renderEmoticon: ElementRenderer = (emoticon, flow) => {
  const { attributes } = emoticon
  const name = attributes['ac:name']
  flow.text(attributes['ac:emoji-fallback'] || attributes['ac:emoji-shortname'] || (name ? `:${name}:` : ''))
}

export const renderTime: ElementRenderer = (time, flow, page) => {
  const date = time.attributes['datetime']
  if (date) flow.apart(date)
  else page.walk(time.children, flow)
}
