// The options of connect and edit that say which pages are covered, and what becomes of them.
import { type Command as Program, Option } from 'commander'
import { type AddedExclusions } from '../../core/connections/exclusion-rules.ts'
import { InvalidInputError } from '../../errors.ts'
import type { ConnectForm } from '../commands/connect.ts'

export type CoverageOptions = {
  spaces?: string
  allSpaces?: boolean
  tree?: string
  page?: string
  cql?: string
  excludeLabel?: string[]
  excludeTitle?: string[]
  excludeUrl?: string[]
  excludeTemplates?: boolean
  includeArchived?: boolean
  excludeArchivedSpaces?: boolean
}

export function addCoverage(command: Program): Program {
  return command
    .option('--spaces <keys>', 'space keys, separated by commas')
    .option('--all-spaces', 'every space that the account can see')
    .option('--tree <page-url>', 'a page with everything below it')
    .option('--page <page-url>', 'one page')
    .option('--cql <query>', 'what a CQL query finds, in all spaces or in --spaces')
    .addOption(repeatable('--exclude-label <label>', 'leave out pages with this label'))
    .addOption(repeatable('--exclude-title <pattern>', 'leave out titles such as "Draft*"; * is any text'))
    .addOption(repeatable('--exclude-url <pattern>', 'leave out this address, or addresses such as "*/archive/*"'))
    .option('--exclude-templates', 'leave out templates and the sample pages of new spaces')
    .option('--include-archived', 'read archived pages too')
    .option('--exclude-archived-spaces', 'leave out archived spaces that --spaces does not name')
}

function repeatable(flags: string, description: string): Option {
  return new Option(flags, `${description} (repeatable)`).argParser((value: string, before: string[] | undefined) => [
    ...(before ?? []),
    value,
  ])
}

/** The coverage that the options name; undefined when they name none. Throws `InvalidInputError` for an empty one. */
export function readCoverage(
  options: CoverageOptions,
): Pick<ConnectForm, 'spaces' | 'allSpaces' | 'tree' | 'page' | 'cql'> | undefined {
  const { spaces, allSpaces, tree, page, cql } = options
  if (spaces !== undefined && allSpaces === true)
    throw new InvalidInputError('spaces_ambiguous', 'Use either --spaces or --all-spaces.', { field: 'spaces' })
  if (spaces !== undefined && !/[^\s,;]/.test(spaces))
    throw new InvalidInputError(
      'spaces_missing',
      '--spaces names no space: write keys such as IT,HR, or use --all-spaces.',
      { field: 'spaces' },
    )
  for (const [field, value] of Object.entries({ tree, page, cql }))
    if (value?.trim() === '')
      throw new InvalidInputError('option_empty', `--${field} is empty: write ${examples[field]}.`, { field })
  if ([spaces, allSpaces, tree, page, cql].every((value) => value === undefined)) return undefined
  return { spaces: spaces ?? '', allSpaces, tree, page, cql }
}

const examples: Record<string, string> = {
  tree: 'the address of a page',
  page: 'the address of a page',
  cql: 'a query such as \'label = "handbook"\'',
}

/** The rules that the options name; undefined when they name nothing. */
export function readExclusions(options: CoverageOptions): AddedExclusions | undefined {
  const {
    excludeLabel: labels,
    excludeTitle: titles,
    excludeUrl: urls,
    excludeTemplates,
    includeArchived,
    excludeArchivedSpaces,
  } = options
  const named = {
    ...(labels === undefined ? {} : { labels }),
    ...(titles === undefined ? {} : { titles }),
    ...(urls === undefined ? {} : { urls }),
    ...(excludeTemplates === undefined ? {} : { templates: excludeTemplates }),
    ...(includeArchived === undefined ? {} : { archived: !includeArchived }),
    ...(excludeArchivedSpaces === undefined ? {} : { archivedSpaces: excludeArchivedSpaces }),
  }
  return Object.keys(named).length === 0 ? undefined : named
}
