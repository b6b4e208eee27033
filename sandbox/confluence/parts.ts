// What hangs on a page or a blog post: attachments with their bytes, and comments with their replies. Both are seen by
// whoever sees the page.
import type { Content, Site, Version } from './model.ts'
import { getContent } from './model.ts'

export type Attachment = {
  /** Digits; Cloud writes `att` before them. */
  id: string
  contentId: string
  title: string
  mediaType: string
  fileId: string
  comment: string
  status: 'current' | 'archived' | 'trashed'
  createdAt: string
  version: Version
  bytes: Buffer
}

export type Comment = {
  id: string
  contentId: string
  /** Of the comment that it answers. */
  parentId: string | undefined
  location: 'footer' | 'inline'
  /** Of inline comments. */
  resolution: 'open' | 'reopened' | 'resolved' | 'dangling'
  /** Text on the page that an inline comment is about. */
  selection: string
  createdAt: string
  version: Version
  storage: string
}

/** One of the two. */
export type Part = { attachment?: Attachment | undefined; comment?: Comment | undefined }

export type AttachmentValue = {
  pageId: string
  title: string
  bytes: Buffer | string
  id?: string
  mediaType?: string
  comment?: string
  authorId?: string
  createdAt?: string
}

export type CommentValue = {
  pageId: string
  storage: string
  id?: string
  parentId?: string
  location?: 'footer' | 'inline'
  resolution?: Comment['resolution']
  selection?: string
  authorId?: string
  createdAt?: string
}

const mediaTypes: Record<string, string> = {
  csv: 'text/csv',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  html: 'text/html',
  json: 'application/json',
  md: 'text/markdown',
  pdf: 'application/pdf',
  png: 'image/png',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
}

/** Throws when the page is not there. */
export function putAttachment(site: Site, value: AttachmentValue): Attachment {
  getContent(site, value.pageId)
  const { createdAt = '2024-01-01T09:00:00.000Z' } = value
  const id = takeId(site, value.id)
  const authorId = value.authorId ?? site.syncAccount.accountId
  const extension = value.title.split('.').at(-1)?.toLowerCase() ?? ''
  const attachment: Attachment = {
    id,
    contentId: value.pageId,
    title: value.title,
    mediaType: value.mediaType ?? mediaTypes[extension] ?? 'application/octet-stream',
    fileId: fileIdOf(id, 1),
    comment: value.comment ?? '',
    status: 'current',
    createdAt,
    version: { number: 1, createdAt, authorId, message: '', minorEdit: false },
    bytes: Buffer.from(value.bytes),
  }
  site.attachments.set(id, attachment)
  idsOf(site.attachmentIds, value.pageId).add(id)
  return attachment
}

/** Throws when the page, or the comment that it answers, is not there. */
export function putComment(site: Site, value: CommentValue): Comment {
  getContent(site, value.pageId)
  const parent = value.parentId === undefined ? undefined : getComment(site, value.parentId)
  const { createdAt = '2024-01-01T09:00:00.000Z' } = value
  const id = takeId(site, value.id)
  const authorId = value.authorId ?? site.syncAccount.accountId
  const comment: Comment = {
    id,
    contentId: value.pageId,
    parentId: value.parentId,
    location: parent?.location ?? value.location ?? 'footer',
    resolution: value.resolution ?? 'open',
    selection: value.selection ?? '',
    createdAt,
    version: { number: 1, createdAt, authorId, message: '', minorEdit: false },
    storage: value.storage,
  }
  site.comments.set(id, comment)
  idsOf(site.commentIds, value.pageId).add(id)
  return comment
}

/** By id, with or without `att`. */
export function findAttachment(site: Site, id: string): Attachment | undefined {
  return site.attachments.get(id.replace(/^att/, ''))
}

export function getAttachment(site: Site, id: string): Attachment {
  const attachment = findAttachment(site, id)
  if (attachment === undefined) throw new Error(`The site has no attachment "${id}".`)
  return attachment
}

export function getComment(site: Site, id: string): Comment {
  const comment = site.comments.get(id)
  if (comment === undefined) throw new Error(`The site has no comment "${id}".`)
  return comment
}

export function listAttachments(site: Site, content: Content): Attachment[] {
  return [...(site.attachmentIds.get(content.id) ?? [])].map((id) => getAttachment(site, id))
}

/** All of them, replies included, in the order in which they were written. */
export function listComments(site: Site, content: Content): Comment[] {
  return [...(site.commentIds.get(content.id) ?? [])].map((id) => getComment(site, id))
}

/** With `ghosts`, also what was removed and search still finds. */
export function findPart(site: Site, id: string, ghosts: boolean): Part {
  const part = { comment: site.comments.get(id), attachment: site.attachments.get(id) }
  const isThere = part.comment !== undefined || part.attachment !== undefined
  return isThere || !ghosts ? part : (site.partGhosts.get(id) ?? part)
}

/** A comment or attachment as search sees it: it is in the index while its page is. Undefined when it is not there. */
export function asContent(site: Site, id: string, ghosts = false): Content | undefined {
  const { comment, attachment } = findPart(site, id, ghosts)
  const part = comment ?? attachment
  const container = site.contents.get(part?.contentId ?? '')
  if (part === undefined || container === undefined) return undefined
  return {
    id,
    type: comment === undefined ? 'attachment' : 'comment',
    subtype: undefined,
    spaceId: container.spaceId,
    title: attachment?.title ?? `Re: ${container.title}`,
    parentId: undefined,
    position: -1,
    status:
      attachment === undefined || attachment.status === 'current' || ghosts ? container.status : attachment.status,
    authorId: part.version.authorId,
    createdAt: part.createdAt,
    version: part.version,
    labels: [],
    storage: comment?.storage ?? '',
    past: [],
    restriction: undefined,
  }
}

export function dropParts(site: Site, contentId: string): void {
  for (const id of site.attachmentIds.get(contentId) ?? []) site.attachments.delete(id)
  for (const id of site.commentIds.get(contentId) ?? []) site.comments.delete(id)
  site.attachmentIds.delete(contentId)
  site.commentIds.delete(contentId)
}

/** Names one version of a file; not the attachment's id. */
export function fileIdOf(attachmentId: string, version: number): string {
  return `5f0e0000-0000-4000-8000-${attachmentId.padStart(8, '0').slice(-8)}${String(version).padStart(4, '0')}`
}

/** Ids are unique among all content, whatever its kind. */
function takeId(site: Site, wanted: string | undefined): string {
  const id = wanted ?? String(site.nextId++)
  if (site.contents.has(id) || site.comments.has(id) || site.attachments.has(id))
    throw new Error(`The id ${id} is taken.`)
  site.nextId = Math.max(site.nextId, Number(id) + 1)
  return id
}

function idsOf(index: Map<string, Set<string>>, contentId: string): Set<string> {
  let ids = index.get(contentId)
  if (ids === undefined) index.set(contentId, (ids = new Set()))
  return ids
}
