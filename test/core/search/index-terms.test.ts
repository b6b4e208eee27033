import { describe, expect, it } from 'vitest'
import { termsOfPage } from '../../../src/core/search/index-terms.ts'

const termsOf = ({ headingPath, text, ...page }: typeof empty): string[] => termsOfPage(page)({ headingPath, text })

const empty = {
  title: '',
  spaceName: '',
  spaceKey: '',
  ancestorTitles: [] as string[],
  headingPath: [] as string[],
  labels: [] as string[],
  text: '',
}

describe('index terms', () => {
  it('hold every field of a chunk', () => {
    const terms = termsOf({
      title: 'zebra',
      spaceName: 'lion',
      spaceKey: 'TGR',
      ancestorTitles: ['wolf', 'bear'],
      headingPath: ['otter'],
      labels: ['heron'],
      text: 'salmon',
    })
    expect(new Set(terms)).toEqual(new Set(['zebra', 'lion', 'tgr', 'wolf', 'bear', 'otter', 'heron', 'salmon']))
  })

  it('repeat a title more often than the text', () => {
    const inTitle = termsOf({ ...empty, title: 'zebra' }).length
    const inText = termsOf({ ...empty, text: 'zebra' }).length
    expect(inText).toBe(1)
    expect(inTitle).toBeGreaterThan(inText)
  })

  it('do not join the end of one field with the beginning of the next', () => {
    expect(termsOf({ ...empty, headingPath: ['red', 'fox'], text: 'blue' })).toEqual(['red', 'fox', 'blue'])
  })

  it('are none for a chunk without words', () => {
    expect(termsOf({ ...empty, text: '– … –' })).toEqual([])
  })
})
