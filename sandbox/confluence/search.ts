// CQL → ids of pages and folders, in a fixed order. Visibility comes later, when a page of results has been cut.
import type { Expression, Operand, Query } from './cql.ts'
import { CqlError, parseCql } from './cql.ts'
import { compareIds, sortIds } from './content-order.ts'
import type { SortKey } from './content-order.ts'
import type { Switches } from './front-end.ts'
import type { Content, Site } from './model.ts'
import { findSpace, listAncestors, spaceOf } from './model.ts'

export type SearchOptions = { includeArchivedSpaces: boolean; switches: Switches }

type Clause = Extract<Expression, { kind: 'clause' }>
type Test = (content: Content) => boolean

const keptQueries = 40
const kept = new WeakMap<Site, Map<string, { epoch: number; ids: string[] }>>()

/** Results of the last queries are kept until the site changes: paging through 50,000 rows filters them once. */
export function searchContent(site: Site, cql: string, options: SearchOptions): string[] {
  const queries = kept.get(site) ?? new Map<string, { epoch: number; ids: string[] }>()
  kept.set(site, queries)
  const name = JSON.stringify([cql, options.includeArchivedSpaces, options.switches.searchTimeZone])
  const known = queries.get(name)
  if (known?.epoch === site.epoch) return known.ids
  const ids = runQuery(site, parseCql(cql), options)
  if (queries.size >= keptQueries) queries.clear()
  queries.set(name, { epoch: site.epoch, ids })
  return ids
}

function runQuery(site: Site, query: Query, options: SearchOptions): string[] {
  const test = query.where === undefined ? () => true : compile(site, query.where, options.switches)
  const withArchived = options.includeArchivedSpaces || options.switches.searchArchivedSpaces
  const ids = [...new Set(candidates(site, query.where))].filter((id) => {
    const content = site.contents.get(id)
    if (content?.status !== 'current' || site.unsearchable.has(id)) return false
    return (withArchived || spaceOf(site, content).status === 'current') && test(content)
  })
  if (query.order === undefined) return ids.toSorted(compareIds)
  return sortIds(site, ids, { by: orderField(query.order.field), descending: query.order.descending })
}

/** A superset of the matches, as small as an index makes it. */
function candidates(site: Site, where: Expression | undefined): Iterable<string> {
  const clauses = (where?.kind === 'and' ? where.parts : [where]).filter((part) => part?.kind === 'clause')
  const find = (fields: string[]) => clauses.find(({ field, operator }) => operator === '=' && fields.includes(field))
  const byId = find(['id', 'content'])
  if (byId !== undefined) return texts(byId)
  const isPages = texts(find(['type'])).join(',') === 'page'
  const bySpace = find(['space', 'space.key'])
  if (!isPages) return site.contents.keys()
  if (bySpace === undefined) return site.pageIds
  return texts(bySpace).flatMap((key) => site.pageIdsBySpace.get(findSpace(site, key)?.id ?? '') ?? [])
}

function compile(site: Site, expression: Expression, switches: Switches): Test {
  if (expression.kind === 'clause') return compileClause(site, expression, switches)
  if (expression.kind === 'not') {
    const test = compile(site, expression.part, switches)
    return (content) => !test(content)
  }
  const tests = expression.parts.map((part) => compile(site, part, switches))
  if (expression.kind === 'and') return (content) => tests.every((test) => test(content))
  return (content) => tests.some((test) => test(content))
}

function compileClause(site: Site, clause: Clause, switches: Switches): Test {
  const { field, operator } = clause
  if (field === 'lastmodified' || field === 'created') return compileDate(site, clause, switches.searchTimeZone)
  const values = texts(clause)
  if (field === 'title' || field === 'text' || field === 'sitesearch') return compileText(field, operator, values)
  if (operator !== '=') throw new CqlError(`The field ${field} does not support the operator ${operator}`)
  const wanted = new Set(values)
  const lower = new Set(values.map((value) => value.toLowerCase()))
  const tests: Record<string, Test> = {
    id: ({ id }) => wanted.has(id),
    content: ({ id }) => wanted.has(id),
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
function compileDate(site: Site, { field, operator, operands }: Clause, timeZone: string): Test {
  const local = localTime(timeZone)
  const bound = dateOf(operands[0] as Operand, site.now(), local)
  return (content) => {
    const at = local(new Date(field === 'created' ? content.createdAt : content.version.createdAt))
    if (operator === '=') return at.startsWith(bound)
    const full = bound.length === 10 ? `${bound} 00:00` : bound
    if (operator === '>') return at > full
    if (operator === '>=') return at >= full
    return operator === '<' ? at < full : at <= full
  }
}

function dateOf(operand: Operand, now: Date, local: (date: Date) => string): string {
  if (operand.kind === 'text') {
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
