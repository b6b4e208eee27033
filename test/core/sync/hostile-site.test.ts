// A site that gives what no decent Confluence would: every page is stored or reported, the run ends, and no link that
// people are shown leads off the site.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SiteValues } from '../../../sandbox/confluence/values.ts'
import { renderReply as renderForSlack, renderResult } from '../../../src/bots/slack/render.ts'
import type { Place } from '../../../src/bots/teams/activity.ts'
import { renderCommandResult, renderReply as renderForTeams } from '../../../src/bots/teams/render.ts'
import { resolveReach } from '../../../src/core/access/resolve-reach.ts'
import { ask } from '../../../src/core/questions/ask.ts'
import { search } from '../../../src/core/search/search.ts'
import { soon, syncAndWait } from '../../support/core.ts'
import { type Flow, openSyncedFlow } from '../../support/flow.ts'
import { everywhere } from './small-company.ts'

const markup = '<https://evil.example|Ann> <!channel> [Ann](https://evil.example) </p><script>alert(1)</script>'

const page = (id: string, title: string, more: object = {}) => ({
  id,
  spaceKey: 'BAD',
  title,
  parentId: id === '1' ? null : '1',
  storage: `<p>The quokka of page ${id} sleeps under the tree.</p>`,
  ...more,
})

const site: SiteValues = {
  spaces: [
    { id: '100', key: 'BAD', name: `Space ${markup}`, homepageId: '1', read: { groups: ['staff'] } },
    { id: '200', key: 'NIL', name: 'Empty', homepageId: null, read: { groups: ['staff'] } },
  ],
  groups: [{ name: 'staff', members: ['bob'] }],
  users: [
    { accountId: 'bob', displayName: 'Bob', email: 'bob@acme.example' },
    { accountId: 'mallory', displayName: markup, username: 'mallory', userKey: 'mallory' },
  ],
  pages: [
    page('1', 'Home'),
    page('2', 'Long title '.repeat(1_000).slice(0, 10_000)),
    page('3', 'Cut\u0000off', { storage: '<p>The quokka of page 3\u0000 sleeps\uD800.</p>' }),
    page('4', 'Labelled', { labels: Array.from({ length: 2_000 }, (_, n) => `label-${n}`) }),
    page('5', markup, {
      authorId: 'mallory',
      storage:
        '<p>The wombat belongs to <ac:link><ri:user ri:account-id="mallory" ri:userkey="mallory" /></ac:link> alone.</p>',
    }),
    page('6', 'Turned \u202E round'),
    ...['', ' '].map((title, n) => page(`7${n}`, title)),
  ],
}

const idsOf = (pages: { pageId: string }[]) => pages.map(({ pageId }) => pageId).toSorted()

describe.each(everywhere)('a hostile site on %s with %s', (kind, flavour) => {
  let flow: Flow
  beforeAll(async () => {
    flow = await openSyncedFlow(kind, { site, flavour })
  })
  afterAll(() => flow.close())

  const bob = { kind: 'person', email: 'bob@acme.example' } as const
  const found = async (question: string) => {
    const reach = await resolveReach(flow.core.database.db, bob)
    return (await search(flow.core, { question, reach, limit: 20, history: [] })).pages
  }

  /** The addresses in an answer and in the hits of a search, in both chats, that lead elsewhere. */
  async function linksOffSite(): Promise<string[]> {
    const question = 'To whom does the wombat belong?'
    const { answer } = await ask(flow.core, { question, viewer: bob, history: [] }, soon())
    const content = { kind: 'answer', answer, questionId: 'q' } as const
    const hits = { kind: 'searchHits', words: question, hits: await found(question) } as const
    const place = { audience: 'direct' } as Place
    const slack = [...renderForSlack(content), ...renderResult(hits)]
    const teams = [...renderForTeams(content), ...renderCommandResult(hits, place, undefined)]
    for (const messages of [slack, teams]) expect(JSON.stringify(messages)).toContain('evil.example')
    const links = [...linksIn(slack, slackLink), ...linksIn(teams, markdownLink)]
    expect(links.length).toBeGreaterThanOrEqual(6)
    return links.filter((url) => !`${url}/`.startsWith(`${flow.confluence.url}/`))
  }

  it('is stored whole, an empty space without a home page too', async () => {
    const synced = await syncAndWait(flow.open)
    const ends = Object.values(synced).map(({ run, space, failures }) => [
      run.state,
      space.state,
      space.error,
      failures,
    ])
    expect(Object.keys(synced)).toEqual(['BAD', 'NIL'])
    expect(ends).toEqual(Array.from({ length: 2 }, () => ['succeeded', 'INGESTED', null, []]))
    expect(synced['BAD']?.run.counts).toMatchObject({ listed: 8, stored: 8, failed: 0 })
    expect(synced['NIL']?.run.counts).toMatchObject({ listed: 0, stored: 0 })
    expect(idsOf(await found('quokka'))).toEqual(['1', '2', '3', '4', '6', '70', '71'])
    expect(idsOf(await found('label-1999'))).toEqual(['4'])
  })

  it('is not made anew when nothing has changed', async () => {
    const { run } = (await syncAndWait(flow.open, 'BAD'))['BAD'] ?? {}
    expect(run?.counts).toMatchObject({ unchanged: 8, updated: 0 })
  })

  it('leads nobody off it by names and titles', async () => {
    expect(await linksOffSite()).toEqual([])
  })

  it.each(['javascript:alert(1)', '//evil.example/x', 'https://evil.example/x', '/\\evil.example', '/../../evil'])(
    'leads nobody off it by the path %s of its pages',
    async (webPath) => {
      const { confluence } = flow
      const listing = flavour === 'cloud' ? /\/api\/v2\/spaces\/100\/pages\?/ : /\/content\/scan\?(?!.*restrictions)/
      const listed = confluence.requests.findLast(({ url }) => listing.test(url))
      expect(listed).toBeDefined()
      const { email, token } = confluence.credentials
      const authorization =
        flavour === 'cloud' ? `Basic ${Buffer.from(`${email}:${token}`).toString('base64')}` : `Bearer ${token}`
      const response = await fetch(new URL(listed?.url ?? '', confluence.url), {
        headers: { authorization },
        signal: AbortSignal.timeout(5_000),
      })
      const body = (await response.json()) as { results: object[] }
      const results = body.results.map((result) => ({ ...result, _links: { webui: webPath } }))
      confluence.fail({ kind: 'status', status: 200, path: listing, body: { ...body, results } })
      expect((await syncAndWait(flow.open, 'BAD'))['BAD']?.run).toMatchObject({ state: 'succeeded' })
      expect(await linksOffSite()).toEqual([])
    },
  )
})

/** `<address|words>` */
const slackLink = /<([a-z]+:[^|>]*)[|>]/gi
/** `[words](address)` */
const markdownLink = /(?<!\\)\]\(([^)]*)\)/g

/** Every address in what is sent: in fields of that name, and in texts of that notation. */
function linksIn(value: unknown, notation: RegExp): string[] {
  if (typeof value !== 'object' || value === null) return []
  const isPlain = 'type' in value && !['mrkdwn', 'TextBlock'].includes(String(value.type))
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    if (typeof inner !== 'string') return linksIn(inner, notation)
    if (name === 'url') return [inner]
    return name === 'text' && !isPlain ? [...inner.matchAll(notation)].map((match) => match[1] ?? '') : []
  })
}
