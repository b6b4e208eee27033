// The questions of the sample wiki, asked as `footnote eval` asks them, with the scores that are committed.
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import type { EvaluationFigures } from '../../../src/core/evaluation/metrics.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { connect, openTestCore, syncAndWait } from '../../support/core.ts'
import { databaseKinds } from '../../support/database.ts'
import { runInProcess } from '../../support/program.ts'

const questions = fileURLToPath(new URL('../../../sandbox/wiki/questions.jsonl', import.meta.url))

describe.each(databaseKinds)('the sample wiki on %s', (kind) => {
  let site: RunningConfluence
  let open: OpenCore

  beforeAll(async () => {
    site = await startConfluence({ flavour: 'cloud' })
    open = await openTestCore(kind)
    await connect(open.core, site)
    await syncAndWait(open)
  }, 60_000)
  afterAll(async () => {
    await open.close()
    await site.close()
  })

  it('is answered without a leak, with the committed scores', async () => {
    const { status, stdout } = await runInProcess(open, ['eval', questions, '--json'])
    const figures = JSON.parse(stdout) as EvaluationFigures
    expect(figures.leaks).toEqual([])
    expect(status).toBe(0)
    // A change of search or of answers shows here: write down before and after.
    const { answerable, followup, abstention } = figures
    expect(answerable).toMatchObject({ questions: 30, hit5: 1 })
    expect(answerable.hit1).toBeGreaterThanOrEqual(0.9)
    expect(followup).toMatchObject({ questions: 3, hit1: 1 })
    expect(abstention).toMatchObject({ wronglyDeclined: 2 })
    expect(abstention.byKind).toMatchObject({
      unanswerable: { questions: 4, declined: 2 },
      restricted: { questions: 4, declined: 1 },
    })
  })

  it.each([
    ['letters and pictures', 'é😀'.repeat(10_000)],
    ['a line of a protocol', '200 text/html; charset=utf-8'],
    ['letters of no word', 'asdf qwertz yxcv'],
    ['numbers', '12 5 2026'],
  ])('is no answer to %s', async (_, question) => {
    const { stdout } = await runInProcess(open, ['ask', question, '--operator', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'abstention', citations: [] })
  })
})
