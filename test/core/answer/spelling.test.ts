import { describe, expect, it } from 'vitest'
import { extractAnswer } from '../../../src/core/answer/extract.ts'
import { analyseQuestion } from '../../../src/core/answer/question-terms.ts'
import { readSlips } from '../../../src/core/answer/spelling.ts'
import { gatherSources } from '../../../src/core/answer/units.ts'
import { passage, wiki } from './passage.ts'

const sources = gatherSources([passage('The macbook and the network of the contract; leave, lease and release notes.')])
const termsOf = (question: string) => [...readSlips(analyseQuestion(question), sources).weights.keys()]

describe('a word of the question that no passage has', () => {
  it.each([
    ['a letter less', 'macbok', 'macbook'],
    ['a letter more', 'maacbook', 'macbook'],
    ['another letter', 'netwark', 'network'],
    ['two letters swapped', 'netwrok', 'network'],
  ])('is read in their spelling when it is %s', (_, typed, meant) => {
    expect(termsOf(typed)).toEqual([meant])
  })

  it.each([
    ['short', 'leafe'],
    ['a known word', 'network'],
    ['another at the first letter', 'betwork'],
    ['two slips away', 'netwrokk'],
    ['an identifier', 'mac800k'],
  ])('stays as it is when it is %s', (_, typed) => {
    expect(termsOf(typed)).toEqual([...analyseQuestion(typed).weights.keys()])
  })
})

it('a question with slips is answered', () => {
  expect(extractAnswer('How do I get tunelfox?', wiki)?.text ?? '').toContain('Choose Tunnelfox 3.2')
})
