// Plain values → the site's records. The same values come from a folder (folder.ts) or from a test.
import type {
  Account,
  Content,
  ContentStatus,
  ContentType,
  Group,
  Readers,
  Site,
  Space,
  SpaceReaders,
} from './model.ts'
import { getGroup, getSpace, stableHex } from './model.ts'
import { compareIds } from './content-order.ts'
import type { AttachmentValue, CommentValue } from './parts.ts'
import { putAttachment, putComment } from './parts.ts'
import { issueAccountTokens } from './tokens.ts'

export type ReadersValue = { users?: string[]; groups?: string[] }
export type SpaceReadersValue = ReadersValue & { licensed?: boolean; anonymous?: boolean; roles?: string[] }

export type SpaceValue = {
  key: string
  id?: string
  name?: string
  type?: Space['type']
  status?: Space['status']
  homepageId?: string | null
  /** Default: everyone with a licence. */
  read?: SpaceReadersValue
}

export type ContentValue = {
  spaceKey: string
  title: string
  id?: string
  type?: ContentType
  subtype?: 'live'
  parentId?: string | null
  position?: number
  status?: ContentStatus
  authorId?: string
  createdAt?: string
  version?: { number: number; createdAt?: string; authorId?: string }
  labels?: string[]
  /** A function is asked again each time: for wikis too large to keep in memory. */
  storage?: string | (() => string)
  /** A read restriction of its own. */
  read?: ReadersValue
}

export type UserValue = {
  accountId: string
  displayName?: string
  email?: string
  username?: string
  /** Data Center; default: made from the account id. */
  userKey?: string
  groups?: string[]
  isActive?: boolean
  isGuest?: boolean
  isAdmin?: boolean
  seesAll?: boolean
  token?: string
}

export type GroupValue = { name: string; id?: string; members?: string[]; groups?: string[] }

export type SiteValues = {
  spaces: SpaceValue[]
  /** Parents may come after their children. */
  pages?: ContentValue[]
  folders?: ContentValue[]
  attachments?: AttachmentValue[]
  comments?: CommentValue[]
  users?: UserValue[]
  groups?: GroupValue[]
  restrictions?: { pageId: string; read: ReadersValue }[]
  anonymousAccess?: boolean
  /** Changes to the default sync account; `seesAll: false` makes it an ordinary one. */
  syncAccount?: Partial<
    Pick<Account, 'accountId' | 'displayName' | 'email' | 'username' | 'token' | 'password' | 'seesAll' | 'isAdmin'>
  >
  now?: () => Date
}

const epochStart = '2024-01-01T09:00:00.000Z'

export function fillSite(site: Site, values: SiteValues): void {
  addAccount(site, site.syncAccount)
  const groups = values.groups ?? []
  for (const group of groups) addGroup(site, group)
  for (const group of groups) for (const name of group.groups ?? []) nest(site, group.name, name)
  for (const user of values.users ?? []) addUser(site, user)
  for (const space of values.spaces) addSpaceRecord(site, space)
  const contents = [
    ...(values.folders ?? []).map((folder) => ({ ...folder, type: 'folder' as const })),
    ...(values.pages ?? []),
  ]
  reserveIds(site, contents, values.spaces)
  for (const content of contents) putContent(site, contentRecord(site, content))
  for (const { pageId, read } of values.restrictions ?? []) {
    const content = site.contents.get(pageId)
    if (content === undefined) throw new Error(`A restriction names the page "${pageId}", which is not there.`)
    content.restriction = restrictionOf(site, read)
  }
  settle(site)
  for (const attachment of values.attachments ?? []) putAttachment(site, attachment)
  for (const comment of values.comments ?? []) putComment(site, comment)
}

export function addUser(site: Site, value: UserValue): Account {
  const email = value.email ?? `${stableHex(value.accountId, 8)}@example.com`
  const username = value.username ?? email.split('@')[0] ?? value.accountId
  const account: Account = {
    accountId: value.accountId,
    displayName: value.displayName ?? username,
    email,
    username,
    userKey: value.userKey ?? stableHex(value.accountId, 32),
    isActive: value.isActive ?? true,
    isGuest: value.isGuest ?? false,
    seesAll: value.seesAll ?? false,
    isAdmin: value.isAdmin ?? false,
    token: value.token ?? `token-of-${username}`,
    password: `password-of-${username}`,
    isRevoked: false,
    needsCaptcha: false,
  }
  addAccount(site, account)
  for (const name of value.groups ?? []) addGroup(site, { name }).members.add(account.accountId)
  return account
}

/** Adds the group, or the members to the group of that name. */
export function addGroup(site: Site, value: GroupValue): Group {
  const known = site.groups.get(site.groupIdByName.get(value.name) ?? '')
  const group = known ?? {
    id: value.id ?? groupId(value.name),
    name: value.name,
    members: new Set(),
    subgroups: new Set(),
  }
  for (const member of value.members ?? []) group.members.add(member)
  site.groups.set(group.id, group)
  site.groupIdByName.set(group.name, group.id)
  return group
}

export function addSpaceRecord(site: Site, value: SpaceValue): Space {
  const space: Space = {
    id: value.id ?? String(65_536 + site.spaces.size * 4),
    key: value.key,
    alias: value.key,
    name: value.name ?? value.key,
    type: value.type ?? (value.key.startsWith('~') ? 'personal' : 'global'),
    status: value.status ?? 'current',
    homepageId: value.homepageId ?? undefined,
    createdAt: epochStart,
    authorId: site.syncAccount.accountId,
    readers: spaceReadersOf(site, value.read ?? { licensed: true }),
  }
  site.spaces.set(space.id, space)
  site.spaceIdByKey.set(space.key.toLowerCase(), space.id)
  site.pageIdsBySpace.set(space.id, site.pageIdsBySpace.get(space.id) ?? [])
  return space
}

export function contentRecord(site: Site, value: ContentValue): Content {
  const authorId = value.authorId ?? site.syncAccount.accountId
  const createdAt = value.createdAt ?? epochStart
  const version = value.version ?? { number: 1 }
  const { storage = '' } = value
  const content: Content = {
    id: value.id ?? String(site.nextId++),
    type: value.type ?? 'page',
    subtype: value.subtype,
    spaceId: getSpace(site, value.spaceKey).id,
    title: value.title,
    parentId: value.parentId ?? undefined,
    position: value.position ?? 0,
    status: value.status ?? 'current',
    authorId,
    createdAt,
    version: { authorId, createdAt, message: '', minorEdit: false, ...version },
    labels: value.labels ?? [],
    storage: typeof storage === 'string' ? storage : '',
    past: [],
    restriction: restrictionOf(site, value.read),
  }
  if (typeof storage === 'function') defineStorage(content, storage)
  return content
}

function defineStorage(content: Content, render: () => string): void {
  const set = (value: string) => Object.defineProperty(content, 'storage', { value, writable: true })
  Object.defineProperty(content, 'storage', { get: render, set, enumerable: true, configurable: true })
}

/** Confluence has no empty restriction: one without users and groups is none. */
export function restrictionOf(site: Site, value: ReadersValue | undefined): Readers | undefined {
  const readers = readersOf(site, value ?? {})
  return readers.users.size + readers.groups.size === 0 ? undefined : readers
}

function readersOf(site: Site, value: ReadersValue): Readers {
  return { users: new Set(value.users), groups: new Set((value.groups ?? []).map((name) => getGroup(site, name).id)) }
}

export function spaceReadersOf(site: Site, value: SpaceReadersValue): SpaceReaders {
  const { licensed = false, anonymous = false, roles = [] } = value
  return { ...readersOf(site, value), licensed, anonymous, roles: new Set(roles) }
}

/** Files the record under its parent; the id lists are brought in order by `settle` or by the caller. */
function putContent(site: Site, content: Content): void {
  if (site.contents.has(content.id)) throw new Error(`The id ${content.id} occurs twice.`)
  site.contents.set(content.id, content)
  if (content.parentId !== undefined) childrenOf(site, content.parentId).add(content.id)
  if (content.type === 'blogpost') site.blogPostIds.push(content.id)
  if (content.type !== 'page') return
  site.pageIds.push(content.id)
  site.pageIdsBySpace.get(content.spaceId)?.push(content.id)
}

export function childrenOf(site: Site, contentId: string): Set<string> {
  let children = site.children.get(contentId)
  if (children === undefined) site.children.set(contentId, (children = new Set()))
  return children
}

function settle(site: Site): void {
  for (const ids of [site.pageIds, site.blogPostIds, ...site.pageIdsBySpace.values()]) ids.sort(compareIds)
  for (const content of site.contents.values()) {
    if (content.parentId !== undefined && !site.contents.has(content.parentId)) {
      throw new Error(`"${content.title}" hangs under ${content.parentId}, which is not there.`)
    }
  }
  for (const space of site.spaces.values()) space.homepageId ??= firstRoot(site, space)
}

function firstRoot(site: Site, space: Space): string | undefined {
  return site.pageIdsBySpace.get(space.id)?.find((id) => site.contents.get(id)?.parentId === undefined)
}

function reserveIds(site: Site, contents: ContentValue[], spaces: SpaceValue[]): void {
  for (const { id } of [...contents, ...spaces]) {
    if (id === undefined) continue
    if (!/^\d{1,15}$/.test(id)) throw new Error(`Confluence's ids are digits; "${id}" is not.`)
    site.nextId = Math.max(site.nextId, Number(id) + 1)
  }
}

function addAccount(site: Site, account: Account): void {
  site.accounts.set(account.accountId, account)
  issueAccountTokens(site, account)
  for (const name of [account.email, account.username, account.userKey]) {
    site.accountIdByName.set(name.toLowerCase(), account.accountId)
  }
}

function nest(site: Site, outer: string, inner: string): void {
  getGroup(site, outer).subgroups.add(getGroup(site, inner).id)
}

function groupId(name: string): string {
  const hex = stableHex(`group ${name}`, 32)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
