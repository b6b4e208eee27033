// What connecting needs, as typed; and the checks of it that need neither the site nor the database. Pure.
import type { Exclusions, Scope } from '../../db/schema/connections.ts'
import { InvalidInputError } from '../../errors.ts'
import type { Credential, Deployment } from '../confluence/site.ts'

/** Which pages; text is as typed. At most one of them, but for `cql`, which may be limited to `spaces`. */
export type Coverage = {
  /** Keys separated by commas or blanks; empty: the space of the site's address when it names one or a page of one, else all. */
  spaces: string
  /** True: really all, whatever the site's address names. False: never all; who names nothing is asked. */
  allSpaces?: boolean | undefined
  /** Address of a page that is covered with all below it. */
  tree?: string | undefined
  /** Address of a page that is covered alone. */
  page?: string | undefined
  cql?: string | undefined
  /** A page's address or a query of which nobody said what it is. */
  unclear?: string | undefined
}

/** What connecting needs; text is as typed. An `InvalidInputError` names the wrong field. */
export type ConnectRequest = Coverage & {
  name: string
  url: string
  deployment: Deployment | undefined
  credentialKind: Credential['kind']
  /** E-mail (Cloud) or user name (Data Center, basic). */
  email: string
  secret: string
  exclusions?: Exclusions | undefined
  access: 'mirrored' | 'shared'
  schedule: string
  timezone: string
  /** False: the schedule is kept but does nothing. Default true. */
  autoSync?: boolean | undefined
  /** When the token ends, as a date such as 2027-05-01; empty or absent: not known. */
  tokenExpires?: string | undefined
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/

export function parseName(typed: string): string {
  const name = typed.trim()
  if (namePattern.test(name)) return name
  throw new InvalidInputError(
    'name_invalid',
    'A connection name is 1 to 64 letters, digits, "-" or "_" and begins with a letter or digit, for example acme-wiki.',
    { field: 'name' },
  )
}

function parseKeys(typed: string): string[] {
  const keys = [...new Set(typed.split(/[\s,;]+/).filter((key) => key !== ''))]
  if (keys.length === 0 && typed.trim() !== '')
    throw new InvalidInputError('spaces_invalid', 'Write the keys of the spaces, separated by commas, such as IT,HR.', {
      field: 'spaces',
    })
  return keys
}

/** The form of the coverage, before the site is asked. Throws `InvalidInputError` when it says two things. */
export function parseCoverage(
  coverage: Coverage,
  addressKey: string | undefined,
):
  | { kind: 'spaces'; keys: string[] }
  | { kind: 'tree' | 'page'; address: string }
  | { kind: 'cql'; keys: string[]; query: string } {
  refuseHalf(coverage)
  const typedKeys = parseKeys(coverage.spaces)
  const [tree, page, query] = [coverage.tree, coverage.page, coverage.cql].map((typed) => typed?.trim() ?? '')
  const named = [
    ...(coverage.allSpaces === true ? ['all spaces'] : []),
    ...(typedKeys.length > 0 ? ['some spaces'] : []),
    ...(tree === '' ? [] : ['a page with all below it']),
    ...(page === '' ? [] : ['one page']),
    ...(query === '' ? [] : ['a CQL query']),
  ]
  const isLimitedQuery = named.length === 2 && query !== '' && tree === '' && page === ''
  if (named.length > 1 && !isLimitedQuery)
    throw new InvalidInputError(
      'scope_ambiguous',
      `Choose one of ${named.join(', ')}; only a CQL query can be limited to some spaces.`,
      { field: tree !== '' ? 'tree' : page !== '' ? 'page' : query !== '' ? 'cql' : 'spaces' },
    )
  if (tree !== undefined && tree !== '') return { kind: 'tree', address: tree }
  if (page !== undefined && page !== '') return { kind: 'page', address: page }
  if (coverage.allSpaces === false && typedKeys.length === 0 && query === '' && addressKey === undefined)
    throw new InvalidInputError(
      'spaces_missing',
      'Write the keys of the spaces, such as HR, IT, or choose all spaces that the account sees.',
      { field: 'spaces' },
    )
  const isAll = coverage.allSpaces === true || (typedKeys.length === 0 && addressKey === undefined)
  const keys = isAll ? [] : typedKeys.length > 0 ? typedKeys : [addressKey ?? '']
  return query === undefined || query === '' ? { kind: 'spaces', keys } : { kind: 'cql', keys: typedKeys, query }
}

/** True when nothing is said about what to cover: then the site's address decides. */
export function isLeftOpen({ allSpaces, spaces, tree, page, cql }: Coverage): boolean {
  return allSpaces !== true && spaces.trim() === '' && [tree, page, cql].every((typed) => typed === undefined)
}

/** An empty part would silently cover everything. */
function refuseHalf({ tree, page, cql, unclear }: Coverage): void {
  for (const [field, value] of Object.entries({ tree, page, cql }))
    if (value !== undefined && value.trim() === '')
      throw new InvalidInputError(
        'part_missing',
        field === 'cql' ? 'Write the CQL query, such as label = "handbook".' : 'Give the address of the page.',
        { field },
      )
  if (unclear !== undefined && unclear.trim() !== '')
    throw new InvalidInputError(
      'part_unclear',
      'Choose whether that is a page with all below it, one page, or a CQL query.',
      { field: 'part' },
    )
}

/** A date such as 2027-05-01, as the first instant of it in UTC; undefined for an empty text. */
export function parseTokenExpiry(typed: string | undefined, now: Date): Date | undefined {
  const text = typed?.trim() ?? ''
  if (text === '') return undefined
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : new Date(Number.NaN)
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== text)
    throw new InvalidInputError(
      'token_expires_invalid',
      `"${text}" is no date. Write the day on which the token ends as 2027-05-01.`,
      { field: 'tokenExpires' },
    )
  if (at > now) return at
  throw new InvalidInputError('token_expires_past', `${text} is over: make a new token and give its date.`, {
    field: 'tokenExpires',
  })
}

/** `HR, IT` · `page 12 of IT and all below it` · `what "label = x" finds in all spaces`. */
export function describeScope(scope: Scope): string {
  switch (scope.kind) {
    case 'all':
      return 'all spaces'
    case 'spaces':
      return scope.keys.join(', ')
    case 'tree':
      return `page ${scope.pageId} of ${scope.spaceKey} and all below it`
    case 'page':
      return `page ${scope.pageId} of ${scope.spaceKey} alone`
    case 'cql':
      return `what “${scope.query}” finds in ${scope.keys.length === 0 ? 'all spaces' : scope.keys.join(', ')}`
  }
}
