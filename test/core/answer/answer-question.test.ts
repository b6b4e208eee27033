import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Anthropic, startAnthropic } from '../../../sandbox/anthropic/anthropic.ts'
import type { Passage } from '../../../src/core/answer/answer.ts'
import { type AnswerOptions, answerFromPassages } from '../../../src/core/answer/answer-question.ts'
import { leave, passage, wiki } from './passage.ts'

let api: Anthropic
beforeEach(async () => {
  api = await startAnthropic()
})
afterEach(() => api.close())

const question = 'How many days of annual leave do I have?'
const spaces = ['People', 'Finance', 'IT Help']

function answer(apiKey: string | undefined, asked: string, passages: Passage[], options: Partial<AnswerOptions> = {}) {
  return answerFromPassages({ apiKey, baseUrl: api.url, model: 'claude-sonnet-5-5' }, asked, passages, {
    searchedSpaces: spaces,
    signal: new AbortController().signal,
    ...options,
  })
}

describe('without a key', () => {
  test('answers with an extract and asks nobody', async () => {
    expect(await answer(undefined, question, wiki)).toMatchObject({
      kind: 'answer',
      by: 'extract',
      note: undefined,
      searchedSpaces: spaces,
    })
    expect(api.requests).toEqual([])
  })

  test('abstains when the passages do not cover the question', async () => {
    const given = [leave, passage('Leave.', { pageId: leave.pageId, url: `${leave.url}#Entitlement` }), ...wiki]
    expect(await answer(undefined, 'Who designed the Eiffel tower?', given)).toEqual({
      kind: 'abstention',
      text: 'I did not find an answer to that in People, Finance and IT Help.',
      statements: [],
      citations: [],
      nearest: wiki.slice(0, 3).map(({ title, spaceKey, url }) => ({ title, spaceKey, url })),
      searchedSpaces: spaces,
      by: 'extract',
      note: undefined,
    })
  })

  test('reads a follow-up together with the question before it', async () => {
    const history = [
      { role: 'user' as const, text: 'What is the daily allowance in Europe?' },
      { role: 'assistant' as const, text: '45 EUR' },
    ]
    expect((await answer(undefined, 'and in Asia?', wiki, { history })).text).toContain('60 EUR')
  })
})

describe('with a key', () => {
  test('answers with Claude, statement by statement', async () => {
    const shown: string[] = []
    const given = await answer('sk-ant-sandbox', question, wiki, { onStatement: ({ text }) => shown.push(text) })
    expect(given).toMatchObject({ kind: 'answer', by: 'claude', note: undefined })
    expect(shown).toEqual(given.statements.map(({ text }) => text))
  })

  test('sends the earlier turns', async () => {
    await answer('sk-ant-sandbox', question, wiki, { history: [{ role: 'user', text: 'Hello there' }] })
    expect(JSON.stringify(api.requests[0]?.body)).toContain('Hello there')
  })

  test('gives an extract with a note, and the reason to the log, when Claude is unavailable', async () => {
    api.script({ kind: 'status', status: 529, type: 'overloaded_error', headers: { 'retry-after': '60' } })
    const failures: Error[] = []
    const given = await answer('sk-ant-sandbox', question, wiki, { onFailure: (error) => failures.push(error) })
    expect(given).toMatchObject({
      kind: 'answer',
      by: 'extract',
      note: expect.stringContaining('Claude was unavailable'),
    })
    expect(failures).toMatchObject([{ code: 'claude_unavailable' }])
  })

  test('tells that an admin is needed when the key is refused', async () => {
    const given = await answer('sk-ant-old', question, wiki)
    expect(given.by).toBe('extract')
    expect(given.note).toContain('ANTHROPIC_API_KEY')
  })

  test('does not fall back to an extract when Claude says that the passages do not suffice', async () => {
    api.script({ kind: 'reply', blocks: [{ text: 'NO_ANSWER_IN_PASSAGES' }] })
    expect(await answer('sk-ant-sandbox', question, wiki)).toMatchObject({ kind: 'abstention', by: 'claude' })
  })

  test('rejects with the reason of the caller who gave up', async () => {
    const controller = new AbortController()
    controller.abort(new Error('left'))
    await expect(answer('sk-ant-sandbox', question, wiki, { signal: controller.signal })).rejects.toThrow('left')
    expect(api.requests).toEqual([])
  })
})

describe('with nothing to search', () => {
  test.each([undefined, 'sk-ant-sandbox'])(
    'says so with the next step, names no page and asks nobody (key %s)',
    async (apiKey) => {
      const given = await answer(apiKey, question, wiki, { searchedSpaces: [] })
      expect(given).toMatchObject({ kind: 'abstention', nearest: [], searchedSpaces: [] })
      expect(given.text).toContain('nothing here that you can search yet')
      expect(given.text).toContain('Ask an admin')
      expect(api.requests).toEqual([])
    },
  )

  test('abstains without asking when the search found no passage', async () => {
    expect(await answer('sk-ant-sandbox', question, [])).toMatchObject({ kind: 'abstention', nearest: [] })
    expect(api.requests).toEqual([])
  })
})

test.each([
  [['People'], 'in People.'],
  [['A', 'B'], 'in A and B.'],
  ['ABCDEFGHI'.split(''), 'in A, B, C, D, E, F, G, H and 1 more space.'],
  ['ABCDEFGHIJKL'.split(''), 'in A, B, C, D, E, F, G, H and 4 more spaces.'],
])('an abstention names the spaces %s', async (searchedSpaces, ending) => {
  const given = await answer(undefined, 'Eiffel tower?', wiki, { searchedSpaces })
  expect(given.text).toBe(`I did not find an answer to that ${ending}`)
})
