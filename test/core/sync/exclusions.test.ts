import { describe, expect, it } from 'vitest'
import { findExclusion, isInScope, matches } from '../../../src/core/sync/exclusions.ts'
import { defaultExclusions, type Scope } from '../../../src/db/schema/connections.ts'
import { fc } from '../../support/property.ts'

const page = { pageId: '1', title: 'Travel policy', webPath: '/spaces/HR/pages/1/Travel', labels: ['Policy'] }

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

describe('a scope', () => {
  const tree = new Map<string, { parentId?: string }>([
    ['1', {}],
    ['2', { parentId: '1' }],
    ['3', { parentId: '2' }],
    ['9', { parentId: '1' }],
  ])
  const covered = (scope: Scope, found?: Set<string>): string[] =>
    [...tree.keys()].filter((pageId) => isInScope(pageId, scope, tree, found))

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
