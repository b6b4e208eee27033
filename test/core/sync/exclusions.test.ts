import { describe, expect, it } from 'vitest'
import { findExclusion, isInScope, isSpaceArchivedAway, matches } from '../../../src/core/sync/exclusions.ts'
import { defaultExclusions, type Scope } from '../../../src/db/schema/connections.ts'
import { fc } from '../../support/property.ts'

const page = {
  title: 'Travel policy',
  status: 'current' as const,
  webPath: '/spaces/HR/pages/1/Travel',
  labels: ['Policy'],
}
const archived = { ...page, status: 'archived' as const }

describe('a rule', () => {
  it.each([
    ['no rule', defaultExclusions, page, undefined],
    ['a label, whatever its case', { ...defaultExclusions, labels: ['draft', 'POLICY'] }, page, 'label POLICY'],
    ['a part of a label is no label', { ...defaultExclusions, labels: ['pol'] }, page, undefined],
    ['a title pattern', { ...defaultExclusions, titles: ['travel*'] }, page, 'title travel*'],
    ['a whole title', { ...defaultExclusions, titles: ['Travel'] }, page, undefined],
    ['an address pattern', { ...defaultExclusions, urls: ['*/pages/1/*'] }, page, 'url */pages/1/*'],
    [
      'a template by its label',
      { ...defaultExclusions, templates: true },
      { ...page, labels: ['template'] },
      'templates',
    ],
    ['a sample page', { ...defaultExclusions, templates: true }, { ...page, title: 'Template - Weekly' }, 'templates'],
    [
      'a page about templates',
      { ...defaultExclusions, templates: true },
      { ...page, title: 'Our template guide' },
      undefined,
    ],
    ['an archived page, whatever else it is', { ...defaultExclusions, labels: ['policy'] }, archived, 'archived'],
    ['an archived page that is wanted', { ...defaultExclusions, archived: false }, archived, undefined],
    ['a template that is wanted', defaultExclusions, { ...page, labels: ['template'] }, undefined],
  ])('leaves out: %s', (_name, exclusions, listed, rule) => {
    expect(findExclusion(listed, exclusions)).toBe(rule)
  })
})

describe('a pattern', () => {
  it.each([
    ['abc', 'ABC', true],
    ['abc', 'abcd', false],
    ['a*c', 'abbc', true],
    ['a*c', 'acb', false],
    ['*', '', true],
    ['a*a', 'a', false],
    ['*b*', 'abc', true],
    ['a*b*c', 'a-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['', 'x', false],
    ['a.c', 'abc', false],
  ])('%s against %s: %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected)
  })

  it('matches as the regular expression does that it stands for', () => {
    const short = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 })
    fc.assert(
      fc.property(short, short, (pattern, typed) => {
        const text = typed.replaceAll('*', '')
        expect(matches(pattern, text)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text))
      }),
      { numRuns: 2_000 },
    )
  })

  it('takes no time over hostile ones', () => {
    expect(matches(`${'*a'.repeat(5_000)}b`, 'a'.repeat(20_000))).toBe(false)
  })
})

describe('an archived space', () => {
  const withoutArchive = { ...defaultExclusions, archivedSpaces: true }
  it.each<[string, Scope, boolean]>([
    ['of a whole site', { kind: 'all' }, true],
    ['among those in which a query searches', { kind: 'cql', keys: [], query: 'label = x' }, true],
    ['that a query is limited to', { kind: 'cql', keys: ['HR'], query: 'label = x' }, false],
    ['named by its key', { kind: 'spaces', keys: ['HR'] }, false],
    ['of a tree', { kind: 'tree', spaceKey: 'HR', pageId: '2' }, false],
  ])('%s is left out: %s', (_name, scope, expected) => {
    expect(isSpaceArchivedAway({ status: 'archived' }, scope, withoutArchive)).toBe(expected)
    expect(isSpaceArchivedAway({ status: 'current' }, scope, withoutArchive)).toBe(false)
    expect(isSpaceArchivedAway({ status: 'archived' }, scope, defaultExclusions)).toBe(false)
  })
})

describe('a scope', () => {
  const tree = [
    { pageId: '1', ancestorIds: [] },
    { pageId: '2', ancestorIds: ['1'] },
    { pageId: '3', ancestorIds: ['1', '2', 'folder'] },
    { pageId: '9', ancestorIds: ['1'] },
  ]
  const covered = (scope: Scope, found?: Set<string>): string[] =>
    tree.filter((each) => isInScope(each, scope, found)).map(({ pageId }) => pageId)

  it.each<[string, Scope, string[]]>([
    ['a whole site', { kind: 'all' }, ['1', '2', '3', '9']],
    ['spaces', { kind: 'spaces', keys: ['HR'] }, ['1', '2', '3', '9']],
    ['a tree', { kind: 'tree', spaceKey: 'HR', pageId: '2' }, ['2', '3']],
    ['one page', { kind: 'page', spaceKey: 'HR', pageId: '2' }, ['2']],
  ])('covers %s', (_name, scope, expected) => {
    expect(covered(scope)).toEqual(expected)
  })

  it('of a query covers what the query found', () => {
    expect(covered({ kind: 'cql', keys: ['HR'], query: 'label = x' }, new Set(['3']))).toEqual(['3'])
  })
})
