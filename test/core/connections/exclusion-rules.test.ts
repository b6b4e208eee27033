import { assert, property, stringMatching } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addExclusions, checkExclusions } from '../../../src/core/connections/exclusion-rules.ts'
import { matches } from '../../../src/core/sync/exclusions.ts'
import { defaultExclusions } from '../../../src/db/schema/connections.ts'

const cloud = 'https://acme.atlassian.net/wiki'
const server = 'https://wiki.acme.example'
const urlsOf = (typed: string, baseUrl = cloud): string[] =>
  checkExclusions({ ...defaultExclusions, urls: [typed] }, baseUrl).urls

describe('a pasted address', () => {
  const page = '/spaces/HR/pages/2/Holidays+%26+leave'
  it.each([
    [`${cloud}${page}`, cloud],
    [`${cloud}/spaces/HR/pages/2`, cloud],
    [`${cloud}${page}?focusedCommentId=7#comment-7`, cloud],
    [`HTTPS://ACME.atlassian.net/wiki${page}`, cloud],
    [`http://acme.atlassian.net/wiki/spaces/HR/pages/2/*`, cloud],
    [`/wiki${page}`, cloud],
    [page, cloud],
    ['*/wiki/spaces/HR/pages/2/*', cloud],
    ['*/pages/2/*', cloud],
    [`${cloud}/pages/viewpage.action?pageId=2`, cloud],
    [`${server}/pages/viewpage.action?pageId=2`, server],
    [`${server}${page}`, server],
  ])('%s leaves out the page, whatever its title becomes, and no other', (typed, baseUrl) => {
    const fits = (path: string): boolean => urlsOf(typed, baseUrl).some((pattern) => matches(pattern, path))
    expect([page, '/spaces/HR/pages/2/Renamed'].map(fits)).toEqual([true, true])
    expect(['/spaces/HR/pages/21/X', '/spaces/HR/pages/3/2', '/spaces/HR/overview'].map(fits)).toEqual([
      false,
      false,
      false,
    ])
  })

  it.each([
    [`${server}/display/HR/Pay+bands`, server, ['/display/HR/Pay+bands']],
    [`${server}/display/HR`, server, ['/display/HR/*']],
    [`${cloud}/spaces/HR`, cloud, ['/spaces/HR/*']],
    [`${cloud}/spaces/HR/overview`, cloud, ['/spaces/HR/overview']],
    ['*archive*', cloud, ['*archive*']],
    [`${cloud}/*/archive/*`, cloud, ['/*/archive/*']],
  ])('%s', (typed, baseUrl, expected) => {
    expect(urlsOf(typed, baseUrl)).toEqual(expected)
  })

  it('of another site is refused, and one that is everything too', () => {
    expect(() => urlsOf('https://other.atlassian.net/wiki/spaces/HR/pages/2')).toThrow(/is not an address of/)
    for (const all of [cloud, `${cloud}/*`, `${cloud}/`, '/wiki/*', '*'])
      expect(() => urlsOf(all), all).toThrow(/would leave every page out/)
  })

  it('that was made short once stays as it is', () => {
    assert(
      property(stringMatching(/^[a-z/*0-9?=.]{1,30}$/), (typed) => {
        let once: string[]
        try {
          once = urlsOf(typed)
        } catch {
          return
        }
        expect(checkExclusions({ ...defaultExclusions, urls: once }, cloud).urls).toEqual(once)
      }),
    )
  })
})

describe('rules that are added', () => {
  const before = { labels: ['draft'], titles: ['Bonus*'], urls: ['*/x/*'], templates: true, archived: true }
  it('stand beside the ones there are', () => {
    expect(addExclusions(before, { labels: ['home'] })).toEqual({ ...before, labels: ['draft', 'home'] })
    expect(addExclusions(before, { templates: false, archived: false })).toEqual({
      ...before,
      templates: false,
      archived: false,
    })
  })
})
