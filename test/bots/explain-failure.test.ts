import { pino } from 'pino'
import { expect, test } from 'vitest'
import { explainFailure } from '../../src/bots/explain-failure.ts'
import { AccessDeniedError } from '../../src/errors.ts'

function record() {
  const lines: Record<string, unknown>[] = []
  return { lines, log: pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) }) }
}

test('an error of ours is its own sentence and nothing for the log', () => {
  const { log, lines } = record()
  const { text } = explainFailure(log, new AccessDeniedError('not_admin', 'Ask an admin.'), 'a command failed')
  expect(text).toBe('Ask an admin.')
  expect(lines).toEqual([])
})

test('a bug is told as a reference, which the log has with the bug', () => {
  const { log, lines } = record()
  const { text, reference } = explainFailure(log, new Error('inner detail'), 'a command failed')
  expect(reference).toMatch(/^[0-9a-f]{8}$/)
  expect(text).toBe(`Something went wrong on our side. Try again, or give your admin the reference ${reference}.`)
  expect(lines).toMatchObject([{ reference, msg: 'a command failed', err: { message: 'inner detail' } }])
})

test('every failure has a reference of its own', () => {
  const { log } = record()
  const references = [1, 2, 3].map(() => explainFailure(log, new Error('again'), 'failed').reference)
  expect(new Set(references).size).toBe(3)
})
