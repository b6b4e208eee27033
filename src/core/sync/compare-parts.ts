// Attachments and comments as listed against those stored: what to read, what only to write anew, what to ask about. Pure.
import type { StoredPart } from '../../db/queries/page-parts.ts'
import type { SitePart } from '../confluence/site.ts'
import { type AttachmentRules, findAttachmentRule, sizeRule, unreadable } from './attachment-rules.ts'
import type { ListedPage } from './compare.ts'

export type PartListing = {
  /** By `keyOfPart`: only those of pages that are served. */
  found: ReadonlyMap<string, SitePart>
  stored: StoredPart[]
  /** The pages of the census. */
  listed: ReadonlyMap<string, ListedPage>
}

export type PartRun = { id: number; isFull: boolean; now: Date; rules: AttachmentRules }

export type PartComparison = {
  /** Listed parts whose row in the store says something else, or is missing. */
  changed: SitePart[]
  toRead: SitePart[]
  toLeaveOut: { part: SitePart; rule: string }[]
  /** Whose text is stored, but under a title, path or labels that their page no longer has. */
  toRemake: StoredPart[]
  /** Moved to another page, or on a page that is left out by now. */
  gone: StoredPart[]
  /** Stored, but not listed: the listing lags behind, or they are gone. */
  missing: StoredPart[]
}

/**
 * A file that once took too long or too much memory will probably do so again: it is read once a night, whatever the schedule
 * (nights are not all equally long). What the site did not give is asked for by every run.
 */
const readAgainAfterMs = 20 * 3_600_000

export function comparePartListing({ found, stored, listed }: PartListing, run: PartRun): PartComparison {
  const before = new Map(stored.map((part) => [keyOfPart(part.pageRowId, part.partId), part]))
  const partIds = new Set([...found.values()].map(({ partId }) => partId))
  const comparison: PartComparison = { changed: [], toRead: [], toLeaveOut: [], toRemake: [], gone: [], missing: [] }
  for (const [key, part] of found) {
    const known = before.get(key)
    const rule = part.kind === 'attachment' ? findAttachmentRule(run.rules, part) : undefined
    const work = rule === undefined ? workOn(part, known, run) : isLeftOut(part, known, rule) ? 'none' : 'leave out'
    if (work === 'leave out' && rule !== undefined) comparison.toLeaveOut.push({ part, rule })
    if (work === 'read') comparison.toRead.push(part)
    if (work === 'remake' && known !== undefined) comparison.toRemake.push(known)
    if (work === 'read' || work === 'leave out' || hasNewRow(part, known)) comparison.changed.push(part)
  }
  for (const [key, part] of before) {
    if (found.has(key)) continue
    const page = listed.get(part.pageId)
    // What the census does not list is the sweep's business, not that of this comparison.
    if (page === undefined) continue
    if (page.exclusion !== undefined || partIds.has(part.partId)) comparison.gone.push(part)
    else comparison.missing.push(part)
  }
  return comparison
}

export function keyOfPart(pageRowId: number, partId: string): string {
  return `${pageRowId} ${partId}`
}

function workOn(part: SitePart, known: StoredPart | undefined, run: PartRun): 'read' | 'remake' | 'none' {
  if (known === undefined || known.versionNumber !== part.versionNumber) return 'read'
  if (run.isFull && known.indexedByRun !== run.id) return 'read'
  if (known.failure === null ? known.indexedVersion !== part.versionNumber : isDue(known, run)) return 'read'
  if (known.exclusion !== null && known.exclusion !== unreadable && known.exclusion !== sizeRule(run.rules))
    return 'read'
  return known.isStale || isRenamed(part, known) ? 'remake' : 'none'
}

function isDue({ indexedByRun, readAt }: StoredPart, { now }: PartRun): boolean {
  return indexedByRun === null || readAt === null || now.getTime() - readAt.getTime() >= readAgainAfterMs
}

function isLeftOut(part: SitePart, known: StoredPart | undefined, rule: string): boolean {
  return known?.exclusion === rule && known.indexedVersion === part.versionNumber && known.failure === null
}

function hasNewRow(part: SitePart, known: StoredPart | undefined): boolean {
  return known === undefined || known.title !== part.title || known.webPath !== (part.webPath ?? null)
}

/** A file's name is one of its terms; that of a comment is made from its page's title. */
function isRenamed(part: SitePart, known: StoredPart): boolean {
  return part.kind === 'attachment' && part.title !== known.title
}
