// What happens on a living site. Edits make a version; restrictions, groups, space permissions, labels and (as the
// screen does it) moves do not, which is exactly what a client must cope with.
import { insertId, removeId, compareIds } from './content-order.ts'
import type { SiteEvent } from './events.ts'
import { emit } from './events.ts'
import type { Account, Content, Site, Space } from './model.ts'
import { findGroup, getAccount, getContent, getGroup, getSpace, listChildren } from './model.ts'
import { dropParts } from './parts.ts'
import type { ContentValue, ReadersValue, SpaceReadersValue, SpaceValue, UserValue } from './values.ts'
import {
  addGroup,
  addSpaceRecord,
  addUser,
  childrenOf,
  contentRecord,
  restrictionOf,
  spaceReadersOf,
} from './values.ts'

export type PageEdit = { title?: string; storage?: string; authorId?: string; message?: string }
export type Move = { parentId?: string | null; spaceKey?: string; position?: number; bumpsVersion?: boolean }

/** A new page or folder. Without a parent it hangs under the space's home page, as Confluence does it. */
export function addContent(site: Site, value: ContentValue): Content {
  const space = getSpace(site, value.spaceKey)
  const isInTree = value.type !== 'blogpost' && value.type !== 'template'
  const parentId = value.parentId === undefined && isInTree ? space.homepageId : (value.parentId ?? undefined)
  if (parentId !== undefined) getContent(site, parentId)
  const content = contentRecord(site, { createdAt: site.now().toISOString(), ...value, parentId: parentId ?? null })
  if (site.contents.has(content.id)) throw new Error(`The id ${content.id} is taken.`)
  content.position = value.position ?? (parentId === undefined ? 0 : listChildren(site, parentId).length)
  site.nextId = Math.max(site.nextId, Number(content.id) + 1)
  site.contents.set(content.id, content)
  if (parentId !== undefined) childrenOf(site, parentId).add(content.id)
  fileInSpace(site, content)
  if (parentId === undefined && content.type === 'page') space.homepageId ??= content.id
  touch(site, content, 'new')
  emitContent(site, content, 'created')
  return content
}

export function editPage(site: Site, pageId: string, edit: PageEdit): Content {
  const page = getContent(site, pageId)
  page.past.push({ ...page.version, title: page.title, storage: page.storage })
  if (edit.title !== undefined) page.title = edit.title
  if (edit.storage !== undefined) page.storage = edit.storage
  bumpVersion(site, page, edit.authorId, edit.message)
  touch(site, page, 'changed')
  emitContent(site, page, 'updated')
  return page
}

/** `parentId: null` makes it a root. Everything below moves along. Bumps no version unless told to. */
export function movePage(site: Site, pageId: string, move: Move): Content {
  const page = getContent(site, pageId)
  const space = move.spaceKey === undefined ? undefined : getSpace(site, move.spaceKey)
  const parent = typeof move.parentId === 'string' ? getContent(site, move.parentId) : undefined
  let parentId = move.parentId === undefined ? page.parentId : parent?.id
  if (move.parentId === undefined && space !== undefined && space.id !== page.spaceId) parentId = space.homepageId
  if (parentId !== undefined && listTree(site, page).some((below) => below.id === parentId)) {
    throw new Error(`"${page.title}" cannot hang below itself.`)
  }
  const oldParent = page.parentId === undefined ? {} : { oldParent: { id: Number(page.parentId) } }
  hang(site, page, parentId)
  if (move.position !== undefined) page.position = move.position
  const target = parentId === undefined ? space?.id : getContent(site, parentId).spaceId
  if (target !== undefined && target !== page.spaceId) {
    for (const content of listTree(site, page)) moveToSpace(site, content, target)
  }
  if (move.bumpsVersion === true) {
    page.past.push({ ...page.version, title: page.title, storage: page.storage })
    bumpVersion(site, page, undefined, 'Moved')
  }
  touch(site, page, 'changed')
  emitContent(site, page, 'moved', oldParent)
  return page
}

/** Into the trash; children move up to the next parent unless they go along. */
export function trashPage(site: Site, pageId: string, options: { withChildren?: boolean } = {}): void {
  setStatus(site, pageId, 'trashed', options.withChildren ?? false)
}

export function archivePage(site: Site, pageId: string, options: { withChildren?: boolean } = {}): void {
  setStatus(site, pageId, 'archived', options.withChildren ?? false)
}

/** Out of the trash or the archive, back to its old parent where that is still current, else to the space's home page. */
export function restorePage(site: Site, pageId: string): void {
  const page = getContent(site, pageId)
  page.status = 'current'
  const parent = site.contents.get(page.parentId ?? '')
  const home = getSpace(site, page.spaceId).homepageId
  if (parent?.status !== 'current') hang(site, page, home === page.id ? undefined : home)
  touch(site, page, 'changed')
  emitContent(site, page, 'restored')
}

/** Gone for good; children move up first. */
export function purgePage(site: Site, pageId: string): void {
  const page = getContent(site, pageId)
  moveChildrenUp(site, page)
  site.contents.delete(pageId)
  site.children.delete(pageId)
  if (page.parentId !== undefined) childrenOf(site, page.parentId).delete(pageId)
  removeId(page.type === 'blogpost' ? site.blogPostIds : site.pageIds, pageId)
  removeId(site.pageIdsBySpace.get(page.spaceId) ?? [], pageId)
  dropParts(site, pageId)
  site.ghosts.set(pageId, page)
  site.epoch++
  emitContent(site, page, 'purged')
}

/** A read restriction of the page's own, users by account id or e-mail, groups by name or id; with neither there is none. */
export function restrict(site: Site, contentId: string, read: ReadersValue): void {
  const users = (read.users ?? []).map((name) => getAccount(site, name).accountId)
  const content = getContent(site, contentId)
  content.restriction = restrictionOf(site, { ...read, users })
  site.epoch++
  emit(site, { name: 'content_permissions_updated', subjects: subjectOf(content) })
}

export function unrestrict(site: Site, contentId: string): void {
  restrict(site, contentId, {})
}

export function setLabels(site: Site, pageId: string, labels: string[]): void {
  const page = getContent(site, pageId)
  const added = labels.filter((label) => !page.labels.includes(label))
  const removed = page.labels.filter((label) => !labels.includes(label))
  page.labels = [...labels]
  site.epoch++
  for (const name of added) emit(site, { name: 'label_added', subjects: { label: { name }, ...subjectOf(page) } })
  for (const name of removed) emit(site, { name: 'label_removed', subjects: { label: { name }, ...subjectOf(page) } })
}

export function addSpace(site: Site, value: SpaceValue): Space {
  site.epoch++
  const space = addSpaceRecord(site, { id: String(site.nextId++), ...value })
  emitSpace(site, space, 'created')
  return space
}

export function setSpaceReaders(site: Site, spaceKey: string, read: SpaceReadersValue): void {
  const users = (read.users ?? []).map((name) => getAccount(site, name).accountId)
  const space = getSpace(site, spaceKey)
  space.readers = spaceReadersOf(site, { ...read, users })
  site.epoch++
  emitSpace(site, space, 'permissions_updated')
}

export function setSpaceStatus(site: Site, spaceKey: string, status: Space['status']): void {
  const space = getSpace(site, spaceKey)
  space.status = status
  site.epoch++
  emitSpace(site, space, 'updated')
}

/** Another name, or another alias in the links of all its pages; none of them gets a new version. */
export function renameSpace(site: Site, spaceKey: string, to: { name?: string; alias?: string }): void {
  const space = getSpace(site, spaceKey)
  Object.assign(space, to)
  site.epoch++
  emitSpace(site, space, 'updated')
}

/** Takes the space and everything in it away. */
export function removeSpace(site: Site, spaceKey: string): void {
  const space = getSpace(site, spaceKey)
  for (const content of site.contents.values()) if (content.spaceId === space.id) purgePage(site, content.id)
  site.spaces.delete(space.id)
  site.spaceIdByKey.delete(space.key.toLowerCase())
  site.pageIdsBySpace.delete(space.id)
  site.epoch++
  emitSpace(site, space, 'removed')
}

export function addPerson(site: Site, value: UserValue): Account {
  site.epoch++
  return addUser(site, value)
}

/** Deactivated people see nothing and their tokens are refused. */
export function setActive(site: Site, account: string, isActive: boolean): void {
  getAccount(site, account).isActive = isActive
  site.epoch++
}

/** `people` by account id, e-mail or user name; the group is made when it is not there. */
export function addMembers(site: Site, group: string, people: string[]): void {
  const { members } = findGroup(site, group) ?? addGroup(site, { name: group })
  for (const name of people) members.add(getAccount(site, name).accountId)
  site.epoch++
  emit(site, { name: 'group_updated', subjects: { group: { name: group } } })
}

export function removeMembers(site: Site, group: string, people: string[]): void {
  for (const name of people) getGroup(site, group).members.delete(getAccount(site, name).accountId)
  site.epoch++
  emit(site, { name: 'group_updated', subjects: { group: { name: group } } })
}

export function renameGroup(site: Site, group: string, name: string): void {
  const record = getGroup(site, group)
  site.groupIdByName.delete(record.name)
  site.groupIdByName.set(name, record.id)
  record.name = name
  site.epoch++
}

/** From now on its token and password are refused; `false` makes them work again. */
export function revokeCredential(site: Site, account: string, isRevoked = true): void {
  getAccount(site, account).isRevoked = isRevoked
}

/**
 * Search falls behind: what is new (`new`), or new, edited, moved or restored (`changed`), is not found until
 * `flushSearch`. Lists, single pages and restrictions are always up to date.
 */
export function holdSearch(site: Site, hold: 'new' | 'changed' = 'changed'): void {
  site.searchHold = hold
}

export function flushSearch(site: Site): void {
  site.searchHold = 'none'
  site.unsearchable.clear()
  site.changedAt.clear()
  site.ghosts.clear()
  site.partGhosts.clear()
  site.epoch++
}

/** For search, which may hear of it later. */
export function touch(site: Site, content: { id: string }, change: 'new' | 'changed'): void {
  if (site.searchHold === 'changed' || site.searchHold === change) site.unsearchable.add(content.id)
  site.changedAt.set(content.id, site.now().getTime())
  site.epoch++
}

function bumpVersion(site: Site, page: Content, authorId = page.version.authorId, message = ''): void {
  const createdAt = site.now().toISOString()
  page.version = { number: page.version.number + 1, createdAt, authorId, message, minorEdit: false }
}

function setStatus(site: Site, pageId: string, status: Content['status'], withChildren: boolean): void {
  const page = getContent(site, pageId)
  if (withChildren) for (const child of listChildren(site, pageId)) setStatus(site, child.id, status, true)
  else moveChildrenUp(site, page)
  page.status = status
  site.epoch++
  emitContent(site, page, status === 'archived' ? 'archived' : 'trashed')
}

function moveChildrenUp(site: Site, page: Content): void {
  for (const child of listChildren(site, page.id)) hang(site, child, page.parentId)
}

function hang(site: Site, content: Content, parentId: string | undefined): void {
  if (content.parentId !== undefined) childrenOf(site, content.parentId).delete(content.id)
  content.parentId = parentId
  if (parentId !== undefined) childrenOf(site, parentId).add(content.id)
}

function moveToSpace(site: Site, content: Content, spaceId: string): void {
  removeId(site.pageIdsBySpace.get(content.spaceId) ?? [], content.id)
  content.spaceId = spaceId
  if (content.type === 'page') insertId(site.pageIdsBySpace.get(spaceId) ?? [], content.id)
}

function fileInSpace(site: Site, content: Content): void {
  if (content.type === 'blogpost') insertId(site.blogPostIds, content.id)
  if (content.type !== 'page') return
  insertId(site.pageIds, content.id)
  insertId(site.pageIdsBySpace.get(content.spaceId) ?? [], content.id)
}

/** The page and everything below it. */
function listTree(site: Site, top: Content): Content[] {
  const below = [...(site.children.get(top.id) ?? [])].toSorted(compareIds)
  return [top, ...below.flatMap((id) => listTree(site, getContent(site, id)))]
}

function emitContent(site: Site, content: Content, what: string, more: SiteEvent['subjects'] = {}): void {
  const isBlogPost = content.type === 'blogpost'
  if (content.status === 'draft' || (content.type !== 'page' && !isBlogPost)) return
  const name = `${isBlogPost ? 'blog' : 'page'}_${what}` as SiteEvent['name']
  emit(site, { name, subjects: { ...subjectOf(content), ...more }, by: content.version.authorId })
}

function emitSpace(
  site: Site,
  { key, id }: Space,
  what: 'created' | 'updated' | 'removed' | 'permissions_updated',
): void {
  emit(site, { name: `space_${what}`, subjects: { space: { id: Number(id), key } } })
}

function subjectOf({ id, type }: Content): SiteEvent['subjects'] {
  return { [type === 'blogpost' ? 'blog' : type]: { id: Number(id) } }
}
