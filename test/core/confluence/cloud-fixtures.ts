// What the tests of the Cloud client share.
import { createCloudSite } from '../../../src/core/confluence/cloud.ts'
import type { ConfluenceSite, SiteSpace } from '../../../src/core/confluence/site.ts'
import { quick, startScripted, type Asked, type Reply } from './scripted-server.ts'

export const signal = new AbortController().signal
export const space: SiteSpace = {
  spaceId: '7',
  key: 'I"T',
  name: 'IT',
  type: 'global',
  status: 'current',
  homepageId: undefined,
}

/** `others` answers lists of blog posts, which stand in no log; there are none unless told otherwise. */
export async function withCloudSite<Value>(
  answer: (asked: Asked, index: number) => Reply,
  work: (site: ConfluenceSite, asked: Asked[]) => Promise<Value>,
  others: (asked: Asked) => Reply = () => list([]),
): Promise<Value> {
  const pages: Asked[] = []
  await using server = await startScripted((each) =>
    each.path.endsWith('/blogposts') ? others(each) : answer(each, pages.push(each) - 1),
  )
  const address = { deployment: 'cloud', baseUrl: `${server.url}/wiki` } as const
  const credential = { kind: 'token', email: 'ann@acme.example', secret: 'abc' } as const
  return await work(createCloudSite({ ...quick, address, credential }), pages)
}

export async function all<Row>(pages: AsyncIterable<Row[]>): Promise<Row[]> {
  return (await Array.fromAsync(pages)).flat()
}

export const page = (pageId: string, more: object = {}) => ({
  id: pageId,
  title: `Page ${pageId}`,
  status: 'current',
  spaceId: '7',
  parentId: null,
  parentType: null,
  position: 3,
  authorId: 'ann',
  createdAt: '2026-03-19T14:23:48.080Z',
  version: { number: 2, createdAt: '2026-04-01T00:00:00.000Z', authorId: 'ben' },
  _links: { webui: `/spaces/IT/pages/${pageId}/Page` },
  ...more,
})
export const list = (results: unknown[], next?: string): Reply => ({
  json: { results, _links: { base: 'https://acme.atlassian.net/wiki', ...(next === undefined ? {} : { next }) } },
})
