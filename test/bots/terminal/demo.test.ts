import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runCli } from '../../support/cli.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footnote-demo-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('footnote demo --once syncs the sample wiki, answers four questions and leaves nothing behind', async () => {
  const { status, stdout, stderr } = await runCli(['demo', '--once'], { TMPDIR: folder })
  expect(stderr).not.toMatch(/rror/)
  expect(status).toBe(0)
  for (const key of ['IT', 'HR', 'ENG', 'FIN']) expect(stdout).toMatch(new RegExp(`✓ ${key} +(\\d+) of \\1 pages`))
  const [, ...answers] = stdout.split('▸ ')
  expect(answers).toHaveLength(4)
  const [twoPages, onePage, unanswered] = answers.map((text) => ({
    text,
    pages: new Set([...text.matchAll(/\/pages\/(\d+)/g)].map((match) => match[1])),
    isAnswer: text.includes('Sources: Confluence'),
  }))

  const asked = await readLines<{ question: string; kind: string; gold: string[] }>('questions.jsonl')
  const inOrder = answers.map((text) => asked.find(({ question }) => text.includes(question)))
  expect(inOrder.map((question) => question?.kind)).toEqual(['multi', 'single', 'unanswerable', 'restricted'])
  const [multi, single, , hidden] = inOrder

  expect(twoPages?.isAnswer).toBe(true)
  expect(multi?.gold).toHaveLength(2)
  expect([...(twoPages?.pages ?? [])]).toEqual(expect.arrayContaining(multi?.gold ?? []))
  expect(twoPages?.text).toMatch(/\[1\][^]*\[2\]/)
  expect(onePage?.isAnswer).toBe(true)
  expect(onePage?.pages).toContain(single?.gold[0])
  expect(unanswered?.text).toContain('I did not find an answer to that in ')
  expect(unanswered?.isAnswer).toBe(false)
  const pages = await readLines<{ id: string; title: string }>('pages.jsonl')
  const secret = pages.find(({ id }) => id === hidden?.gold[0])
  expect(secret?.title).toBeTruthy()
  expect(stdout).not.toContain(secret?.title)
  expect(stdout).not.toContain(secret?.id)
  expect(stdout).not.toContain('type a question')
  expect(stdout).toMatch(/The sample site has ended with this, so the links lead nowhere; .*\n$/)
  expect(onePage?.text).toContain('exact extracts (no ANTHROPIC_API_KEY)')
  expect(unanswered?.text).toMatch(/ \d+ ms\n/)

  expect(await readdir(folder)).toEqual([])
})

async function readLines<Line>(name: string): Promise<Line[]> {
  const text = await readFile(new URL(`../../../sandbox/wiki/${name}`, import.meta.url), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}
