// Which pages of a space a connection leaves out, and by which rule. Pure.
import type { Exclusions, Scope } from '../../db/schema/connections.ts'
import { namedSpaceKeys } from '../connections/scope.ts'

type Listed = { title: string; status: 'current' | 'archived'; webPath: string; labels: string[] }

const templateLabels = new Set(['template', 'templates', 'page-template'])

/**
 * The sample pages of a new space. Confluence gives them these titles (https://support.atlassian.com/confluence-cloud/docs/create-a-space/);
 * nothing else marks them.
 */
const samplePage = /^(getting started in confluence|sample pages?|template - .*)$/i

/** The rule that leaves the page out, as shown to admins (`label draft`); undefined when none does. */
export function findExclusion(page: Listed, exclusions: Exclusions): string | undefined {
  if (isArchivedAway(page, exclusions)) return 'archived'
  const labels = new Set(page.labels.map((label) => label.toLowerCase()))
  const label = exclusions.labels.find((each) => labels.has(each.toLowerCase()))
  if (label !== undefined) return `label ${label}`
  const title = exclusions.titles.find((pattern) => matches(pattern, page.title))
  if (title !== undefined) return `title ${title}`
  const url = exclusions.urls.find((pattern) => matches(pattern, page.webPath))
  if (url !== undefined) return `url ${url}`
  const isTemplate = samplePage.test(page.title) || [...labels].some((each) => templateLabels.has(each))
  return exclusions.templates && isTemplate ? 'templates' : undefined
}

/** Left out whatever else is known of it: neither its readers nor its labels need be asked for. */
export function isArchivedAway({ status }: Pick<Listed, 'status'>, { archived }: Exclusions): boolean {
  return archived && status === 'archived'
}

/** The same for a whole space, where archived ones are left out and the connection does not name it by its key. */
export function isSpaceArchivedAway(
  { status }: { status: 'current' | 'archived' },
  scope: Scope,
  { archivedSpaces }: Exclusions,
): boolean {
  return archivedSpaces === true && status === 'archived' && namedSpaceKeys(scope) === undefined
}

/** True when the scope covers the page. `matches`: what the scope's CQL found. */
export function isInScope(
  { pageId, ancestorIds }: { pageId: string; ancestorIds: string[] },
  scope: Scope,
  matches: ReadonlySet<string> = new Set(),
): boolean {
  if (scope.kind === 'cql') return matches.has(pageId)
  if (scope.kind === 'page') return pageId === scope.pageId
  if (scope.kind === 'tree') return pageId === scope.pageId || ancestorIds.includes(scope.pageId)
  return true
}

/** `*` stands for any text. Both are compared part by part, so that no pattern can take long. */
export function matches(pattern: string, text: string): boolean {
  const [head = '', ...parts] = pattern.toLowerCase().split(/\*+/)
  const whole = text.toLowerCase()
  const tail = parts.pop()
  if (tail === undefined) return whole === head
  if (!whole.startsWith(head) || whole.length < head.length + tail.length || !whole.endsWith(tail)) return false
  let position = head.length
  for (const part of parts) {
    const found = whole.indexOf(part, position)
    if (found === -1 || found + part.length > whole.length - tail.length) return false
    position = found + part.length
  }
  return true
}
