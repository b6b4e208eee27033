import { describe, expect, it } from 'vitest'
import { createPathFinder } from '../../../src/core/sync/page-path.ts'
import { fc } from '../../support/property.ts'

const treeOf = (parents: Record<string, string | undefined>) =>
  new Map(Object.entries(parents).map(([id, parentId]) => [id, { title: `T${id}`, parentId }]))

describe('the path of a page', () => {
  it.each<[string, Record<string, string | undefined>, string[]]>([
    ['stands top first', { page: 'b', b: 'a', a: undefined }, ['Ta', 'Tb']],
    ['begins below what is not known', { page: 'b', b: 'folder' }, ['Tb']],
    ['ends in a cycle', { page: 'b', b: 'a', a: 'b' }, ['Ta', 'Tb']],
    ['does not hold the page itself', { page: 'b', b: 'a', a: 'page' }, ['Ta', 'Tb']],
    ['is empty for a page below itself', { page: 'page' }, []],
    ['is empty for an unknown page', {}, []],
  ])('%s', (_, parents, expected) => {
    const { ancestorIds, ancestorTitles } = createPathFinder(treeOf(parents))('page')
    expect(ancestorTitles).toEqual(expected)
    expect(ancestorIds.map((id) => `T${id}`)).toEqual(expected)
  })

  it('is shared by the pages in one place', () => {
    const pathOf = createPathFinder(treeOf({ a: undefined, b: 'a', c: 'b', d: 'b' }))
    expect(pathOf('c')).toBe(pathOf('d'))
  })

  it('is that of its parent and the parent, in any tree', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 30 }), (places) => {
        // Each hangs below one before it.
        const parents = Object.fromEntries(places.map((place, i) => [`${i}`, i === 0 ? undefined : `${place % i}`]))
        const pathOf = createPathFinder(treeOf(parents))
        for (const [id, parentId] of Object.entries(parents))
          expect(pathOf(id).ancestorIds).toEqual(
            parentId === undefined ? [] : [...pathOf(parentId).ancestorIds, parentId],
          )
      }),
    )
  })
})
