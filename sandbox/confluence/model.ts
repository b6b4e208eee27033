// One Confluence site in memory: spaces, pages and folders, people, groups and who may read what, with the indexes that
// keep every request cheap at 50,000 pages. The front ends (cloud/, datacenter/) turn it into answers, changes.ts changes
// it, visibility.ts decides who sees what. Shares no code with the product: the tests compare the two.
import { createHash } from 'node:crypto'
import { compareIds } from './content-order.ts'
import type { SiteListener } from './events.ts'
import type { Attachment, Comment, Part } from './parts.ts'
import type { IssuedToken } from './tokens.ts'
import type { SiteValues } from './values.ts'
import { fillSite } from './values.ts'

export type ContentStatus = 'current' | 'archived' | 'trashed' | 'draft'

/**
 * Templates are kept with the pages and shown nowhere. Folders, whiteboards, databases and embeds are parents only. Comments
 * and attachments are content to search alone; elsewhere they are parts (parts.ts).
 */
export type ContentType =
  | 'page'
  | 'blogpost'
  | 'folder'
  | 'whiteboard'
  | 'database'
  | 'embed'
  | 'template'
  | 'comment'
  | 'attachment'

export type Version = { number: number; createdAt: string; authorId: string; message: string; minorEdit: boolean }

/** Account ids and group ids. */
export type Readers = { users: Set<string>; groups: Set<string> }

export type SpaceReaders = Readers & {
  /** Everyone with a licence; guests are not among them. */
  licensed: boolean
  anonymous: boolean
  /** Ids of roles: principals that no client can resolve without more endpoints. They let nobody in here. */
  roles: Set<string>
}

export type Space = {
  id: string
  key: string
  /** What stands in links in place of the key; the same until the space gets another one. */
  alias: string
  name: string
  type: 'global' | 'personal' | 'collaboration' | 'knowledge_base'
  status: 'current' | 'archived'
  homepageId: string | undefined
  createdAt: string
  authorId: string
  readers: SpaceReaders
}

export type Content = {
  id: string
  type: ContentType
  /** A live document: an ordinary page but for this mark. */
  subtype: 'live' | undefined
  spaceId: string
  title: string
  parentId: string | undefined
  position: number
  status: ContentStatus
  authorId: string
  createdAt: string
  version: Version
  labels: string[]
  storage: string
  /** Versions before the current one, oldest first. */
  past: PastVersion[]
  /** Undefined: no read restriction of its own. */
  restriction: Readers | undefined
}

export type PastVersion = Version & { title: string; storage: string }

export type Account = {
  accountId: string
  displayName: string
  email: string
  /** Data Center's names of the same person. */
  username: string
  userKey: string
  isActive: boolean
  isGuest: boolean
  /** Sees every page whatever its readers are. */
  seesAll: boolean
  /** May list permissions on Data Center and ask about other people's rights on Cloud. */
  isAdmin: boolean
  /** Cloud: API token. Data Center: personal access token. */
  token: string
  password: string
  /** A revoked credential is refused, token and password alike. */
  isRevoked: boolean
  /** Data Center: after failed logins a CAPTCHA must be solved first, which no client can. */
  needsCaptcha: boolean
}

export type Group = { id: string; name: string; members: Set<string>; subgroups: Set<string> }

export type Write = { method: string; path: string; principal: string; body: unknown }

export type Site = {
  spaces: Map<string, Space>
  spaceIdByKey: Map<string, string>
  contents: Map<string, Content>
  children: Map<string, Set<string>>
  /** Ids of pages (not folders) in the order of their number, of the whole site and by space. */
  pageIds: string[]
  pageIdsBySpace: Map<string, string[]>
  blogPostIds: string[]
  attachments: Map<string, Attachment>
  comments: Map<string, Comment>
  /** Ids of the attachments and comments of a page or blog post. */
  attachmentIds: Map<string, Set<string>>
  commentIds: Map<string, Set<string>>
  accounts: Map<string, Account>
  /** Lower-cased e-mail, user name, user key → account id. */
  accountIdByName: Map<string, string>
  /** Every token that was ever issued, by itself. */
  tokens: Map<string, IssuedToken>
  groups: Map<string, Group>
  groupIdByName: Map<string, string>
  /** The switch of the whole site; a space must allow it too. */
  anonymousAccess: boolean
  /** The account that a connection uses unless a test says otherwise. */
  syncAccount: Account
  /** Requests that would have written to Confluence. Always empty when the product only reads. */
  writes: Write[]
  /** Requests that sent a credential to the host of downloads, which is none of its business. */
  leaks: string[]
  /** Ids that search does not know yet; see `holdSearch`. */
  unsearchable: Set<string>
  searchHold: 'none' | 'new' | 'changed'
  /** When what changed since the start changed last, in ms since 1970: for a search that lags behind. */
  changedAt: Map<string, number>
  /** What was purged, for a search that goes on finding it. */
  ghosts: Map<string, Content>
  /** What was removed of attachments and comments, for the same. */
  partGhosts: Map<string, Part>
  listeners: Set<SiteListener>
  /** Counts up with every change of content, search or membership: what was computed for an older one is stale. */
  epoch: number
  nextId: number
  now: () => Date
}

const defaultSyncAccount = {
  accountId: '712020:11111111-2222-4333-8444-555555555555',
  displayName: 'Footnote Sync',
  email: 'footnote-sync@example.com',
  username: 'footnote-sync',
  token: 'sync-account-token',
  password: 'sync-account-password',
  seesAll: true,
  isAdmin: true,
}

/** Builds a site from plain values; ids that are left out are made up. Throws when a value names something that is not there. */
export function createSite(values: SiteValues): Site {
  const site = emptySite(values)
  fillSite(site, values)
  return site
}

export function spaceOf(site: Site, content: Content): Space {
  return getSpace(site, content.spaceId)
}

export function findSpace(site: Site, idOrKey: string): Space | undefined {
  const id = site.spaces.has(idOrKey) ? idOrKey : site.spaceIdByKey.get(idOrKey.toLowerCase())
  return id === undefined ? undefined : site.spaces.get(id)
}

export function getSpace(site: Site, idOrKey: string): Space {
  return findSpace(site, idOrKey) ?? missing('space', idOrKey)
}

export function getContent(site: Site, contentId: string): Content {
  return site.contents.get(contentId) ?? missing('page or folder', contentId)
}

/** By account id, e-mail, user name or user key. */
export function findAccount(site: Site, name: string): Account | undefined {
  return site.accounts.get(name) ?? site.accounts.get(site.accountIdByName.get(name.toLowerCase()) ?? '')
}

export function getAccount(site: Site, name: string): Account {
  return findAccount(site, name) ?? missing('account', name)
}

/** By id or name. */
export function findGroup(site: Site, idOrName: string): Group | undefined {
  return site.groups.get(idOrName) ?? site.groups.get(site.groupIdByName.get(idOrName) ?? '')
}

export function getGroup(site: Site, idOrName: string): Group {
  return findGroup(site, idOrName) ?? missing('group', idOrName)
}

/** From the space's root down to the parent. */
export function listAncestors(site: Site, content: Content): Content[] {
  const chain: Content[] = []
  for (let above = content.parentId; above !== undefined;) {
    const ancestor = site.contents.get(above)
    if (ancestor === undefined || chain.includes(ancestor)) break
    chain.unshift(ancestor)
    above = ancestor.parentId
  }
  return chain
}

export function listChildren(site: Site, contentId: string): Content[] {
  return [...(site.children.get(contentId) ?? [])]
    .map((childId) => getContent(site, childId))
    .toSorted((one, other) => one.position - other.position || compareIds(one.id, other.id))
}

/** A made-up id that looks like Confluence's and is the same for the same name. */
export function stableHex(name: string, length: number): string {
  return createHash('sha256').update(name).digest('hex').slice(0, length)
}

function emptySite(values: SiteValues): Site {
  const sync = { ...defaultSyncAccount, ...values.syncAccount }
  return {
    spaces: new Map(),
    spaceIdByKey: new Map(),
    contents: new Map(),
    children: new Map(),
    pageIds: [],
    pageIdsBySpace: new Map(),
    blogPostIds: [],
    attachments: new Map(),
    comments: new Map(),
    attachmentIds: new Map(),
    commentIds: new Map(),
    accounts: new Map(),
    accountIdByName: new Map(),
    tokens: new Map(),
    groups: new Map(),
    groupIdByName: new Map(),
    anonymousAccess: values.anonymousAccess ?? false,
    syncAccount: {
      ...sync,
      userKey: stableHex(sync.accountId, 32),
      isActive: true,
      isGuest: false,
      isRevoked: false,
      needsCaptcha: false,
    },
    writes: [],
    leaks: [],
    unsearchable: new Set(),
    searchHold: 'none',
    changedAt: new Map(),
    ghosts: new Map(),
    partGhosts: new Map(),
    listeners: new Set(),
    epoch: 0,
    nextId: 1000,
    now: values.now ?? (() => new Date()),
  }
}

function missing(what: string, name: string): never {
  throw new Error(`The site has no ${what} "${name}".`)
}
