// Site records → the JSON of Cloud's v2 API, with the fields that live answers have beyond the published schema.
import type { Account, Content, Space } from '../model.ts'
import { spaceOf, stableHex } from '../model.ts'
import type { FrontEnd } from '../front-end.ts'

export function pageRecord({ site }: FrontEnd, page: Content, withBody: boolean): Record<string, unknown> {
  const parent = site.contents.get(page.parentId ?? '')
  const { number, message, minorEdit, authorId, createdAt } = page.version
  return {
    parentType: parent?.type ?? null,
    parentId: parent?.id ?? null,
    createdAt: page.createdAt,
    ownerId: page.authorId,
    lastOwnerId: null,
    authorId: page.authorId,
    position: page.position,
    version: { number, message, minorEdit, authorId, createdAt, ncsStepVersion: null },
    spaceId: page.spaceId,
    status: page.status,
    body: withBody ? { storage: { representation: 'storage', value: page.storage } } : {},
    title: page.title,
    id: page.id,
    _links: pageLinks(spaceOf(site, page), page),
  }
}

export function folderRecord({ site }: FrontEnd, folder: Content): Record<string, unknown> {
  const parent = site.contents.get(folder.parentId ?? '')
  const { number, message, minorEdit, authorId, createdAt } = folder.version
  return {
    id: folder.id,
    type: 'folder',
    status: folder.status,
    title: folder.title,
    parentId: parent?.id ?? null,
    parentType: parent?.type ?? null,
    position: folder.position,
    authorId: folder.authorId,
    ownerId: folder.authorId,
    createdAt: folder.createdAt,
    spaceId: folder.spaceId,
    version: { number, message, minorEdit, authorId, createdAt },
    _links: { webui: `/spaces/${spaceOf(site, folder).key}/folder/${folder.id}` },
  }
}

export function spaceRecord(space: Space): Record<string, unknown> {
  return {
    spaceOwnerId: space.authorId,
    homepageId: space.homepageId ?? null,
    createdAt: space.createdAt,
    authorId: space.authorId,
    icon: null,
    name: space.name,
    key: space.key,
    id: space.id,
    type: space.type,
    description: null,
    status: space.status,
    _links: { webui: `/spaces/${space.key}` },
    currentActiveAlias: space.key,
  }
}

export function userRecord({ switches }: FrontEnd, account: Account): Record<string, unknown> {
  return {
    displayName: account.displayName,
    timeZone: 'Etc/GMT',
    personalSpaceId: null,
    isExternalCollaborator: account.isGuest,
    accountStatus: account.isActive ? 'active' : 'inactive',
    accountId: account.accountId,
    email: switches.hideEmails ? '' : account.email,
    accountType: 'atlassian',
    publicName: account.displayName,
    profilePicture: { path: `/wiki/aa-avatar/${account.accountId}`, isDefault: true },
  }
}

export function labelRecord(name: string): { prefix: string; name: string; id: string } {
  return {
    prefix: 'global',
    name,
    id: String(Number.parseInt(stableHex(`label ${name}`, 8), 16)),
  }
}

/** Paths below the site's base URL. */
export function pageLinks(space: Space, page: Content): Record<'editui' | 'webui' | 'edituiv2' | 'tinyui', string> {
  const title = encodeURIComponent(page.title).replaceAll('%20', '+')
  const isHome = space.homepageId === page.id
  return {
    editui: `/pages/resumedraft.action?draftId=${page.id}`,
    webui: isHome ? `/spaces/${space.key}/overview` : `/spaces/${space.key}/pages/${page.id}/${title}`,
    edituiv2: `/spaces/${space.key}/pages/edit-v2/${page.id}`,
    tinyui: `/x/${tinyId(page.id)}`,
  }
}

/** Confluence's short links: the id's bytes, lowest first, in base64 without trailing `A`s. */
function tinyId(contentId: string): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(contentId))
  return bytes
    .toString('base64')
    .replace(/[A=]+$/, '')
    .replaceAll('/', '-')
    .replaceAll('+', '_')
}
