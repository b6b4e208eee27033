// The end of `footnote demo`: whoever sits before it asks. A small wiki stands for the sample one.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type DemoSite, runDemo } from '../../../src/bots/terminal/demo.ts'
import { getConnection } from '../../../src/core/connections/get-connection.ts'
import { removeConnection } from '../../../src/core/connections/remove.ts'
import { type Flow, company, openFlow } from '../../support/flow.ts'
import { readScreen } from '../../support/program.ts'

const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')
let flow: Flow
let folder: string
let demoSite: DemoSite

beforeAll(async () => {
  flow = await openFlow('embedded')
  folder = await mkdtemp(join(tmpdir(), 'footnote-converse-'))
  const questions = ['wiki-001', 'wiki-002', 'wiki-003', 'wiki-013'].map((id) =>
    JSON.stringify({ id, question: 'Where do bicycles stand?', kind: 'single', asUser: 'bob' }),
  )
  await writeFile(join(folder, 'users.json'), JSON.stringify(company.users))
  await writeFile(join(folder, 'questions.jsonl'), questions.join('\n'))
  const { email, token } = flow.confluence.credentials
  const wikiFolder = pathToFileURL(`${folder}/`)
  demoSite = { url: flow.confluence.url, credentials: { email, secret: token }, wikiFolder }
})
afterAll(async () => {
  if (stdin !== undefined) Object.defineProperty(process, 'stdin', stdin)
  await flow.close()
  await rm(folder, { recursive: true, force: true })
})

type Talk = {
  /** The invitation, then what was said to each line. */
  said: string[]
  /** Who was asked, prompt by prompt. */
  askers: (string | undefined)[]
}

async function converse(input: PassThrough, signal = AbortSignal.timeout(20_000)): Promise<Talk> {
  Object.defineProperty(process, 'stdin', { value: input, configurable: true })
  const { stdout } = await readScreen(async () =>
    expect(await runDemo(flow.open, demoSite, { once: false, signal })).toBe(0),
  )
  await removeConnection(flow.core, await getConnection(flow.core, 'demo'), { purge: true, actor: 'test' })
  const talk = stdout.split('Now you: type a question.')[1] ?? ''
  const parts = talk.split(/\n(\w+ \w+) ▸ /)
  return {
    said: parts.filter((_, i) => i % 2 === 0).map((part) => part.trim()),
    askers: parts.filter((_, i) => i % 2 === 1),
  }
}

it('takes questions and commands, also what is typed before it asks, until somebody leaves', async () => {
  const input = new PassThrough()
  const harbour = 'When does the harbour office close?'
  const typed = [
    harbour,
    '/as nobody',
    '/as bob',
    '',
    harbour,
    '/search bicycles',
    '/why',
    '/connect',
    '/frob',
    '/help',
    'EXIT',
    harbour,
  ]
  input.write(`${typed.join('\n')}\n`)
  const { said, askers } = await converse(input)
  expect(said).toEqual([
    expect.stringMatching(/\/quit.* ends\.$/),
    expect.not.stringContaining('30 June'),
    'Nobody here is called nobody.',
    'Bob Member asks from now on.',
    '',
    expect.stringMatching(/^The harbour office closes on 30 June\.[^]*\[1\] Harbour office/),
    expect.stringMatching(/^1\. Parking/),
    'Something is missing: why PAGE-LINK.',
    '/connect works in chat and as footnote connect, not in this demo.',
    'There is no /frob here. A question needs no slash; /help lists what does.',
    expect.stringMatching(/^\/search WORDS {17} list the pages that fit best\n/),
    '',
  ])
  const help = said.at(-2) ?? ''
  expect(help).not.toMatch(/\/(ask|connect|edit|remove|pause)/)
  expect(help).toContain('/as NAME')
  // What is too long for its column has a line of its own.
  expect(help).toMatch(/--delete-vanished\]\n {33}refresh now/)
  expect(askers).toEqual([
    ...Array.from({ length: 3 }, () => 'Ada Admin'),
    ...Array.from({ length: 8 }, () => 'Bob Member'),
  ])
})

it('answers the last question before the end of the input', async () => {
  const input = new PassThrough()
  input.end('Where do bicycles stand?')
  const { said } = await converse(input)
  expect(said).toEqual([expect.anything(), expect.stringContaining('Bicycles stand in the courtyard')])
})

it('ends at once when it is interrupted while it waits', async () => {
  const interrupted = new AbortController()
  const input = new PassThrough()
  // Read means that the prompt stands.
  input.once('resume', () => interrupted.abort())
  expect((await converse(input, interrupted.signal)).askers).toEqual(['Ada Admin'])
})
