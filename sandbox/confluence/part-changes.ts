// Changes to what hangs on a page. None of them bumps the page's version.
import { touch } from './changes.ts'
import { emit } from './events.ts'
import type { Site } from './model.ts'
import type { Attachment, AttachmentValue, Comment, CommentValue } from './parts.ts'
import { fileIdOf, getAttachment, getComment, putAttachment, putComment } from './parts.ts'

export function addAttachment(site: Site, value: AttachmentValue): Attachment {
  const attachment = putAttachment(site, { createdAt: site.now().toISOString(), ...value })
  touch(site, attachment, 'new')
  emitAttachment(site, 'attachment_created', attachment)
  return attachment
}

/** A new version of the file under the same id. */
export function replaceAttachment(site: Site, attachmentId: string, bytes: Buffer | string): Attachment {
  const attachment = getAttachment(site, attachmentId)
  const number = attachment.version.number + 1
  attachment.bytes = Buffer.from(bytes)
  attachment.fileId = fileIdOf(attachment.id, number)
  attachment.version = { ...attachment.version, number, createdAt: site.now().toISOString() }
  touch(site, attachment, 'changed')
  emitAttachment(site, 'attachment_updated', attachment)
  return attachment
}

/** Into the trash: its status says so where it is asked for by id, lists leave it out. */
export function trashAttachment(site: Site, attachmentId: string): void {
  const attachment = getAttachment(site, attachmentId)
  attachment.status = 'trashed'
  site.epoch++
  emitAttachment(site, 'attachment_removed', attachment)
}

/** Gone for good. */
export function removeAttachment(site: Site, attachmentId: string): void {
  const attachment = getAttachment(site, attachmentId)
  site.attachments.delete(attachment.id)
  site.partGhosts.set(attachment.id, { attachment })
  site.attachmentIds.get(attachment.contentId)?.delete(attachment.id)
  site.epoch++
  emitAttachment(site, 'attachment_removed', attachment)
}

export function addComment(site: Site, value: CommentValue): Comment {
  const comment = putComment(site, { createdAt: site.now().toISOString(), ...value })
  touch(site, comment, 'new')
  emitComment(site, 'comment_created', comment)
  return comment
}

export function editComment(
  site: Site,
  commentId: string,
  edit: { storage?: string; resolution?: Comment['resolution'] },
): Comment {
  const comment = getComment(site, commentId)
  Object.assign(comment, edit)
  if (edit.storage !== undefined) {
    const number = comment.version.number + 1
    comment.version = { ...comment.version, number, createdAt: site.now().toISOString() }
  }
  touch(site, comment, 'changed')
  emitComment(site, 'comment_updated', comment)
  return comment
}

/** Gone for good, and its replies with it. */
export function removeComment(site: Site, commentId: string): void {
  const comment = getComment(site, commentId)
  for (const reply of site.comments.values()) if (reply.parentId === commentId) removeComment(site, reply.id)
  site.comments.delete(commentId)
  site.partGhosts.set(commentId, { comment })
  site.commentIds.get(comment.contentId)?.delete(commentId)
  site.epoch++
  emitComment(site, 'comment_removed', comment)
}

function emitComment(site: Site, name: `comment_${'created' | 'updated' | 'removed'}`, comment: Comment): void {
  emit(site, { name, subjects: { comment: { id: Number(comment.id) } }, by: comment.version.authorId })
}

function emitAttachment(
  site: Site,
  name: `attachment_${'created' | 'updated' | 'removed'}`,
  attachment: Attachment,
): void {
  const subjects = { attachment: { id: Number(attachment.id) }, page: { id: Number(attachment.contentId) } }
  emit(site, { name, subjects, by: attachment.version.authorId })
}
