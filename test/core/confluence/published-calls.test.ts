// What the client asks Cloud for content, attachments and comments, against Atlassian's published descriptions, where copies of
// them lie beside the checkout: each address is there, knows the parameters that it is sent, and answers as described.
import { describe, expect, test } from 'vitest'
import type { ConfluenceSite, SiteSpace } from '../../../src/core/confluence/site.ts'
import { parsePlainYaml } from '../../sandbox/confluence/plain-yaml.ts'
import { makeChecker, readDescription } from '../../sandbox/confluence/published.ts'
import { ask, type Json, richSite } from '../../sandbox/confluence/small-site.ts'
import { all, openSandbox, type SandboxSite, signal } from './sandbox-site.ts'

const [v1, v2] = [readDescription('cloud-v1.patched.openapi.yaml'), readDescription('cloud-v2.openapi.json')]

const calls: [name: string, call: (site: ConfluenceSite, space: SiteSpace) => Promise<unknown>][] = [
  ['the census', (site, space) => all(site.iterateCensus(space, signal))],
  ['rows by id', (site) => site.fetchCensusRows([page('1'), page('5'), post('30')], signal)],
  ['bodies of pages', (site) => site.fetchBodies('page', ['1', '5'], signal)],
  ['bodies of blog posts', (site) => site.fetchBodies('blogpost', ['30'], signal)],
  ['permissions', (site, space) => all(site.iteratePermissions(space, signal))],
  ['permissions of a blog post', (site) => site.fetchPagePermissions('blogpost', '30', signal)],
  ['matches', (site, space) => all(site.iterateMatches(space, 'label = home', signal))],
  ['parts', (site, space) => all(site.iterateParts(space, signal))],
  ['parts of an archived space', (site, space) => all(site.iterateParts({ ...space, status: 'archived' }, signal))],
  ['comments, also those that search does not know', (site) => site.fetchCommentBodies(['80', '93', '94'], signal)],
  ['parts by id', (site) => site.fetchExistingParts([file('att71'), file('att1'), comment('80')], signal)],
  ['blog posts by title', (site, space) => site.findPage({ space, title: 'News' }, signal)],
]

const page = (pageId: string) => ({ pageId, kind: 'page' as const })
const post = (pageId: string) => ({ pageId, kind: 'blogpost' as const })
const file = (partId: string) => ({ partId, kind: 'attachment' as const })
const comment = (partId: string) => ({ partId, kind: 'comment' as const })

const descriptions = () => [
  { prefix: '/wiki/api/v2', published: withLiveNulls(JSON.parse(v2 ?? '{}') as Json) },
  { prefix: '/wiki', published: withExpand(parsePlainYaml(v1 ?? '') as Json) },
]

describe.skipIf(v1 === undefined || v2 === undefined)('the calls of the client fit the published descriptions', () => {
  test.each(calls)('%s', async (_name, call) => {
    await using opened = await openSandbox('cloud', richSite())
    const { confluence, site, spaces } = opened
    confluence.holdSearch('changed')
    confluence.addComment({ id: '93', pageId: '2', storage: '<p>New</p>' })
    confluence.addComment({ id: '94', pageId: '2', location: 'inline', selection: 'Thirty', storage: '<p>Here</p>' })
    confluence.clearRequests()
    await call(site, spaces.get('HR')!)
    const sent = [...confluence.requests]
    expect(sent.length).toBeGreaterThan(0)
    const found = await Promise.all(sent.map((request) => findProblems(opened, descriptions(), request)))
    expect(found.flat()).toEqual([])
  })

  test('and a call that does not fit is noticed', async () => {
    await using opened = await openSandbox('cloud', richSite())
    const find = (url: string) => findProblems(opened, descriptions(), { method: 'GET', url })
    expect(await find('/wiki/api/v2/pages?status=current&colour=red')).toEqual(['/pages knows no colour'])
    expect(await find('/wiki/rest/api/content/search?cql=type%3Dpage&includeArchivedSpaces=true')).toEqual([
      '/rest/api/content/search knows no includeArchivedSpaces',
    ])
    expect(await find('/wiki/api/v2/comments')).toEqual(['GET /wiki/api/v2/comments is not described'])
  })
})

async function findProblems(
  { confluence }: SandboxSite,
  descriptions: { prefix: string; published: Json }[],
  { method, url }: { method: string; url: string },
): Promise<string[]> {
  const { pathname, searchParams } = new URL(url, confluence.url)
  const described = descriptions.find(({ prefix }) => pathname.startsWith(`${prefix}/`))
  const below = pathname.slice(described?.prefix.length)
  const verb = method.toLowerCase()
  const routes = Object.keys(described?.published.paths ?? {}).filter(
    (route) => patternOf(route).test(below) && described?.published.paths[route][verb] !== undefined,
  )
  // The one without variables is meant where both fit.
  const route = routes.toSorted((one, other) => one.split('{').length - other.split('{').length)[0]
  if (described === undefined || route === undefined) return [`${method} ${pathname} is not described`]
  const item = described.published.paths[route]
  const known = [...(item.parameters ?? []), ...(item[verb].parameters ?? [])].map((each: Json) => each.name)
  const unknown = [...new Set(searchParams.keys())].filter((name) => !known.includes(name))
  if (unknown.length > 0) return unknown.map((name) => `${route} knows no ${name}`)
  if (method !== 'GET') return []
  const { status, json } = await ask(confluence, url.replace(/^\/wiki/, ''))
  return status === 404 ? [] : makeChecker(described.published)(verb, route, json).map((what) => `${route}: ${what}`)
}

function patternOf(route: string): RegExp {
  return new RegExp(`^${route.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`)
}

/** Live answers hold null where there is no parent. */
function withLiveNulls(published: Json): Json {
  const { schemas } = published.components
  Object.assign(schemas.PageBulk.properties, { parentId: { type: ['string', 'null'] } })
  schemas.ParentContentType = { enum: [...schemas.ParentContentType.enum, null] }
  return published
}

/** The search for content takes `expand`: the text of its description speaks of it, its parameters do not. */
function withExpand(published: Json): Json {
  published.paths['/rest/api/content/search'].get.parameters.push({ name: 'expand' })
  return published
}
