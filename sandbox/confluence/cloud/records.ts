// Site records → the JSON of Cloud's v2 API, with the fields that live answers have beyond the published schema.
import type { Account, Content, Space, Version } from '../model.ts'
import { spaceOf, stableHex } from '../model.ts'
import type { FrontEnd } from '../front-end.ts'

/** A page or a blog post, which has no place in the tree. */
export function pageRecord({ site }: FrontEnd, page: Content, withBody: boolean): Record<string, unknown> {
  const parent = site.contents.get(page.parentId ?? '')
  const place = {
    parentType: parent?.type ?? null,
    parentId: parent?.id ?? null,
    ownerId: page.authorId,
    lastOwnerId: null,
    position: page.position,
    ...(page.subtype === undefined ? {} : { subtype: page.subtype }),
  }
  return {
    ...(page.type === 'blogpost' ? {} : place),
    createdAt: page.createdAt,
    authorId: page.authorId,
    version: { ...versionRecord(page.version), ncsStepVersion: null },
    spaceId: page.spaceId,
    status: page.status,
    body: withBody ? storageBody(page.storage) : {},
    title: page.title,
    id: page.id,
    _links: pageLinks(spaceOf(site, page), page),
  }
}

export function versionRecord({ number, message, minorEdit, authorId, createdAt }: Version): Record<string, unknown> {
  return { number, message, minorEdit, authorId, createdAt }
}

export function storageBody(value: string): Record<string, unknown> {
  return { storage: { representation: 'storage', value } }
}

export function folderRecord({ site }: FrontEnd, folder: Content): Record<string, unknown> {
  const parent = site.contents.get(folder.parentId ?? '')
  return {
    id: folder.id,
    type: folder.type,
    status: folder.status,
    title: folder.title,
    parentId: parent?.id ?? null,
    parentType: parent?.type ?? null,
    position: folder.position,
    authorId: folder.authorId,
    ownerId: folder.authorId,
    createdAt: folder.createdAt,
    spaceId: folder.spaceId,
    version: versionRecord(folder.version),
    _links: { webui: `/spaces/${spaceOf(site, folder).alias}/${folder.type}/${folder.id}` },
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
    _links: { webui: `/spaces/${space.alias}` },
    currentActiveAlias: space.alias,
  }
}

export function userRecord({ traps }: FrontEnd, account: Account): Record<string, unknown> {
  return {
    displayName: account.displayName,
    timeZone: 'Etc/GMT',
    personalSpaceId: null,
    isExternalCollaborator: account.isGuest,
    accountStatus: account.isActive ? 'active' : 'inactive',
    accountId: account.accountId,
    email: traps.hideEmails ? '' : account.email,
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
  const day = page.createdAt.slice(0, 10).replaceAll('-', '/')
  const pagePath = space.homepageId === page.id ? 'overview' : `pages/${page.id}/${title}`
  const path = page.type === 'blogpost' ? `blog/${day}/${page.id}/${title}` : pagePath
  return {
    editui: `/pages/resumedraft.action?draftId=${page.id}`,
    webui: `/spaces/${space.alias}/${path}`,
    edituiv2: `/spaces/${space.alias}/pages/edit-v2/${page.id}`,
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
