// Listings that end too early or never, against the sandbox.
import { describe, expect, test } from 'vitest'
import { createSite } from '../../../sandbox/confluence/model.ts'
import { all, openSandbox, signal } from './sandbox-site.ts'

/** A home page and so many below it; those of the given numbers are hidden from the account `bot`. */
function wiki(count: number, isHidden: (number: number) => boolean = () => false) {
  return createSite({
    spaces: [{ id: '100', key: 'IT', name: 'IT', homepageId: '1', read: { licensed: true } }],
    users: [
      { accountId: 'bot', displayName: 'Bot', email: 'bot@example.com' },
      { accountId: 'ann', displayName: 'Ann', email: 'ann@example.com' },
    ],
    pages: Array.from({ length: count }, (_, index) => ({
      id: String(index + 1),
      spaceKey: 'IT',
      title: `Page ${index + 1}`,
      ...(index === 0 ? {} : { parentId: '1' }),
      ...(isHidden(index + 1) ? { read: { users: ['ann'] } } : {}),
    })),
  })
}

const old = { version: '7.4.0', listsWithoutNext: true }

describe('an old Data Center, whose lists never say that more follows', () => {
  test('pages shortened by permissions are not the end', async () => {
    await using opened = await openSandbox(
      'datacenter',
      wiki(601, (n) => n > 10 && n <= 15),
      old,
      'bot',
    )
    const space = opened.spaces.get('IT')!
    const rows = await all(opened.site.iterateCensus(space, signal))
    expect(new Set(rows.map(({ pageId }) => pageId)).size).toBe(596)
    expect(await all(opened.site.iteratePermissions(space, signal))).toHaveLength(596)
    expect(await all(opened.site.iterateMatches(space, 'title ~ "page"', signal))).toHaveLength(596)
  })

  test('nor are whole pages of hidden rows in the middle', async () => {
    await using opened = await openSandbox(
      'datacenter',
      wiki(1201, (n) => n > 150 && n <= 1100),
      old,
      'bot',
    )
    const rows = await all(opened.site.iterateCensus(opened.spaces.get('IT')!, signal))
    expect(rows).toHaveLength(251)
  })

  test('and asking for bodies by id needs no second page', async () => {
    await using opened = await openSandbox('datacenter', wiki(20), old)
    opened.confluence.clearRequests()
    expect((await opened.site.fetchBodies('page', ['1', '2', '3'], signal)).bodies).toHaveLength(3)
    expect(opened.confluence.countRequests()).toBe(1)
  })
})

test('a newer Data Center is not asked for pages that it does not announce', async () => {
  await using opened = await openSandbox('datacenter', wiki(20))
  const space = opened.spaces.get('IT')!
  await all(opened.site.iterateCensus(space, signal))
  opened.confluence.clearRequests()
  await all(opened.site.iterateParts(space, signal))
  expect(opened.confluence.countRequests('/content/search')).toBe(1)
})

test('a search that begins again and again under new cursors ends with an error', async () => {
  await using opened = await openSandbox('cloud', wiki(601), { badV1Cursor: 'first-page', cursorTtlMs: 1 })
  const space = opened.spaces.get('IT')!
  opened.confluence.site.now = tick()
  opened.confluence.clearRequests()
  await expect(all(opened.site.iteratePermissions(space, signal))).rejects.toMatchObject({
    name: 'TransientError',
    code: 'listing_loops',
  })
  expect(opened.confluence.countRequests()).toBeLessThan(8)
})

test('a search that begins again once is listed to its end', async () => {
  await using opened = await openSandbox('cloud', wiki(1601), { badV1Cursor: 'first-page' })
  const found: string[] = []
  let pages = 0
  for await (const rows of opened.site.iteratePermissions(opened.spaces.get('IT')!, signal)) {
    found.push(...rows.map(({ pageId }) => pageId))
    if (++pages === 5) opened.confluence.expireCursors()
  }
  expect(new Set(found).size).toBe(1601)
})

/** A clock that moves on with every look, so that each cursor has expired by the time it comes back. */
function tick(): () => Date {
  let ms = Date.parse('2026-06-01T00:00:00Z')
  return () => new Date((ms += 10))
}
