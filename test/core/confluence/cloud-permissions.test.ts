import { describe, expect, test } from 'vitest'
import { all, list, signal, space, withCloudSite } from './cloud-fixtures.ts'
import type { Reply } from './scripted-server.ts'

const sublist = (results: unknown[], more: object = {}) => ({ results, size: results.length, ...more })
const readBy = (users: unknown[], groups: unknown[], more: object = {}) => ({
  operation: 'read',
  restrictions: { user: sublist(users, more), group: sublist(groups) },
})
const row = (pageId: string, read: object | undefined, labels: object = sublist([])) => ({
  id: pageId,
  type: 'page',
  restrictions: read === undefined ? {} : { read },
  metadata: { labels },
})
const many = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => ({ type: 'known', accountId: `u${from + n}` }))

describe('who may read', () => {
  test('space permissions: anonymous only from an explicit entry, roles and unknown classes are unknown', async () => {
    const read = { key: 'read', targetType: 'space' }
    const entries = [
      { principal: { type: 'user', id: 'u1' }, operation: read },
      { principal: { type: 'group', id: 'g1' }, operation: read },
      { principal: { type: 'role', id: 'r1' }, operation: read },
      { principal: { type: 'access-class', id: 'ALL_LICENSED_USERS' }, operation: read },
      { principal: { type: 'access-class', id: 'ALL_PRODUCT_ADMINS' }, operation: read },
      { principal: { type: 'ACCESS_CLASS', id: 'anonymous-users' }, operation: read },
      { principal: null, operation: read },
      { principal: { type: 'user', id: 'editor' }, operation: { key: 'update', targetType: 'page' } },
      { principal: { type: 'user', id: 'reader' }, operation: { key: 'read', targetType: 'page' } },
    ]
    await withCloudSite(
      ({ headers }) => (headers.authorization === undefined ? { json: { key: 'IT' } } : list(entries)),
      async (site) => {
        expect(await site.fetchSpaceReaders(space, signal)).toEqual([
          { kind: 'user', userId: 'u1' },
          { kind: 'group', groupId: 'g1', name: '' },
          { kind: 'unknown', description: 'role r1' },
          { kind: 'licensed' },
          { kind: 'unknown', description: 'access-class ALL_PRODUCT_ADMINS' },
          { kind: 'anonymous' },
          { kind: 'unknown', description: 'nothing' },
        ])
      },
    )
  })

  test.each<[string, Reply]>([
    ['401', { status: 401, json: {} }],
    ['403', { status: 403, json: {} }],
    ['404', { status: 404, json: {} }],
    ['a sign-in page', { html: '<form>' }],
  ])('an entry for anonymous readers lets nobody in where the site answers them with %s', async (_, reply) => {
    const entry = {
      principal: { type: 'access-class', id: 'anonymous-users' },
      operation: { key: 'read', targetType: 'space' },
    }
    await withCloudSite(
      ({ headers }) => (headers.authorization === undefined ? reply : list([entry])),
      async (site) =>
        expect(await site.fetchSpaceReaders(space, signal)).toEqual([
          { kind: 'unknown', description: expect.any(String) },
        ]),
    )
  })

  test.each<[string, Reply]>([
    ['403', { status: 403, json: {} }],
    ['404', { status: 404, json: {} }],
    ['a missing scope', { status: 401, json: { code: 401, message: 'Unauthorized; scope does not match' } }],
  ])('space permissions that answer %s are unreadable', async (_, reply) => {
    await withCloudSite(
      () => reply,
      async (site) => expect(await site.fetchSpaceReaders(space, signal)).toBe('unreadable'),
    )
  })

  test('a credential that dies on the way rejects, it does not make a space unreadable', async () => {
    await withCloudSite(
      () => ({ status: 401, json: {} }),
      async (site) => {
        await expect(site.fetchSpaceReaders(space, signal)).rejects.toMatchObject({ name: 'ConnectionRevokedError' })
      },
    )
  })

  test('the permission census asks for restrictions and labels of a quoted space, and reads both', async () => {
    const labels = sublist([
      { name: 'public', prefix: 'global' },
      { name: 'favourite', prefix: 'my' },
    ])
    const rows = [
      row('1', readBy([], []), labels),
      row('2', readBy([{ accountId: 'u1' }], [{ id: 'g1', name: 'staff' }])),
      row('3', readBy([{ displayName: 'Somebody' }], [])),
    ]
    await withCloudSite(
      () => list(rows),
      async (site, asked) => {
        expect(await all(site.iteratePermissions(space, signal))).toEqual([
          { pageId: '1', kind: 'page', readers: undefined, labels: ['public'] },
          {
            pageId: '2',
            kind: 'page',
            readers: [
              { kind: 'user', userId: 'u1' },
              { kind: 'group', groupId: 'g1', name: 'staff' },
            ],
            labels: [],
          },
          { pageId: '3', kind: 'page', readers: [{ kind: 'unknown', description: 'user without an id' }], labels: [] },
        ])
        expect(asked).toHaveLength(1)
        expect(asked[0]?.query.get('cql')).toBe('space = "I\\"T" and type in (page, blogpost)')
        expect(asked[0]?.query.get('limit')).toBe('200')
      },
    )
  })

  test('a restriction list that was cut is read to its end', async () => {
    await withCloudSite(
      ({ path, query }) => {
        if (path.endsWith('/search')) return list([row('1', readBy(many(25), []))])
        const start = Number(query.get('start'))
        return {
          json: readBy(many(Math.min(100, 130 - start), start), start === 0 ? [{ id: 'g1', name: 'staff' }] : []),
        }
      },
      async (site, asked) => {
        const [only] = await all(site.iteratePermissions(space, signal))
        expect(only?.readers).toHaveLength(131)
        expect(new Set(asked.slice(1).map(({ path }) => path))).toEqual(
          new Set(['/wiki/rest/api/content/1/restriction/byOperation/read']),
        )
      },
    )
  })

  test.each<[string, object | undefined, Reply, unknown]>([
    ['cut, and its rest is denied', readBy(many(25), []), { status: 403, json: {} }, 'unreadable'],
    ['cut, and its rest is gone', readBy(many(25), []), { status: 404, json: {} }, 'unreadable'],
    ['cut, and its rest breaks the server', readBy(many(25), []), { status: 500, json: {} }, 'unreadable'],
    ['announced but hidden', readBy([], [], { size: 2 }), { json: readBy([], [], { size: 2 }) }, 'unreadable'],
    ['not expanded', undefined, { json: { operation: 'read' } }, 'unreadable'],
    ['not expanded, and truly empty', undefined, { json: readBy([], []) }, undefined],
  ])('a restriction that is %s', async (_, read, second, readers) => {
    await withCloudSite(
      ({ path }) => (path.endsWith('/search') ? list([row('1', read)]) : second),
      async (site) => {
        expect(await all(site.iteratePermissions(space, signal))).toEqual([
          { pageId: '1', kind: 'page', readers, labels: [] },
        ])
      },
    )
  })

  test('labels that were cut are read to their end', async () => {
    const cut = sublist([{ name: 'a', prefix: 'global' }], { size: 3 })
    await withCloudSite(
      ({ path }) =>
        path.endsWith('/search') ? list([row('1', readBy([], []), cut)]) : list([{ name: 'a' }, { name: 'b' }]),
      async (site, asked) => {
        expect(await all(site.iteratePermissions(space, signal))).toEqual([
          { pageId: '1', kind: 'page', readers: undefined, labels: ['a', 'b'] },
        ])
        expect(asked[1]?.path).toBe('/wiki/api/v2/pages/1/labels')
      },
    )
  })

  test('one page straight from the store; a page that cannot be seen is unreadable', async () => {
    await withCloudSite(
      ({ path }) => {
        if (path.includes('/content/1/')) return { json: readBy([{ accountId: 'u1' }], []) }
        return path.endsWith('/pages/1/labels') ? list([{ name: 'public' }]) : { status: 404, json: {} }
      },
      async (site) => {
        expect(await site.fetchPagePermissions('page', '1', signal)).toEqual({
          pageId: '1',
          kind: 'page',
          readers: [{ kind: 'user', userId: 'u1' }],
          labels: ['public'],
        })
        expect(await site.fetchPagePermissions('page', '2', signal)).toEqual({
          pageId: '2',
          kind: 'page',
          readers: 'unreadable',
          labels: [],
        })
      },
    )
  })

  test('ancestors: a folder has its own endpoint; a trashed or invisible one is unreadable', async () => {
    const folders: Record<string, Reply> = {
      '/wiki/api/v2/folders/5': {
        json: { id: '5', title: 'Teams', status: 'current', parentId: '4', parentType: 'page' },
      },
      '/wiki/api/v2/pages/4': { json: { id: '4', title: 'Home', status: 'current', parentId: null, parentType: null } },
      '/wiki/api/v2/pages/6': { json: { id: '6', status: 'trashed', parentId: '4', parentType: 'page' } },
    }
    await withCloudSite(
      ({ path }) => folders[path] ?? { status: 404, json: {} },
      async (site) => {
        expect(await site.fetchAncestor('5', 'folder', signal)).toEqual({
          title: 'Teams',
          parentId: '4',
          parentType: 'page',
        })
        expect(await site.fetchAncestor('4', 'page', signal)).toEqual({
          title: 'Home',
          parentId: undefined,
          parentType: undefined,
        })
        expect(await site.fetchAncestor('6', 'page', signal)).toBe('unreadable')
        expect(await site.fetchAncestor('7', 'whiteboard', signal)).toBe('unreadable')
        expect(await site.fetchAncestor('8', 'unknown', signal)).toBe('unreadable')
      },
    )
  })

  test('group members come with what decides: active or not, guest or not, e-mail or hidden', async () => {
    const members = [
      { type: 'known', accountId: 'u1', displayName: 'Ann', email: 'ann@acme.example', accountStatus: 'active' },
      {
        type: 'known',
        accountId: 'u2',
        displayName: 'Ben',
        email: '',
        accountStatus: 'inactive',
        isExternalCollaborator: true,
      },
    ]
    await withCloudSite(
      () => ({ json: { results: members, start: 0, limit: 200, size: 2, _links: {} } }),
      async (site, asked) => {
        expect(await site.fetchGroupMembers({ groupId: 'g/1', name: 'staff' }, signal)).toEqual([
          { userId: 'u1', displayName: 'Ann', email: 'ann@acme.example', isActive: true, isGuest: false },
          { userId: 'u2', displayName: 'Ben', email: undefined, isActive: false, isGuest: true },
        ])
        expect(asked[0]?.path).toBe('/wiki/rest/api/group/g%2F1/membersByGroupId')
      },
    )
  })

  test('users are asked for in batches of 250, each once', async () => {
    await withCloudSite(
      ({ body }) => {
        const { accountIds } = JSON.parse(body) as { accountIds: string[] }
        return { json: { results: accountIds.slice(1).map((accountId) => ({ accountId, displayName: accountId })) } }
      },
      async (site, asked) => {
        const ids = Array.from({ length: 300 }, (_, n) => `u${n}`)
        expect(await site.fetchUsers([...ids, ...ids], signal)).toHaveLength(298)
        expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual(
          Array(2).fill('POST /wiki/api/v2/users-bulk'),
        )
      },
    )
  })
})
