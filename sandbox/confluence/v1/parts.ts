// Comments and attachments as the older API shows them: content of their own, inside a container.
import type { Content } from '../model.ts'
import { spaceOf, stableHex } from '../model.ts'
import type { Attachment, Comment } from '../parts.ts'
import { findPart } from '../parts.ts'
import { spaceRecord, versionOf } from './content.ts'
import type { Dialect, Expand, Json } from './dialect.ts'

/** Undefined when there is no comment or attachment of this id. With `ghosts`, search shows what was removed. */
export function partRecord(dialect: Dialect, id: string, expand: Expand, ghosts = false): Json | undefined {
  const { comment, attachment } = findPart(dialect.front.site, id, ghosts)
  if (comment !== undefined) return commentRecord(dialect, comment, expand)
  if (attachment === undefined) return undefined
  // The index remembers it as it was before the trash.
  return attachmentRecord(dialect, ghosts ? { ...attachment, status: 'current' } : attachment, expand)
}

export function commentRecord(dialect: Dialect, comment: Comment, expand: Expand): Json {
  const content = containerOf(dialect, comment)
  const { webui } = dialect.contentLinks(content) as { webui: string }
  const properties = {
    markerRef: stableHex(`marker ${comment.id}`, 32),
    originalSelection: comment.selection,
  }
  const isInline = comment.location === 'inline'
  const more = {
    ...(isInline && expand.has('extensions.inlineProperties') ? { inlineProperties: properties } : {}),
    ...(expand.has('extensions.resolution') ? { resolution: { status: comment.resolution } } : {}),
  }
  // What is resolved has a location of its own.
  const location = isInline && comment.resolution === 'resolved' ? 'resolved' : comment.location
  const extensions = { location, ...more, _expandable: { inlineProperties: '', resolution: '' } }
  return renderPart(dialect, expand, {
    id: comment.id,
    type: 'comment',
    title: `Re: ${content.title}`,
    content,
    part: comment,
    extensions,
    links: { webui: `${webui}?focusedCommentId=${comment.id}#comment-${comment.id}` },
    body: comment.storage,
    ancestors: () => parentsOf(dialect, comment).map((parent) => commentRecord(dialect, parent, new Set())),
    metadata: { _expandable: { labels: '' } },
  })
}

export function attachmentRecord(dialect: Dialect, attachment: Attachment, expand: Expand): Json {
  const content = containerOf(dialect, attachment)
  const id = dialect.attachmentId(attachment)
  return renderPart(dialect, expand, {
    id,
    type: 'attachment',
    title: attachment.title,
    status: attachment.status,
    content,
    part: attachment,
    extensions: {
      mediaType: attachment.mediaType,
      fileSize: attachment.bytes.length,
      comment: attachment.comment,
      mediaTypeDescription: attachment.mediaType,
      fileId: attachment.fileId,
    },
    links: {
      webui: `/pages/viewpageattachments.action?pageId=${content.id}&metadataLink=true`,
      download: dialect.downloadLink(attachment),
    },
    body: '',
    ancestors: () => [],
    metadata: { mediaType: attachment.mediaType, comment: attachment.comment, _expandable: { labels: '' } },
  })
}

type Shape = {
  id: string
  type: string
  status?: string
  title: string
  content: Content
  part: Comment | Attachment
  extensions: Json
  links: Json
  body: string
  ancestors: () => Json[]
  metadata: Json
}

function renderPart(dialect: Dialect, expand: Expand, shape: Shape): Json {
  const { front } = dialect
  const { id, content, part } = shape
  const self = `/rest/api/content/${id}`
  const parts: [name: string, path: string, render: () => unknown][] = [
    ['container', `/rest/api/content/${content.id}`, () => containerRecord(dialect, content)],
    [
      'space',
      `/rest/api/space/${spaceOf(front.site, content).key}`,
      () => spaceRecord(dialect, spaceOf(front.site, content)),
    ],
    ['version', '', () => versionOf(dialect, id, part.version)],
    ['history', `${self}/history`, () => historyOf(dialect, part)],
    ['ancestors', '', shape.ancestors],
    ['body', '', () => bodyOf(expand, shape.body)],
    ['metadata', '', () => shape.metadata],
  ]
  const record: Json = { id, type: shape.type, status: shape.status ?? 'current', title: shape.title }
  const expandable: Json = { operations: '', children: `${self}/child`, restrictions: '' }
  for (const [name, path, render] of parts) {
    if (expand.has(name)) record[name] = render()
    else expandable[name] = path
  }
  const links = { ...shape.links, self: `${front.baseUrl}${self}` }
  return { ...record, position: -1, extensions: shape.extensions, _expandable: expandable, _links: links }
}

function containerRecord(dialect: Dialect, content: Content): Json {
  const { id, type, status, title } = content
  return { id, type, status, title, _expandable: {}, _links: dialect.contentLinks(content) }
}

function historyOf(dialect: Dialect, { version, createdAt }: Comment | Attachment): Json {
  const createdBy = dialect.renderUser(dialect.front.site.accounts.get(version.authorId))
  return { latest: true, createdBy, createdDate: dialect.renderDate(createdAt), _expandable: {}, _links: {} }
}

function bodyOf(expand: Expand, value: string): Json {
  if (!expand.has('body.storage')) return { _expandable: { storage: '', view: '' } }
  return { storage: { value, representation: 'storage', _expandable: {} }, _expandable: { view: '' } }
}

function parentsOf(dialect: Dialect, comment: Comment): Comment[] {
  const parent = dialect.front.site.comments.get(comment.parentId ?? '')
  return parent === undefined ? [] : [...parentsOf(dialect, parent), parent]
}

function containerOf({ front: { site } }: Dialect, { contentId }: Comment | Attachment): Content {
  return site.contents.get(contentId) as Content
}
