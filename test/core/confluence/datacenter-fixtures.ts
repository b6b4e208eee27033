// What the tests of the Data Center client share.
import { createDataCenterSite } from '../../../src/core/confluence/datacenter.ts'
import type { ConfluenceSite, SiteSpace } from '../../../src/core/confluence/site.ts'
import { quick, startScripted, type Asked, type Reply } from './scripted-server.ts'

export const signal = new AbortController().signal
export const space: SiteSpace = {
  spaceId: '7',
  key: 'IT',
  name: 'IT',
  type: 'global',
  status: 'current',
  homepageId: undefined,
}
export const notFound: Reply = { status: 404, json: { statusCode: 404, message: 'No content found' } }
export const deadLink: Reply = { status: 404, html: '<title>Page Not Found</title>' }

/** `others` answers lists of archived pages and of blog posts, which stand in no log; there are none unless told otherwise. */
export async function withDataCenterSite<Value>(
  answer: (asked: Asked, index: number) => Reply,
  work: (site: ConfluenceSite, asked: Asked[]) => Promise<Value>,
  others: (asked: Asked) => Reply = () => list([], 200),
): Promise<Value> {
  const pages: Asked[] = []
  await using server = await startScripted((each) =>
    isOtherList(each) ? others(each) : answer(each, pages.push(each) - 1),
  )
  const address = { deployment: 'datacenter', baseUrl: `${server.url}/confluence` } as const
  const credential = { kind: 'pat', secret: 'abc' } as const
  return await work(createDataCenterSite({ ...quick, address, credential }), pages)
}

const isOtherList = ({ path, query }: Asked) =>
  /\/content(\/scan)?$/.test(path) && (query.get('type') === 'blogpost' || query.get('status') === 'archived')

export async function all<Row>(pages: AsyncIterable<Row[]>): Promise<Row[]> {
  return (await Array.fromAsync(pages)).flat()
}

export const page = (pageId: string, more: object = {}) => ({
  id: pageId,
  type: 'page',
  status: 'current',
  title: `Page ${pageId}`,
  ancestors: [],
  version: { number: 2, when: '2022-04-04T13:38:45.793+02:00', by: { type: 'known', userKey: 'k2' } },
  history: { createdDate: '2019-08-16T15:41:14.448+1100', createdBy: { type: 'anonymous', displayName: 'Anonymous' } },
  extensions: { position: 'none' },
  _links: { webui: `/display/IT/Page+${pageId}` },
  ...more,
})
export const list = (results: unknown[], limit: number, next?: string): Reply => ({
  json: {
    results,
    start: 0,
    limit,
    size: results.length,
    _links: { base: 'x', context: '/confluence', ...(next === undefined ? {} : { next }) },
  },
})
