import { describe, expect, it } from 'vitest'
import { type ContentNode, resolveCarriers } from '../../../src/core/access/layers.ts'
import { fc } from '../../support/property.ts'

type Restriction = ContentNode['restriction']
const tree = (nodes: Record<string, [parentId: string | undefined, restriction: Restriction]>) =>
  new Map(Object.entries(nodes).map(([id, [parentId, restriction]]) => [id, { parentId, restriction }]))

describe('the layers of a page', () => {
  it.each<[string, Parameters<typeof tree>[0], string[], string[]]>([
    ['are none where nothing is restricted', { top: [undefined, 'none'], page: ['top', 'none'] }, [], []],
    ['hold its own restriction', { top: [undefined, 'none'], page: ['top', 'known'] }, ['page'], []],
    [
      "hold every restricted ancestor's, nearest first",
      { top: [undefined, 'known'], mid: ['top', 'none'], near: ['mid', 'known'], page: ['near', 'known'] },
      ['page', 'near', 'top'],
      [],
    ],
    [
      'leave out siblings and descendants',
      { top: [undefined, 'none'], page: ['top', 'none'], beside: ['top', 'known'], below: ['page', 'known'] },
      [],
      [],
    ],
    ['are unknown where its own restriction could not be read', { page: [undefined, 'unknown'] }, [], ['page']],
    [
      "are unknown where an ancestor's could not be read, and go on above it",
      { top: [undefined, 'known'], mid: ['top', 'unknown'], page: ['mid', 'known'] },
      ['page', 'top'],
      ['mid'],
    ],
    ['are unknown above a missing ancestor', { page: ['gone', 'known'] }, ['page'], ['gone']],
    ['are unknown in a cycle', { a: ['b', 'none'], b: ['a', 'none'], page: ['a', 'none'] }, [], ['a']],
    ['are unknown for a page below itself', { page: ['page', 'none'] }, [], ['page']],
    ['are unknown for a page that is not in the tree', {}, [], ['page']],
  ])('%s', (_, nodes, restricted, unknown) => {
    expect(resolveCarriers('page', tree(nodes))).toEqual({ restricted, unknown })
  })
})

const people = ['ann', 'bob', 'cyd']
type Page = { parent: number | undefined; restriction: Restriction; readers: string[] }

/** Parents may be missing (10 and above) or form a cycle. */
const pages = fc.array(
  fc.record({
    parent: fc.option(fc.nat({ max: 11 }), { nil: undefined }),
    restriction: fc.constantFrom<Restriction>('none', 'none', 'known', 'known', 'unknown'),
    readers: fc.subarray(people),
  }),
  { minLength: 1, maxLength: 9 },
)

function treeOf(all: Page[]): Map<string, ContentNode> {
  return new Map(
    all.map(({ parent, restriction }, id) => [
      String(id),
      { parentId: parent === undefined ? undefined : String(parent), restriction },
    ]),
  )
}

/** Who reads a page by what `resolveCarriers` says. */
function readersByLayers(all: Page[], id: number): string[] {
  const { restricted, unknown } = resolveCarriers(String(id), treeOf(all))
  if (unknown.length > 0) return []
  return people.filter((person) => restricted.every((carrier) => all[Number(carrier)]?.readers.includes(person)))
}

/** The rule itself, from the top down: whoever reads the parent and is let in by the page. Nobody, where the way up is lost. */
function readersByRule(all: Page[], id: number, depth = 0): string[] {
  const page = all[id]
  if (page === undefined || depth > all.length || page.restriction === 'unknown') return []
  const above = page.parent === undefined ? people : readersByRule(all, page.parent, depth + 1)
  return page.restriction === 'none' ? above : above.filter((person) => page.readers.includes(person))
}

describe('whatever the tree', () => {
  it('the layers let in whom the rule lets in', () => {
    fc.assert(
      fc.property(pages, (all) => {
        for (const id of all.keys()) expect(readersByLayers(all, id)).toEqual(readersByRule(all, id))
      }),
      { numRuns: 2000 },
    )
  })

  it('adding a restriction anywhere never adds a reader anywhere', () => {
    const restriction = fc.constantFrom<Restriction>('known', 'unknown')
    fc.assert(
      fc.property(pages, fc.nat({ max: 8 }), restriction, fc.subarray(people), (all, where, kind, readers) => {
        const target = where % all.length
        if (all[target]?.restriction !== 'none') return
        const stricter = all.map((page, id) => (id === target ? { ...page, restriction: kind, readers } : page))
        for (const id of all.keys())
          expect(readersByLayers(all, id)).toEqual(expect.arrayContaining(readersByLayers(stricter, id)))
      }),
      { numRuns: 1000 },
    )
  })
})
