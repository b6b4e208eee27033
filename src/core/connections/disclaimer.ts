// The disclaimer as sentences. Pure.
import type { Scope } from '../../db/schema/connections.ts'
import type { ConsentFacts } from './consent.ts'
import { describeScope } from './request.ts'

export type DisclaimerOf = {
  accessMode: 'mirrored' | 'shared'
  scope: Scope
  /** Host of the site. */
  host: string
  accountName: string
  /** Rules that left pages out until now and no longer do. */
  dropped?: string[]
  readsArchived: boolean
}

export function disclaim(facts: ConsentFacts, of: DisclaimerOf): string[] {
  const { dropped = [] } = of
  const pages =
    facts.isMore && facts.pages === 0
      ? 'More pages than could be counted in time,'
      : `${boundOf(facts)}${count(facts.pages, 'page')}`
  const amount = `${pages} of ${count(facts.spaces.length, 'space')}`
  return [
    `${amount} (${describeCoverage(facts, of.scope)}) that ${of.accountName} can read on ${of.host} will be copied into Footnote's database and kept up to date. Footnote never writes to Confluence.`,
    ...describeLeftOut(facts),
    ...(dropped.length === 0 ? [] : [`No longer left out: what ${joined(dropped)} left out until now.`]),
    ...(of.readsArchived ? ['Archived pages and spaces are read too.'] : []),
    of.accessMode === 'shared'
      ? 'Shared access: everybody who may ask Footnote will be able to read all of it, whatever Confluence shows them.'
      : 'Mirrored access: each person is shown only what their own Confluence account may read.',
    describeRestricted(facts, of.accessMode),
    describeOpen(facts.openSpaces),
    ...(facts.personalSpaces > 0
      ? [
          `${facts.personalSpaces} of the spaces ${facts.personalSpaces === 1 ? 'is' : 'are'} personal; their content stays internal and is not used in answers for others.`,
        ]
      : []),
    facts.askers.length === 0
      ? 'Nobody can ask in a chat yet: no Slack workspace and no Teams tenant is installed. Those that you install later will be able to.'
      : `Able to ask: the members of ${joined(facts.askers)}, not their guests.`,
    'Passages that an answer needs are sent to Anthropic only when this server has an Anthropic API key.',
    'Accept only if you may make this content available in this way.',
  ]
}

function describeCoverage({ spaces }: ConsentFacts, scope: Scope): string {
  return scope.kind === 'all' || scope.kind === 'spaces' ? shorten(spaces, 12) : describeScope(scope)
}

/** Labels that were not read may leave out some of the pages that were counted. */
function boundOf({ isMore, isPartlyRead, excluded }: ConsentFacts): string {
  const dependsOnLabels = Object.keys(excluded).some((rule) => rule === 'templates' || rule.startsWith('label '))
  const isUpperBound = isPartlyRead && dependsOnLabels
  if (isMore) return isUpperBound ? 'About ' : 'More than '
  return isUpperBound ? 'At most ' : ''
}

function describeLeftOut({ excluded, isMore, isPartlyRead }: ConsentFacts): string[] {
  const rules = Object.entries(excluded)
  if (rules.length === 0) return []
  const bound = isMore || isPartlyRead ? 'at least ' : ''
  const counts = rules.map(([rule, pages]) =>
    rule === 'archived' ? `${count(pages, 'page')} because archived` : `${count(pages, 'page')} by ${rule}`,
  )
  return [`Left out: ${bound}${counts.join(', ')}.`]
}

function describeRestricted(
  { restricted, isMore, isPartlyRead }: ConsentFacts,
  accessMode: DisclaimerOf['accessMode'],
): string {
  if (restricted === undefined) return 'How many of the pages are restricted to some people, the site did not say.'
  const isAtLeast = isMore || isPartlyRead
  if (restricted === 0)
    return isAtLeast
      ? 'Whether some of the pages are restricted to some people in Confluence could not be counted in time.'
      : 'None of the pages is restricted to some people in Confluence.'
  const [verb, amount] = [
    restricted === 1 ? 'is' : 'are',
    `${isAtLeast ? 'At least ' : ''}${restricted.toLocaleString('en')}`,
  ]
  const whom = accessMode === 'shared' ? 'everybody will read them here' : 'they stay with those people here too'
  return `${amount} of the pages ${verb} restricted to some people in Confluence: ${whom}.`
}

function describeOpen(openSpaces: string[] | undefined): string {
  if (openSpaces === undefined) return 'Which spaces anybody reads without signing in, the site did not say.'
  if (openSpaces.length === 0) return 'None of the spaces can be read without signing in to Confluence.'
  const [noun, verb] = openSpaces.length === 1 ? ['Space', 'is'] : ['Spaces', 'are']
  return `${noun} ${shorten(openSpaces, 12)} ${verb} open to anybody in Confluence, without signing in.`
}

function shorten(names: string[], most: number): string {
  return names.length > most ? `${names.slice(0, most).join(', ')} and ${names.length - most} more` : names.join(', ')
}

function joined(names: string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

function count(amount: number, noun: string): string {
  return `${amount.toLocaleString('en')} ${noun}${amount === 1 ? '' : 's'}`
}
