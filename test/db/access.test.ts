import { eq, sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, rows } from '../../src/db/database.ts'
import {
  type PrincipalRow,
  ensureAccessSets,
  listStaleGroups,
  listUserNames,
  listUsersWithoutEmail,
  purgeUnusedLayers,
  replaceGroupMembers,
  replaceLayers,
  upsertPrincipals,
} from '../../src/db/queries/access.ts'
import { openRun, claimRun } from '../../src/db/queries/sync-runs.ts'
import { accessSets, principals } from '../../src/db/schema/access.ts'
import { databaseKinds, openTestDatabase } from '../support/database.ts'
import { insertConnection, insertPage, insertSpace } from './content.ts'

const user = (confluenceId: string, more: Partial<PrincipalRow> = {}): PrincipalRow => ({
  kind: 'user',
  confluenceId,
  ...more,
})

describe.each(databaseKinds)('who may read, as rows on %s', (kind) => {
  let database: Database
  let connection: number
  beforeAll(async () => {
    database = await openTestDatabase(kind)
    connection = await insertConnection(database)
  })
  afterAll(() => database.close())

  const put = (...people: PrincipalRow[]) => upsertPrincipals(database.db, connection, people)
  const personOf = async (confluenceId: string) =>
    (await database.db.select().from(principals).where(eq(principals.confluenceId, confluenceId)))[0]
  const layer = (principalIds: number[], isKnown = true) =>
    replaceLayers(
      database.db,
      connection,
      [{ carrierKind: 'content', carrierId: '77', isKnown, principalIds }],
      new Date(),
    )
  const layersOf = async (setId: number) =>
    (
      await rows<{ id: number }>(
        database.db,
        sql`select layer_id::int as id from access_set_layers where access_set_id = ${setId} order by 1`,
      )
    ).map(({ id }) => id)
  const readersOf = async (layerId: number) =>
    (
      await rows<{ id: number }>(
        database.db,
        sql`select principal_id::int as id from layer_principals where layer_id = ${layerId} order by 1`,
      )
    ).map(({ id }) => id)

  it('keeps what is known of a person when a row does not say it', async () => {
    await put(user('ann', { name: 'Ann', email: 'Ann@Acme.example', isActive: false, isGuest: true }))
    const known = { name: 'Ann', email: 'ann@acme.example', isActive: false, isGuest: true }
    expect(await personOf('ann')).toMatchObject(known)
    await put(user('ann'))
    expect(await personOf('ann')).toMatchObject(known)
    await put(user('ann', { name: 'Anna', isActive: true, isGuest: false }))
    expect(await personOf('ann')).toMatchObject({ ...known, name: 'Anna', isActive: true, isGuest: false })
    await put(user('new'))
    expect(await personOf('new')).toMatchObject({ name: '', email: null, isActive: true, isGuest: false })
  })

  it('takes many at once, names some twice, and keeps people and groups of one id apart', async () => {
    const many = Array.from({ length: 2500 }, (_, n) => user(`many-${n}`))
    const ids = await put(...many, user('many-7', { name: 'Seven' }), { kind: 'group', confluenceId: 'many-7' })
    expect(ids.size).toBe(2501)
    expect(new Set(ids.values()).size).toBe(2501)
    expect(ids.get('user:many-7')).not.toBe(ids.get('group:many-7'))
    expect(await listUserNames(database.db, connection, ['many-7', 'many-8', 'nobody'])).toEqual(
      new Map([['many-7', 'Seven']]),
    )
  })

  it('knows whose e-mail address is missing', async () => {
    await put(user('silent'), user('loud', { email: 'loud@acme.example' }))
    const other = await insertConnection(database)
    const missing = await listUsersWithoutEmail(database.db, connection, ['silent', 'loud', 'stranger'])
    expect(new Set(missing)).toEqual(new Set(['silent', 'stranger']))
    expect(await listUsersWithoutEmail(database.db, other, ['loud'])).toEqual(['loud'])
  })

  it("replaces a layer's readers, and an unknown layer has none", async () => {
    const ids = await put(user('r1'), user('r2'), user('r3'))
    const [r1, r2, r3] = ['r1', 'r2', 'r3'].map((name) => ids.get(`user:${name}`) ?? 0) as [number, number, number]
    const id = (await layer([r1, r2, r2])).get('77') ?? 0
    expect(await readersOf(id)).toEqual([r1, r2])
    expect((await layer([r2, r3])).get('77')).toBe(id)
    expect(await readersOf(id)).toEqual([r2, r3])
    await layer([], false)
    expect(await readersOf(id)).toEqual([])
  })

  it('makes one set of one combination of layers, whatever their order', async () => {
    const layers = await replaceLayers(
      database.db,
      connection,
      ['1', '2', '3'].map((carrierId) => ({ carrierKind: 'content', carrierId, isKnown: true, principalIds: [] })),
      new Date(),
    )
    const [a, b, c] = ['1', '2', '3'].map((id) => layers.get(id) ?? 0) as [number, number, number]
    const first = await ensureAccessSets(database.db, connection, [[a, b], [c], [b, a, a], [a]])
    expect(first[0]).toBe(first[2])
    expect(new Set(first).size).toBe(3)
    expect(await ensureAccessSets(database.db, connection, [[a], [b, a]])).toEqual([first[3], first[0]])
    expect(await layersOf(first[0] ?? 0)).toEqual([a, b].toSorted((x, y) => x - y))
  })

  it('asks for a group again when its members are old or could not be read', async () => {
    const ids = await put({ kind: 'group', confluenceId: 'g', name: 'Gophers' }, user('m1'), user('m2'))
    const [group, m1, m2] = ['group:g', 'user:m1', 'user:m2'].map((key) => ids.get(key) ?? 0) as [
      number,
      number,
      number,
    ]
    const before = new Date('2026-05-01T12:00:00Z')
    const stale = (readBefore: Date) => listStaleGroups(database.db, connection, [group], readBefore)
    const members = async () =>
      (
        await rows<{ id: number }>(
          database.db,
          sql`select user_id::int as id from group_members where group_id = ${group} order by 1`,
        )
      ).map(({ id }) => id)
    expect(await stale(before)).toEqual([{ id: group, confluenceId: 'g', name: 'Gophers' }])
    await replaceGroupMembers(database.db, group, [m1, m2], before)
    expect([await members(), await stale(before)]).toEqual([[m1, m2], []])
    expect(await stale(new Date(before.getTime() + 1))).toHaveLength(1)
    await replaceGroupMembers(database.db, group, [m2], before)
    expect(await members()).toEqual([m2])
    await replaceGroupMembers(database.db, group, [], null)
    expect([await members(), await stale(before)]).toEqual([[], [expect.objectContaining({ id: group })]])
  })

  it('forgets what no page carries, but not while another space of the connection is being synced', async () => {
    const mine = await insertConnection(database)
    const [space, other] = [await insertSpace(database, mine, 'A'), await insertSpace(database, mine, 'B')]
    const layers = await replaceLayers(
      database.db,
      mine,
      [
        { carrierKind: 'space', carrierId: 's', isKnown: true, principalIds: [] },
        ...['used', 'unused'].map((carrierId) => ({
          carrierKind: 'content' as const,
          carrierId,
          isKnown: true,
          principalIds: [],
        })),
      ],
      new Date(),
    )
    const sets = await ensureAccessSets(
      database.db,
      mine,
      ['used', 'unused'].map((id) => [layers.get('s') ?? 0, layers.get(id) ?? 0]),
    )
    await insertPage(database, space, { pageId: '1', accessSetId: sets[0] ?? 0, chunks: [] })
    const setsLeft = async () =>
      (await database.db.select().from(accessSets).where(eq(accessSets.connectionId, mine))).length
    const layersLeft = async () =>
      (
        await rows<{ id: string }>(
          database.db,
          sql`select carrier_id as id from layers where connection_id = ${mine} order by carrier_id`,
        )
      ).map(({ id }) => id)

    const { run } = await openRun(database.db, { spaceId: other, kind: 'full', requestedBy: 'test' })
    await claimRun(database.db, run.id, 'busy', new Date(), new Date(Date.now() + 60_000))
    await purgeUnusedLayers(database.db, mine, space)
    expect([await setsLeft(), await layersLeft()]).toEqual([2, ['s', 'unused', 'used']])
    await purgeUnusedLayers(database.db, mine, other)
    expect([await setsLeft(), await layersLeft()]).toEqual([1, ['s', 'used']])
  })
})
