import { describe, expect, test } from 'vitest'
import { deadLink, list, notFound, signal, space, withDataCenterSite } from './datacenter-fixtures.ts'
import type { Reply } from './scripted-server.ts'

describe('who may read', () => {
  const read = { targetType: 'space', operationKey: 'read' }

  test('space permissions, by user key and group name', async () => {
    const entries = [
      { operation: read, subject: { type: 'user', userKey: 'k1' } },
      { operation: read, subject: { type: 'group', name: 'staff' } },
      { operation: read, subject: { type: 'user', name: 'ann' } },
      { operation: read },
      { operation: read, subject: { type: 'anonymous' } },
      { operation: { targetType: 'page', operationKey: 'create' }, subject: { type: 'user', userKey: 'k2' } },
    ]
    await withDataCenterSite(
      ({ headers }) => ({ json: headers.authorization === undefined ? { key: 'IT' } : entries }),
      async (site) => {
        expect(await site.fetchSpaceReaders(space, signal)).toEqual([
          { kind: 'user', userId: 'k1' },
          { kind: 'group', groupId: 'staff', name: 'staff' },
          { kind: 'unknown', description: 'user' },
          { kind: 'unknown', description: 'nobody named' },
          { kind: 'anonymous' },
        ])
      },
    )
  })

  test('an entry for anonymous readers lets nobody in while the site is closed to them', async () => {
    await withDataCenterSite(
      ({ headers }) =>
        headers.authorization === undefined
          ? { status: 401, json: {} }
          : { json: [{ operation: read, subject: { type: 'anonymous' } }] },
      async (site) =>
        expect(await site.fetchSpaceReaders(space, signal)).toEqual([
          { kind: 'unknown', description: expect.any(String) },
        ]),
    )
  })

  test.each<[string, Reply]>([
    ['403', { status: 403, json: {} }],
    ['404 as a web page, before 9.1', deadLink],
    ['404', notFound],
    ['500, instead of 403', { status: 500, json: {} }],
    ['401, though the account is fine', { status: 401, json: {} }],
    ['a WebSudo page', { html: '<form action="/authenticate.action">' }],
  ])('space permissions that answer %s are unreadable', async (_, reply) => {
    await withDataCenterSite(
      ({ path }) => (path.endsWith('/user/current') ? { json: { type: 'known', userKey: 'k1' } } : reply),
      async (site) => expect(await site.fetchSpaceReaders(space, signal)).toBe('unreadable'),
    )
  })

  test('restrictions of one page, by user key and group name', async () => {
    const restrictions = {
      read: {
        restrictions: {
          user: { results: [{ type: 'known', userKey: 'k1', username: 'ann' }], size: 1, limit: 200 },
          group: { results: [{ type: 'group', name: 'staff' }], size: 1, limit: 200 },
        },
      },
    }
    const labels = { results: [{ prefix: 'global', name: 'public' }], size: 1, limit: 200 }
    await withDataCenterSite(
      ({ path }) =>
        path.endsWith('/content/1') ? { json: { id: '1', restrictions, metadata: { labels } } } : notFound,
      async (site) => {
        expect(await site.fetchPagePermissions('page', '1', signal)).toEqual({
          pageId: '1',
          kind: 'page',
          readers: [
            { kind: 'user', userId: 'k1' },
            { kind: 'group', groupId: 'staff', name: 'staff' },
          ],
          labels: ['public'],
        })
        expect(await site.fetchPagePermissions('page', '2', signal)).toMatchObject({ readers: 'unreadable' })
      },
    )
  })

  test('members of nested groups count, and groups that contain each other end', async () => {
    const groups: Record<string, Reply> = {
      '/confluence/rest/api/group/staff/member': list([{ type: 'known', userKey: 'k1', status: 'current' }], 200),
      '/confluence/rest/api/group/staff/groupmember': list([{ type: 'group', name: 'it team' }], 200),
      '/confluence/rest/api/group/it%20team/member': list(
        [
          { type: 'known', userKey: 'k1' },
          { type: 'known', userKey: 'k2', status: 'deactivated', displayName: 'Ben' },
        ],
        200,
      ),
      '/confluence/rest/api/group/it%20team/groupmember': list([{ type: 'group', name: 'staff' }], 200),
    }
    await withDataCenterSite(
      ({ path }) => groups[path] ?? notFound,
      async (site) => {
        const members = await site.fetchGroupMembers({ groupId: 'staff', name: 'staff' }, signal)
        expect(members).toMatchObject([
          { userId: 'k1', isActive: undefined },
          { userId: 'k2', displayName: 'Ben', isActive: false },
        ])
        expect(await site.fetchGroupMembers({ groupId: 'gone', name: 'gone' }, signal)).toBe('unreadable')
        expect(await site.fetchGroupMembers({ groupId: 'a/b', name: 'a/b' }, signal)).toBe('unreadable')
      },
    )
  })

  test('users by key; unknown ones are absent', async () => {
    await withDataCenterSite(
      ({ query }) =>
        query.get('key') === 'k1' ? { json: { type: 'known', userKey: 'k1', displayName: 'Ann' } } : notFound,
      async (site) => {
        expect(await site.fetchUsers(['k1', 'k2', 'k1'], signal)).toMatchObject([{ userId: 'k1', displayName: 'Ann' }])
      },
    )
  })
})
