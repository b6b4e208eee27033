// What became of a page that somebody asked for, in a sentence. Pure.
import type { StoredPage } from '../../db/queries/pages.ts'
import type { PageOutcome } from '../../db/schema/sync-runs.ts'

type Page = { pageId: string; title: string }

const say = ({ pageId, title }: Page, what: PageOutcome['what'], rest: string): PageOutcome => ({
  pageId,
  what,
  text: `${title}: ${rest}`,
})

/** A page that was indexed, as it was stored before and is now. */
export function describeIndexed(before: StoredPage | undefined, after: StoredPage): PageOutcome {
  if (after.failure !== null) return say(after, 'failed', after.failure)
  const version = `version ${after.versionNumber}`
  if (before === undefined || before.tombstonedAt !== null || before.indexedVersion === null)
    return say(after, 'updated', `added, ${version}.`)
  if (before.indexedVersion !== after.indexedVersion) return say(after, 'updated', `updated to ${version}.`)
  if (before.fingerprint !== after.fingerprint) return say(after, 'updated', `indexed again, ${version}.`)
  if (before.accessSetId !== after.accessSetId)
    return say(after, 'updated', `unchanged, ${version}; who may read it has changed.`)
  return say(after, 'unchanged', `unchanged, ${version}.`)
}

export function describeExcluded(page: Page, rule: string): PageOutcome {
  return say(
    page,
    'excluded',
    `excluded by ${rule === 'archived' || rule === 'templates' ? `the rule ${rule}` : rule}.`,
  )
}

export function describeOutside(page: Page, connectionName: string): PageOutcome {
  return say(page, 'outside', `outside of what connection ${connectionName} covers.`)
}

/** One wording for a page that is absent and one that the account cannot see. */
export function describeGone(pageId: string, known: StoredPage | undefined, isHeld: boolean): PageOutcome {
  if (known === undefined || known.tombstonedAt !== null)
    return say(
      { pageId, title: known?.title ?? `Page ${pageId}` },
      'gone',
      'not visible to the account of the connection.',
    )
  return say(known, 'gone', `no longer visible, ${isHeld ? 'hidden' : 'removed'} from answers.`)
}

/** `key`: of the synced space where it is now; undefined when that is none. */
export function describeMoved(page: Page, key: string | undefined, connectionName: string): PageOutcome {
  if (key === undefined) return describeOutside(page, connectionName)
  return say(page, 'moved', `moved to space ${key}, from which it is fetched now.`)
}
