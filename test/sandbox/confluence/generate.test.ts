import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SaxesParser } from 'saxes'
import { generateWiki } from '../../../sandbox/confluence/generate.ts'
import { createSite } from '../../../sandbox/confluence/model.ts'
import { startConfluence } from '../../../sandbox/confluence/server.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import { isVisible } from '../../../sandbox/confluence/visibility.ts'
import { ask, askAll } from './small-site.ts'

const main = fileURLToPath(new URL('../../../sandbox/confluence/main.ts', import.meta.url))

const titlesOf = (seed: number) => (generateWiki({ pages: 50, seed }).pages ?? []).map(({ title }) => title)

describe('a generated wiki', () => {
  let confluence: RunningConfluence
  beforeAll(async () => {
    const site = createSite(generateWiki({ pages: 600, seed: 7 }))
    confluence = await startConfluence({ flavour: 'cloud', site, cacheRows: true })
  })
  afterAll(() => confluence.close())

  const list = (rest = '') => askAll(confluence, `/api/v2/pages?limit=250&status=current${rest}`)

  test('is the same for the same seed and another for another', async () => {
    expect(titlesOf(3)).toEqual(titlesOf(3))
    expect(titlesOf(3)).not.toEqual(titlesOf(4))
    const first = (await ask(confluence, '/api/v2/pages/100005?body-format=storage')).json
    const second = (await ask(confluence, '/api/v2/pages/100005?body-format=storage')).json
    expect(first.body.storage.value.length).toBeGreaterThan(900)
    expect(second.body.storage.value).toBe(first.body.storage.value)
  })

  test('has as many pages as asked for, in trees, with folders, labels and people’s names', async () => {
    const { results } = await list()
    expect(results).toHaveLength(600)
    expect(results.filter(({ parentType }) => parentType === 'folder').length).toBeGreaterThan(5)
    expect(results.filter(({ parentId }) => parentId === null)).toHaveLength(4)
    const { comments, attachments, blogPostIds, contents } = confluence.site
    expect([comments.size, attachments.size, blogPostIds.length]).toEqual([24, 12, 6])
    expect([...contents.values()].some(({ labels }) => labels.length > 0)).toBe(true)
  })

  test('hides a few pages from most people', () => {
    const { pageIds, contents } = confluence.site
    const restricted = pageIds.filter((id) => contents.get(id)?.restriction !== undefined)
    const someone = [...confluence.site.accounts.keys()].at(-1) ?? ''
    const seen = pageIds.filter((id) => isVisible(confluence.site, id, someone))
    expect(restricted.length).toBeGreaterThan(3)
    expect(restricted.length).toBeLessThan(40)
    expect(seen.length).toBeGreaterThan(400)
    expect(seen.length).toBeLessThan(600)
  })

  test('has well-formed bodies of one to twenty KB with all that people put into pages', async () => {
    const { results } = await list('&body-format=storage')
    const bodies: string[] = results.map(({ body }) => body.storage.value)
    const sizes = bodies.map(({ length }) => length).toSorted((one, other) => one - other)
    expect(sizes[0]).toBeGreaterThan(900)
    expect(sizes.at(-1)).toBeLessThan(24_000)
    expect(sizes[300]).toBeGreaterThan(3000)
    for (const body of bodies.slice(0, 50)) {
      const parser = new SaxesParser()
      parser.on('error', (error) => {
        throw error
      })
      parser.write(`<root>${body}</root>`).close()
    }
    const everything = bodies.join('')
    for (const part of [
      '<h2>',
      '<table',
      'CDATA',
      '<ac:link>',
      'ac:name="info"',
      '<ac:task-list>',
      '<ol>',
      '<a href',
    ]) {
      expect(everything).toContain(part)
    }
  })

  test('shows every change although its rows are kept as text', async () => {
    const version = async (id: string) => (await list()).results.find((page) => page.id === id)?.version.number
    const edited = confluence.churn(5)
    expect(new Set(edited).size).toBe(5)
    const id = edited[0] ?? ''
    const before = await version(id)
    confluence.editPage(id, { title: 'Now' })
    expect(await version(id)).toBe(before + 1)
    confluence.movePage(id, { parentId: null })
    expect((await list()).results.find((page) => page.id === id)).toMatchObject({ parentId: null, title: 'Now' })
  })
})

test.each(['cloud', 'datacenter'])('runs as a process of its own as %s and says where in one line', async (flavour) => {
  const child = spawn(
    process.execPath,
    [main, '--pages', '200', '--latency', '30', '--flavour', flavour, '--port', '0'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  try {
    const chunk = await new Promise<Buffer>((resolve, reject) => {
      child.stdout.once('data', resolve)
      child.once('exit', () => reject(new Error('It ended before it said anything.')))
    })
    const lines = chunk.toString('utf8').trimEnd().split('\n')
    expect(lines).toHaveLength(1)
    const { url, pages, credentials } = JSON.parse(lines[0] ?? '') as Awaited<ReturnType<typeof startConfluence>> & {
      pages: number
    }
    const { email, token } = credentials
    const basic = `Basic ${Buffer.from(`${email}:${token}`).toString('base64')}`
    const authorization = flavour === 'cloud' ? basic : `Bearer ${token}`
    const path = flavour === 'cloud' ? '/api/v2/pages?limit=250' : '/rest/api/content?limit=500'
    const startedAt = performance.now()
    const answer = await fetch(`${url}${path}`, { headers: { authorization } })
    const { results } = (await answer.json()) as { results: unknown[] }
    expect([pages, results.length]).toEqual([200, 200])
    expect(performance.now() - startedAt).toBeGreaterThan(28)
  } finally {
    const exit = new Promise((resolve) => child.once('exit', resolve))
    child.kill()
    await exit
  }
})
