// Links, people, images, emoji, dates: elements that stand inside a line.
import { pageLinkOf } from './page-links.ts'
import type { XmlElement } from './parse-xml.ts'
import { addReference, renderLine, type ElementRenderer, type Renderer } from './renderer.ts'
import { childElements, childNamed, findBelow, rawText } from './xml-tree.ts'

export const renderLink: ElementRenderer = (link, flow, page) => {
  const resource = childElements(link).find((child) => child.name.startsWith('ri:'))
  if (resource?.name === 'ri:user') return flow.text(mentionOf(resource, page))
  if (resource !== undefined) addReferenceOf(resource, page)
  flow.text(linkBody(link, page) || (resource && resourceText(resource)) || link.attributes['ac:anchor'] || '')
}

function linkBody(link: XmlElement, page: Renderer): string {
  const plain = childNamed(link, 'ac:plain-text-link-body')
  if (plain !== undefined) return rawText(plain).trim()
  return renderLine(childNamed(link, 'ac:link-body')?.children ?? [], page)
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
  if (resource.name === 'ri:space') return value('ri:space-key')
  if (resource.name === 'ri:url') return value('ri:value')
  if (resource.name === 'ri:content-entity') return value('ri:content-id') && `page ${value('ri:content-id')}`
  if (resource.name === 'ri:shortcut') return [value('ri:parameter'), value('ri:key')].filter(Boolean).join('@')
  return value('ri:content-title')
}

/** Notes the page that a resource names, or the page that carries the attachment it names. */
export function addReferenceOf(resource: XmlElement, page: Renderer) {
  const target = resource.name === 'ri:attachment' ? findBelow(resource, 'ri:page', 'ri:content-entity') : resource
  const title = target?.attributes['ri:content-title']
  const pageId = target?.attributes['ri:content-id']
  if (target?.name === 'ri:content-entity' && pageId) addReference({ pageId }, page)
  if (target?.name === 'ri:page' && title) addReference({ spaceKey: spaceKeyOf(target), title }, page)
}

function spaceKeyOf(target: XmlElement): string | undefined {
  const key = target.attributes['ri:space-key']
  return key === undefined || key === '' || key === '@self' ? undefined : key
}

/** `<a>`: its text. A card that shows a bare address of a Confluence page shows the title in that address instead. */
export const renderAnchorElement: ElementRenderer = (element, flow, page) => {
  const href = element.attributes['href'] ?? ''
  const target = pageLinkOf(href, page.baseUrl)
  if (target?.reference !== undefined) addReference(target.reference, page)
  const isCard = element.attributes['data-card-appearance'] !== undefined
  const [first, ...others] = element.children
  const isBare =
    others.length === 0 && (first === undefined ? isCard : typeof first === 'string' && isAddress(first, href))
  if (isBare) flow.text(target?.title ?? href)
  else page.walk(element.children, flow)
}

function isAddress(text: string, href: string): boolean {
  return href !== '' && text.trim() === href
}

/** Alternative text, title and caption, then the file: `Topology [image: topology.png]`. */
export const renderImage: ElementRenderer = (image, flow, page) => {
  const caption = childNamed(image, 'ac:caption')
  const texts = [
    image.attributes['ac:alt'] ?? image.attributes['alt'],
    image.attributes['ac:title'],
    caption && renderLine(caption.children, page),
  ].filter((text) => text !== undefined && text.trim() !== '')
  const file = imageFile(image)
  flow.text([[...new Set(texts)].join(', '), file && `[image: ${file}]`].filter(Boolean).join(' '))
}

function imageFile(image: XmlElement): string {
  const resource = findBelow(image, 'ri:attachment', 'ri:url')
  if (resource === undefined) return ''
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
  if (date) flow.text(date)
  else page.walk(time.children, flow)
}
