import { describe, expect, it } from 'vitest'
import { queryTerms } from '../../../src/core/search/query-terms.ts'

const count = (terms: string[], term: string) => terms.filter((each) => each === term).length

describe('query terms', () => {
  it('are the distinct terms of a question in its order', () => {
    expect(queryTerms('zebra lion zebra')).toEqual(['zebra', 'lion'])
  })

  it('of a short question in a thread include the earlier turns, with less weight', () => {
    const terms = queryTerms('and lion?', ['zebra wolf', 'zebra bear'])
    expect(new Set(terms)).toEqual(new Set(['lion', 'zebra', 'wolf', 'bear']))
    expect(count(terms, 'lion')).toBe(3)
    expect(count(terms, 'zebra')).toBe(1)
    expect(terms[0]).toBe('lion')
  })

  it('take the latest turn first', () => {
    expect(queryTerms('lion', ['wolf', 'bear']).slice(-2)).toEqual(['bear', 'wolf'])
  })

  it('of a question that stands for itself leave the earlier turns out', () => {
    const question = 'zebra lion wolf bear otter heron salmon badger lynx'
    expect(queryTerms(question, ['tiger'])).toEqual(question.split(' '))
  })

  it('are bounded however much was said before', () => {
    const turn = Array.from({ length: 500 }, (_, n) => `w${n}x`).join(' ')
    expect(
      queryTerms(
        'lion',
        Array.from({ length: 50 }, () => turn),
      ).length,
    ).toBeLessThan(150)
  })

  it('come from the earlier turns alone when the question has no word of its own', () => {
    expect(queryTerms('???', ['zebra'])).toEqual(['zebra'])
  })
})
