import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readQuestions } from '../../../src/core/evaluation/read-questions.ts'
import { InvalidInputError } from '../../../src/errors.ts'

const line = (values: Record<string, unknown> = {}) =>
  JSON.stringify({ id: 'q1', question: 'How?', kind: 'single', gold: ['7'], ...values })

describe('reading questions', () => {
  it('reads one question a line and skips blank lines', () => {
    const questions = readQuestions(
      `\uFEFF${line()}\r\n\n${line({ id: 'q2', asUser: 'acc', history: [{ role: 'user', text: 'x' }] })}\n`,
    )
    expect(questions).toEqual([
      { id: 'q1', question: 'How?', kind: 'single', gold: ['7'], answer: '', must: [], asUser: null, history: [] },
      {
        id: 'q2',
        question: 'How?',
        kind: 'single',
        gold: ['7'],
        answer: '',
        must: [],
        asUser: 'acc',
        history: [{ role: 'user', text: 'x' }],
      },
    ])
  })

  it.each([
    ['what is not JSON', `${line()}\n\n{"id":`, /^Line 3 of the questions: this is not JSON/],
    [
      'an unknown kind',
      line({ kind: 'maybe' }),
      /^Line 1 of the questions: kind cannot be used: write one of single, multi/,
    ],
    ['a missing field', JSON.stringify({ id: 'q' }), /^Line 1 of the questions: question cannot be used: write a text/],
    [
      'a number for a page id',
      line({ gold: [7] }),
      /^Line 1 of the questions: gold\.0 cannot be used: write a list of texts/,
    ],
    ['a line that is no object', '7', /^Line 1 of the questions: the line cannot be used: write an object with id/],
    [
      'a turn without a speaker',
      line({ history: [{ text: 'x' }] }),
      /history\.0\.role cannot be used: write a list of \{/,
    ],
    ['an id that stands twice', `${line()}\n${line()}`, /^Line 2 of the questions: the id q1 stands in line 1 already/],
    ['an empty file', ' \n', /holds no questions/],
  ])('names the line of %s', (_, text, message) => {
    expect(() => readQuestions(text)).toThrow(InvalidInputError)
    expect(() => readQuestions(text)).toThrow(message)
  })

  const wiki = new URL('../../../../shared/data/handbook/questions.jsonl', import.meta.url)
  it.skipIf(!existsSync(wiki))('reads a real file of questions', () => {
    expect(readQuestions(readFileSync(wiki, 'utf8'))).toHaveLength(120)
  })
})
