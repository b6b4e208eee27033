// CQL → ids of pages and folders, in a fixed order. Visibility comes later, when a page of results has been cut.
import type { Expression, Operand, Query } from './cql.ts'
import { CqlError, parseCql } from './cql.ts'
import { compareIds, sortContents } from './content-order.ts'
import type { SortKey } from './content-order.ts'
import type { Traps } from './traps.ts'
import type { Content, Site } from './model.ts'
import { asContent } from './parts.ts'
import { findSpace, listAncestors, spaceOf } from './model.ts'

export type SearchOptions = { includeArchivedSpaces: boolean; traps: Traps }

type Clause = Extract<Expression, { kind: 'clause' }>
type Test = (content: Content) => boolean

const keptQueries = 40
const kept = new WeakMap<Site, Map<string, { epoch: number; ids: string[] }>>()

/**
 * Results of the last queries are kept until the site changes: paging through 50,000 rows filters them once. Not those that
 * depend on the time too.
 */
export function searchContent(site: Site, cql: string, options: SearchOptions): string[] {
  const { searchLagMs, searchTimeZone, searchArchivedSpaces, searchTakesIsoDates } = options.traps
  const { searchKeepsDeleted, searchKeepsDeletedParts } = options.traps
  if ((searchLagMs > 0 && site.changedAt.size > 0) || /now|startofday/i.test(cql)) {
    return runQuery(site, parseCql(cql), options)
  }
  const queries = kept.get(site) ?? new Map<string, { epoch: number; ids: string[] }>()
  kept.set(site, queries)
  const form = [searchTimeZone, searchKeepsDeleted, searchKeepsDeletedParts, searchArchivedSpaces, searchTakesIsoDates]
  const name = JSON.stringify([cql, options.includeArchivedSpaces, form])
  const known = queries.get(name)
  if (known?.epoch === site.epoch) return known.ids
  const ids = runQuery(site, parseCql(cql), options)
  if (queries.size >= keptQueries) queries.clear()
  queries.set(name, { epoch: site.epoch, ids })
  return ids
}

function runQuery(site: Site, query: Query, options: SearchOptions): string[] {
  const { traps } = options
  const test = query.where === undefined ? () => true : compile(site, query.where, traps)
  const withArchived = options.includeArchivedSpaces || traps.searchArchivedSpaces
  const found = [...new Set(candidates(site, query.where, traps))].flatMap((id) => {
    const content = asIndexed(site, id, traps)
    if (content === undefined || site.unsearchable.has(id) || !site.spaces.has(content.spaceId)) return []
    const isListed = isIndexed(content, traps) && (withArchived || spaceOf(site, content).status === 'current')
    return isListed && test(content) ? [content] : []
  })
  if (query.order === undefined) return found.map(({ id }) => id).toSorted(compareIds)
  return sortContents(found, { by: orderField(query.order.field), descending: query.order.descending })
}

/** The page as the index knows it: behind the site by the lag. What is newer than that is not there yet. */
function asIndexed(site: Site, id: string, traps: Traps): Content | undefined {
  const { searchKeepsDeleted, searchKeepsDeletedParts, searchLagMs } = traps
  const there = site.contents.get(id) ?? asContent(site, id, searchKeepsDeletedParts)
  const content = there ?? (searchKeepsDeleted ? site.ghosts.get(id) : undefined)
  if (content === undefined || searchLagMs === 0) return content
  const newest = site.now().getTime() - searchLagMs
  if ((site.changedAt.get(id) ?? 0) <= newest) return content
  const isKnown = (at: string): boolean => new Date(at).getTime() <= newest
  if (isKnown(content.version.createdAt)) return content
  const version = content.past.findLast(({ createdAt }) => isKnown(createdAt))
  return version === undefined ? undefined : { ...content, title: version.title, storage: version.storage, version }
}

function isIndexed({ type, status }: Content, { searchKeepsDeleted }: Traps): boolean {
  return type !== 'template' && (status === 'current' || (searchKeepsDeleted && status === 'trashed'))
}

/** A superset of the matches, as small as an index makes it. */
function candidates(site: Site, where: Expression | undefined, traps: Traps): Iterable<string> {
  const { searchKeepsDeleted, searchKeepsDeletedParts } = traps
  const clauses = (where?.kind === 'and' ? where.parts : [where]).filter((part) => part?.kind === 'clause')
  const find = (fields: string[]) => clauses.find(({ field, operator }) => operator === '=' && fields.includes(field))
  const byId = find(['id', 'content'])
  if (byId !== undefined) return texts(byId).map((id) => id.replace(/^att/, ''))
  const removed = searchKeepsDeletedParts ? site.partGhosts.keys() : []
  const parts = [...site.comments.keys(), ...site.attachments.keys(), ...removed]
  if (searchKeepsDeleted) return [...site.contents.keys(), ...site.ghosts.keys(), ...parts]
  const types = texts(find(['type']))
  if (types.length > 0 && types.every((type) => type === 'comment' || type === 'attachment')) return parts
  if (types.length === 0 || !types.every((type) => type === 'page' || type === 'blogpost'))
    return [...site.contents.keys(), ...parts]
  const posts = types.includes('blogpost') ? site.blogPostIds : []
  const bySpace = find(['space', 'space.key'])
  if (bySpace === undefined) return [...site.pageIds, ...posts]
  const pages = texts(bySpace).flatMap((key) => site.pageIdsBySpace.get(findSpace(site, key)?.id ?? '') ?? [])
  return [...pages, ...posts]
}

function compile(site: Site, expression: Expression, traps: Traps): Test {
  if (expression.kind === 'clause') return compileClause(site, expression, traps)
  if (expression.kind === 'not') {
    const test = compile(site, expression.part, traps)
    return (content) => !test(content)
  }
  const tests = expression.parts.map((part) => compile(site, part, traps))
  if (expression.kind === 'and') return (content) => tests.every((test) => test(content))
  return (content) => tests.some((test) => test(content))
}

function compileClause(site: Site, clause: Clause, traps: Traps): Test {
  const { field, operator } = clause
  if (field === 'lastmodified' || field === 'created') return compileDate(site, clause, traps)
  const values = texts(clause)
  if (field === 'title' || field === 'text' || field === 'sitesearch') return compileText(field, operator, values)
  if (operator !== '=') throw new CqlError(`The field ${field} does not support the operator ${operator}`)
  const wanted = new Set(values)
  const lower = new Set(values.map((value) => value.toLowerCase()))
  const tests: Record<string, Test> = {
    id: ({ id }) => wanted.has(id) || wanted.has(`att${id}`),
    content: ({ id }) => wanted.has(id) || wanted.has(`att${id}`),
    container: ({ id }) => wanted.has((site.comments.get(id) ?? site.attachments.get(id))?.contentId ?? ''),
    type: ({ type }) => lower.has(type),
    space: (content) => lower.has(spaceOf(site, content).key.toLowerCase()),
    'space.key': (content) => lower.has(spaceOf(site, content).key.toLowerCase()),
    'space.type': (content) => lower.has(spaceOf(site, content).type),
    label: ({ labels }) => labels.some((label) => lower.has(label.toLowerCase())),
    parent: ({ parentId }) => parentId !== undefined && wanted.has(parentId),
    ancestor: (content) => listAncestors(site, content).some(({ id }) => wanted.has(id)),
    creator: ({ authorId }) => wanted.has(authorId),
    contributor: ({ authorId, version }) => wanted.has(authorId) || wanted.has(version.authorId),
  }
  const test = tests[field]
  if (test === undefined) throw new CqlError(`No field exists with name: ${field}`)
  return test
}

function compileText(field: string, operator: string, values: string[]): Test {
  if (field === 'title' && operator === '=') return ({ title }) => values.includes(title)
  if (operator !== '~') throw new CqlError(`The field ${field} does not support the operator ${operator}`)
  const words = values.flatMap((value) => value.toLowerCase().replaceAll('*', '').split(/\s+/))
  return ({ title, storage }) => {
    const text = (field === 'title' ? title : `${title} ${storage}`).toLowerCase()
    return words.every((word) => text.includes(word))
  }
}

/** To the minute, in the zone of the search: both sides become local texts, whose order is that of time. */
function compileDate(site: Site, { field, operator, operands }: Clause, traps: Traps): Test {
  const local = localTime(traps.searchTimeZone)
  const bound = dateOf(operands[0] as Operand, site.now(), local, traps.searchTakesIsoDates)
  return (content) => {
    const at = local(new Date(field === 'created' ? content.createdAt : content.version.createdAt))
    if (operator === '=') return at.startsWith(bound)
    const full = bound.length === 10 ? `${bound} 00:00` : bound
    if (operator === '>') return at > full
    if (operator === '>=') return at >= full
    return operator === '<' ? at < full : at <= full
  }
}

function dateOf(operand: Operand, now: Date, local: (date: Date) => string, takesIso: boolean): string {
  if (operand.kind === 'text') {
    if (takesIso && /^\d{4}-\d{2}-\d{2}T.*Z$/.test(operand.text)) return local(new Date(operand.text))
    // Only the documented formats: with seconds, a `T` or a zone the query is refused.
    if (!/^\d{4}([-/])\d{2}\1\d{2}( \d{2}:\d{2})?$/.test(operand.text))
      throw new CqlError(`"${operand.text}" is no date`)
    return operand.text.replaceAll('/', '-')
  }
  const moved = local(shift(now, operand.argument))
  if (operand.name === 'now') return moved
  if (operand.name === 'startofday') return `${moved.slice(0, 10)} 00:00`
  throw new CqlError(`No function exists with name: ${operand.name}`)
}

function shift(now: Date, step: string | undefined): Date {
  if (step === undefined) return now
  const [, sign, amount, unit = ''] = /^([+-]?)(\d+)([yMwdhm])$/.exec(step) ?? []
  if (amount === undefined) throw new CqlError(`"${step}" is no step in time`)
  const minutes = { y: 525_600, M: 43_200, w: 10_080, d: 1440, h: 60, m: 1 }[unit] ?? 0
  return new Date(now.getTime() + (sign === '-' ? -1 : 1) * Number(amount) * minutes * 60_000)
}

function localTime(timeZone: string): (date: Date) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  return (date) => format.format(date)
}

function texts(clause: Clause | undefined): string[] {
  return (clause?.operands ?? []).map((operand) => {
    if (operand.kind === 'text') return operand.text
    throw new CqlError(`No function exists with name: ${operand.name}`)
  })
}

function orderField(field: string): SortKey {
  const keys: Record<string, SortKey> = {
    id: 'id',
    title: 'title',
    created: 'created-date',
    lastmodified: 'modified-date',
  }
  const key = keys[field]
  if (key === undefined) throw new CqlError(`Cannot order by ${field}`)
  return key
}
