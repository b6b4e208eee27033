// Which attachments are read. The name of a rule holds what it says, so that a stored name tells whether it still holds. Pure.
import type { SitePart } from '../confluence/site.ts'

export type AttachmentRules = {
  /** Endings of file names, without the dot. */
  types: string[]
  /** 0: none is read. */
  maxBytes: number
}

/** Left out because nothing in it can be read: no rule's doing, so it stays until the file changes. */
export const unreadable = 'unreadable'

/** The rule that leaves an attachment out before it is downloaded. */
export function findAttachmentRule(
  rules: AttachmentRules,
  { title, fileSize }: Pick<SitePart, 'title' | 'fileSize'>,
): string | undefined {
  const ending = /\.([a-z0-9]+)$/i.exec(title)?.[1]?.toLowerCase()
  if (ending === undefined || !rules.types.includes(ending)) return `type ${ending ?? 'unknown'}`
  const isTooLarge = rules.maxBytes === 0 || (fileSize !== undefined && fileSize > rules.maxBytes)
  return isTooLarge ? sizeRule(rules) : undefined
}

/** Of what turns out too large only while it is downloaded, too. */
export function sizeRule({ maxBytes }: AttachmentRules): string {
  return `larger than ${maxBytes / 1_000_000} MB`
}
