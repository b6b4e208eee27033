import { describe, expect, it } from 'vitest'
import { type Outcome, computeFigures, findLeaks } from '../../../src/core/evaluation/metrics.ts'
import { renderReport } from '../../../src/core/evaluation/report.ts'
import type { EvaluationQuestion } from '../../../src/core/evaluation/read-questions.ts'

type Kind = EvaluationQuestion['kind']

function outcome(
  kind: Kind,
  gold: string[],
  ranking: string[],
  values: Partial<Outcome['answer']> & { ms?: number; readableSpaces?: string[] } = {},
): Outcome {
  const { ms = 10, readableSpaces, ...answer } = values
  return {
    question: {
      id: `${kind}-${gold.join()}`,
      question: 'q',
      kind,
      gold,
      answer: '',
      must: [],
      asUser: null,
      history: [],
    },
    ranking,
    answer: { kind: 'answer', text: '', citations: [], passages: [], ...answer },
    ...(readableSpaces === undefined ? {} : { readableSpaces }),
    ms,
  }
}

const fill = (n: number) => Array.from({ length: n }, (_, k) => `x${k}`)

describe('ranking figures', () => {
  it.each([
    { name: 'first place', gold: ['a'], ranking: ['a', 'b'], hit1: 1, hit5: 1, recall10: 1, mrr10: 1 },
    { name: 'fifth place', gold: ['a'], ranking: [...fill(4), 'a'], hit1: 0, hit5: 1, recall10: 1, mrr10: 0.2 },
    { name: 'sixth place', gold: ['a'], ranking: [...fill(5), 'a'], hit1: 0, hit5: 0, recall10: 1, mrr10: 1 / 6 },
    { name: 'eleventh place', gold: ['a'], ranking: [...fill(10), 'a'], hit1: 0, hit5: 0, recall10: 0, mrr10: 0 },
    { name: 'one of two', gold: ['a', 'b'], ranking: ['x', 'b'], hit1: 0, hit5: 1, recall10: 0.5, mrr10: 0.5 },
    { name: 'not found', gold: ['a'], ranking: [], hit1: 0, hit5: 0, recall10: 0, mrr10: 0 },
  ])('of $name', ({ gold, ranking, hit1, hit5, recall10, mrr10 }) => {
    expect(computeFigures([outcome('single', gold, ranking)]).answerable).toEqual({
      questions: 1,
      hit1,
      hit5,
      recall10,
      mrr10,
    })
  })

  it('average over single, multi and ambiguous questions, follow-ups apart', () => {
    const figures = computeFigures([
      outcome('single', ['a'], ['a']),
      outcome('multi', ['a'], ['x']),
      outcome('ambiguous', ['a'], ['x', 'a']),
      outcome('followup', ['a'], ['a']),
      outcome('unanswerable', [], ['x'], { kind: 'abstention' }),
      outcome('restricted', ['a'], ['x'], { kind: 'abstention' }),
    ])
    expect(figures.answerable).toMatchObject({ questions: 3, hit1: 1 / 3, hit5: 2 / 3, mrr10: 0.5 })
    expect(figures.followup).toMatchObject({ questions: 1, hit1: 1 })
    expect(Object.keys(figures.byKind)).toEqual(['single', 'multi', 'ambiguous', 'followup'])
  })

  it('are zero when there is nothing to measure', () => {
    expect(computeFigures([]).answerable).toEqual({ questions: 0, hit1: 0, hit5: 0, recall10: 0, mrr10: 0 })
    expect(computeFigures([]).latencyMs).toEqual({ p50: 0, p95: 0, byKind: {} })
  })
})

describe('abstention', () => {
  it('is right for unanswerable and restricted questions and wrong for the others', () => {
    const declined = { kind: 'abstention' } as const
    const { abstention } = computeFigures([
      outcome('unanswerable', [], [], declined),
      outcome('unanswerable', [], []),
      outcome('restricted', ['r'], [], declined),
      outcome('single', ['a'], [], declined),
      outcome('followup', ['a'], [], declined),
      outcome('multi', ['a'], []),
    ])
    expect(abstention).toEqual({
      shouldDecline: 3,
      declined: 2,
      shouldAnswer: 3,
      wronglyDeclined: 2,
      byKind: {
        single: { questions: 1, declined: 1 },
        multi: { questions: 1, declined: 0 },
        followup: { questions: 1, declined: 1 },
        unanswerable: { questions: 2, declined: 1 },
        restricted: { questions: 1, declined: 1 },
      },
    })
  })
})

describe('leaks', () => {
  const pages = new Map([['r', { title: 'Board salaries', url: 'https://acme.example/wiki/pages/r' }]])
  const citation = { title: 't', url: 'u', quote: 'q' }
  it.each([
    ['ranking', outcome('restricted', ['r'], ['x', 'r'])],
    ['passages', outcome('restricted', ['r'], [], { passages: [{ pageId: 'r' }] })],
    ['citations', outcome('restricted', ['r'], [], { citations: [{ pageId: 'r', ...citation }] })],
    ['text', outcome('restricted', ['r'], [], { text: 'See “board Salaries”.' })],
    ['text', outcome('restricted', ['r'], [], { text: 'https://acme.example/wiki/pages/r#x' })],
    ['nearest', outcome('restricted', ['r'], [], { nearest: [{ title: 'Board salaries', url: '' }] })],
    ['counts', outcome('restricted', ['r'], [], { searchedSpaces: ['IT', 'Board'], readableSpaces: ['IT'] })],
  ])('are found in the %s', (where, leaking) => {
    expect(findLeaks(leaking, pages)).toEqual([{ questionId: 'restricted-r', pageId: 'r', where }])
    expect(computeFigures([leaking], pages).leaks).toHaveLength(1)
  })

  it('are none where only other pages show', () => {
    const clean = outcome('restricted', ['r'], ['x'], { passages: [{ pageId: 'x' }], text: 'Nothing about salaries.' })
    expect(findLeaks(clean, pages)).toEqual([])
  })

  describe('of a title that a readable page has', () => {
    const quote = 'The plan stands on Board salaries.'
    const quoting = (stored: string, pageId = 'x') =>
      outcome('restricted', ['r'], [], {
        text: `${quote} [1]`,
        citations: [{ pageId, title: 't', url: 'u', quote }],
        passages: [{ pageId: 'x', text: stored }],
      })
    it('are none when the answer quotes it from there', () => {
      expect(findLeaks(quoting(`First. ${quote} Last.`), pages)).toEqual([])
    })
    it.each([
      ['the quote does not stand in that page', quoting('Something else.')],
      ['no citation bears it', { ...quoting(quote), answer: { ...quoting(quote).answer, citations: [] } }],
    ])('remain when %s', (_, leaking) => {
      expect(findLeaks(leaking, pages)).toMatchObject([{ where: 'text' }])
    })
    it('are none where the spaces listed are those that the asker may read', () => {
      const clean = outcome('restricted', ['r'], [], { searchedSpaces: ['IT'], readableSpaces: ['HR', 'IT'] })
      expect(findLeaks(clean, pages)).toEqual([])
    })
  })

  it('are looked for in restricted questions only', () => {
    expect(computeFigures([outcome('single', ['r'], ['r'])], pages).leaks).toEqual([])
  })

  it('are not seen in a title of one word, which may occur by chance', () => {
    const name = new Map([['r', { title: 'Payroll', url: 'https://acme.example/p/r' }]])
    expect(findLeaks(outcome('restricted', ['r'], [], { text: 'Ask payroll.' }), name)).toEqual([])
  })
})

describe('latency', () => {
  it('is the nearest rank', () => {
    const outcomes = Array.from({ length: 20 }, (_, n) => outcome('single', ['a'], [], { ms: n + 1 }))
    expect(computeFigures(outcomes).latencyMs).toEqual({ p50: 10, p95: 19, byKind: { single: { p50: 10, p95: 19 } } })
  })

  it('is counted for each kind apart and for all together', () => {
    const outcomes = [outcome('single', ['a'], [], { ms: 40 }), outcome('unanswerable', [], [], { ms: 5 })]
    expect(computeFigures(outcomes).latencyMs).toEqual({
      p50: 5,
      p95: 40,
      byKind: { single: { p50: 40, p95: 40 }, unanswerable: { p50: 5, p95: 5 } },
    })
  })
})

describe('the report', () => {
  it('prints a table, abstention, leaks and times', () => {
    const figures = computeFigures([
      outcome('single', ['a'], ['a'], { ms: 12.4 }),
      outcome('single', ['a'], ['x', 'a'], { ms: 30 }),
      outcome('followup', ['a'], []),
      outcome('restricted', ['r'], ['r'], { kind: 'abstention' }),
    ])
    expect(renderReport(figures)).toBe(
      [
        '                questions  hit@1  hit@5  recall@10  MRR@10  declined  p50 ms  p95 ms',
        'single                  2  0.500  1.000      1.000   0.750         0      12      30',
        'all answerable          2  0.500  1.000      1.000   0.750',
        'follow-ups              1  0.000  0.000      0.000   0.000         0      10      10',
        'restricted              1                                          1      10      10',
        'all                     4                                          1      10      30',
        '',
        'Declined rightly   0 of 0 unanswerable, 1 of 1 restricted questions',
        'Declined wrongly   0 of 3 answerable questions and follow-ups',
        'Leaks              1',
        '  restricted-r: page r in ranking',
      ].join('\n'),
    )
  })

  it('says when there were no leaks', () => {
    expect(renderReport(computeFigures([]))).toContain('Leaks              none')
  })
})
