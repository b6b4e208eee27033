import { describe, expect, it } from 'vitest'
import { evaluate } from '../../../src/core/evaluation/evaluate.ts'
import { nameRestrictedPages } from '../../../src/core/evaluation/name-pages.ts'
import { readQuestions } from '../../../src/core/evaluation/read-questions.ts'
import { makeReach } from '../../../src/core/access/reach.ts'
import { insertAccessSet, insertConnection, insertPage, insertSpace } from '../../db/content.ts'
import { openTestDatabase } from '../../support/database.ts'

const questions = readQuestions(
  ['a', 'b'].map((id) => JSON.stringify({ id, question: `${id}?`, kind: 'single', gold: [id] })).join('\n'),
)
const answer = { kind: 'answer' as const, text: 't', citations: [], passages: [], timings: { total: 3 } }
const { signal } = new AbortController()

describe('evaluating', () => {
  it('asks each question in order and writes a line of results for each', async () => {
    const lines: string[] = []
    const { figures } = await evaluate({
      questions,
      ask: async ({ id }) => ({ ranking: [id, ...Array.from({ length: 20 }, (_, n) => `x${n}`)], answer, ms: 5 }),
      writeLine: async (line) => void lines.push(line),
      signal,
    })
    expect(lines.every((line) => line.endsWith('\n'))).toBe(true)
    const ranking = ['x0', 'x1', 'x2', 'x3', 'x4', 'x5', 'x6', 'x7', 'x8']
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { id: 'a', ranking: ['a', ...ranking], answer, ms: 5 },
      { id: 'b', ranking: ['b', ...ranking], answer, ms: 5 },
    ])
    expect(figures.answerable).toMatchObject({ questions: 2, hit1: 1 })
  })

  it('stops with the error of a question that cannot be asked', async () => {
    await expect(evaluate({ questions, ask: () => Promise.reject(new Error('away')), signal })).rejects.toThrow('away')
  })

  it('stops when it is aborted', async () => {
    const asked: string[] = []
    const controller = new AbortController()
    const ask = async ({ id }: { id: string }) => {
      asked.push(id)
      controller.abort()
      return { ranking: [], answer, ms: 1 }
    }
    await expect(evaluate({ questions, ask, signal: controller.signal })).rejects.toThrow()
    expect(asked).toEqual(['a'])
  })

  it('knows titles and addresses of the pages of restricted questions', async () => {
    const database = await openTestDatabase('embedded')
    const connection = await insertConnection(database)
    const set = await insertAccessSet(database, connection)
    const space = await insertSpace(database, connection, 'S')
    await insertPage(database, space, { pageId: '7', title: 'Board salaries', accessSetId: set, chunks: [] })
    const restricted = readQuestions(
      [
        JSON.stringify({ id: 'r', question: 'q', kind: 'restricted', gold: ['7', '8'] }),
        JSON.stringify({ id: 's', question: 'q', kind: 'single', gold: ['7'] }),
      ].join('\n'),
    )
    const names = await nameRestrictedPages(database.db, restricted, makeReach({ kind: 'everything' }))
    expect([...names]).toEqual([['7', { title: 'Board salaries', url: 'https://acme.example/wiki/spaces/X/pages/7' }]])
    await database.close()
  })
})
