// The rules that leave pages out, as typed → as they are kept. Which pages fit a rule stands in core/sync/exclusions.ts. Pure.
import { type Exclusions, defaultExclusions } from '../../db/schema/connections.ts'
import { InvalidInputError } from '../../errors.ts'

/** Rules to add; what is absent stays. `archived` says whether archived pages are left out. */
export type AddedExclusions = Partial<Exclusions>

const maxRules = 50
const maxRuleChars = 200

/**
 * Rules without blanks around them, each once. With the site's base URL, addresses are kept as the part below it. Throws
 * `InvalidInputError` for a rule that would leave everything out, and for an address of another site.
 */
export function checkExclusions(given: Exclusions | undefined, baseUrl?: string): Exclusions {
  const { labels, titles, urls, templates, archived, archivedSpaces } = given ?? defaultExclusions
  const below = (rule: string): string[] => (baseUrl === undefined ? [rule] : belowBase(rule, baseUrl))
  return {
    labels: checkRules(labels, 'excludeLabels'),
    titles: checkRules(titles, 'excludeTitles'),
    urls: checkRules(checkRules(urls, 'excludeUrls').flatMap(below), 'excludeUrls'),
    templates,
    archived,
    ...(archivedSpaces === undefined ? {} : { archivedSpaces }),
  }
}

/** The rules of a new connection; undefined where none is named. */
export function newExclusions(named: AddedExclusions | undefined): Exclusions | undefined {
  return named === undefined ? undefined : addExclusions(defaultExclusions, named)
}

/** The rules there are and the ones that are added. */
export function addExclusions(before: Exclusions, added: AddedExclusions): Exclusions {
  return {
    labels: [...before.labels, ...(added.labels ?? [])],
    titles: [...before.titles, ...(added.titles ?? [])],
    urls: [...before.urls, ...(added.urls ?? [])],
    templates: added.templates ?? before.templates,
    archived: added.archived ?? before.archived,
    ...(added.archivedSpaces === undefined && before.archivedSpaces === undefined
      ? {}
      : { archivedSpaces: added.archivedSpaces ?? before.archivedSpaces }),
  }
}

function checkRules(typed: string[], field: string): string[] {
  const rules = [...new Set(typed.map((rule) => rule.trim()).filter((rule) => rule !== ''))]
  const everything = rules.find((rule) => field !== 'excludeLabels' && /^\/?\*+$/.test(rule))
  if (everything !== undefined)
    throw new InvalidInputError(
      'exclusion_everything',
      'The pattern * would leave every page out. Write a part of what you mean, such as *draft*.',
      { field },
    )
  const isTooLong = rules.some((rule) => rule.length > maxRuleChars)
  if (rules.length > maxRules || isTooLong)
    throw new InvalidInputError(
      'exclusions_too_many',
      `At most ${maxRules} rules of a kind, of at most ${maxRuleChars} characters each.`,
      { field },
    )
  return rules
}

/**
 * Confluence gives a page's address below the site's base URL, people paste the whole of it: `https://acme.example/wiki/spaces/HR/pages/2/Pay`
 * → `/spaces/HR/pages/2/*`, since what stands behind a page's id is its title, which changes.
 */
function belowBase(rule: string, baseUrl: string): string[] {
  const { host, pathname } = new URL(baseUrl)
  const context = pathname === '/' ? '' : pathname
  const [, foreign, rest = ''] = /^(?:https?:\/\/([^/*]*))?(.*)$/is.exec(rule) ?? []
  if (foreign !== undefined && foreign.toLowerCase() !== host.toLowerCase())
    throw new InvalidInputError(
      'exclusion_elsewhere',
      `${rule} is not an address of ${baseUrl}: paste one of the site that is connected, or a pattern such as */archive/*.`,
      { field: 'excludeUrls' },
    )
  const star = rest.startsWith('*/') ? '*' : ''
  const path = rest.slice(star.length)
  const isBelow =
    path.toLowerCase() === context.toLowerCase() || path.toLowerCase().startsWith(`${context.toLowerCase()}/`)
  const below = star + (isBelow ? path.slice(context.length) : path)
  // A pattern is taken as it is; an address is that of one page or space.
  return below.includes('*') ? [below] : patternsOf(below)
}

function patternsOf(below: string): string[] {
  const [path = '', query = ''] = below.replace(/#.*$/s, '').split('?', 2)
  const pageId = new URLSearchParams(query).get('pageId')
  // Which of the two the site itself writes depends on its version.
  if (path.endsWith('/viewpage.action') && pageId !== null) return [`*/pages/${pageId}/*`, `*pageId=${pageId}`]
  const page = /^(.*\/pages\/\d+)(\/.*)?$/s.exec(path)
  if (page !== null) return [`${page[1]}/*`]
  // The address of a space's home page is longer by /overview, and means that page alone.
  const space = /^\/(?:spaces|display)\/[^/]+(?=\/?$)/s.exec(path)
  return [space === null ? (/^\/?$/.test(path) ? '/*' : path) : `${space[0]}/*`]
}

/** `label draft`, `title Template*`: the words of `findExclusion`; empty when nothing is left out. */
export function describeExclusions({ labels, titles, urls, templates }: Exclusions): string[] {
  return [
    ...labels.map((label) => `label ${label}`),
    ...titles.map((title) => `title ${title}`),
    ...urls.map((url) => `url ${url}`),
    ...(templates ? ['templates'] : []),
  ]
}
