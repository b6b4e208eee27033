import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { databaseKinds } from '../../support/database.ts'
import { type Flow, openSyncedFlow } from '../../support/flow.ts'
import { runInProcess } from '../../support/program.ts'

describe.each(databaseKinds)('the progress of footnote sync --wait on %s', (kind) => {
  let flow: Flow
  beforeAll(async () => {
    flow = await openSyncedFlow(kind)
  })
  afterAll(() => flow.close())
  // The IT desk is slow: its three pages are still being fetched when the five of the handbook are done.
  beforeEach(() => flow.confluence.fail({ kind: 'delay', delayMs: 1_000, path: /pages\?.*id=2\d&.*body-format/ }))

  const full = '█'.repeat(32)
  const partly = `[${'█'.repeat(20)}${'░'.repeat(12)}]  5 / 8 pages · 1 of 2 spaces`
  const done = `[${full}]  8 / 8 pages · 2 of 2 spaces`

  it('is one line on a terminal that rewrites itself and ends', async () => {
    const { status, stderr, stdout } = await runInProcess(flow.open, ['sync', '--full', '--wait'], { isTerminal: true })
    expect(status).toBe(0)
    const drawn = stderr.split('\r\u001B[K')
    expect(drawn.shift()).toBe('')
    expect(drawn).toContain(partly)
    expect(drawn.at(-1)).toBe(`${done}\n`)
    expect(drawn.slice(0, -1).join('')).not.toContain('\n')
    expect(stdout).toMatch(/^✓ HB +5 of 5 pages, 5 updated.*\n✓ IT +3 of 3 pages, 3 updated.*\n$/)
  })

  it('ends with all that was done, however quick it was, pages that rules leave out among it', async () => {
    await runInProcess(flow.open, ['edit', 'acme', '--exclude-title', 'Park*', '--accept-disclaimer'])
    await runInProcess(flow.open, ['sync', '--wait'])
    const { stderr } = await runInProcess(flow.open, ['sync', '--wait'])
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(done)
    expect((await runInProcess(flow.open, ['status'])).stdout).toMatch(/HB .* 4 of 5 pages stored, 1 left out/)
    await runInProcess(flow.open, ['edit', 'acme', '--exclude-nothing', '--accept-disclaimer'])
    await runInProcess(flow.open, ['sync', '--wait'])
  })

  it('is a line for each tenth elsewhere, and beside the one JSON value', async () => {
    const { stderr, stdout } = await runInProcess(flow.open, ['sync', '--full', '--wait', '--json'])
    const lines = stderr.trimEnd().split('\n')
    expect(lines).toContain(partly)
    expect(lines.at(-1)).toBe(done)
    expect(new Set(lines).size).toBe(lines.length)
    expect(JSON.parse(stdout)).toMatchObject([{ space: 'HB' }, { space: 'IT' }])
  })
})
