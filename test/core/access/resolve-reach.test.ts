import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Viewer, hasAccount, resolveReach } from '../../../src/core/access/resolve-reach.ts'
import type { Database } from '../../../src/db/database.ts'
import {
  type PrincipalRow,
  ensureAccessSets,
  replaceGroupMembers,
  replaceLayers,
  upsertPrincipals,
} from '../../../src/db/queries/access.ts'
import { updateSpace } from '../../../src/db/queries/spaces.ts'
import { groupMembers, layerPrincipals } from '../../../src/db/schema/access.ts'
import { databaseKinds, openTestDatabase } from '../../support/database.ts'
import { insertConnection, insertSpace } from '../../db/content.ts'

const now = new Date()
const user = (confluenceId: string, more: Partial<PrincipalRow> = {}): PrincipalRow => ({
  kind: 'user',
  confluenceId,
  email: `${confluenceId}@acme.example`,
  ...more,
})
const licensed: PrincipalRow = { kind: 'licensed', confluenceId: 'licensed' }
const anonymous: PrincipalRow = { kind: 'anonymous', confluenceId: 'anonymous' }
const group = (confluenceId: string): PrincipalRow => ({ kind: 'group', confluenceId })

const person = (email: string | undefined): Viewer => ({ kind: 'person', email })

describe.each(databaseKinds)('what a viewer may read on %s', (kind) => {
  let database: Database
  const names = new Map<number, string>()
  beforeAll(async () => {
    database = await openTestDatabase(kind)
    await fillMirrored()
    await fillOthers()
  })
  afterAll(() => database.close())

  /** Layers by name, each with the keys of its readers; `undefined` readers could not be read. */
  async function addLayers(
    connectionId: number,
    ids: Map<string, number>,
    wanted: Record<string, string[] | undefined>,
  ) {
    return replaceLayers(
      database.db,
      connectionId,
      Object.entries(wanted).map(([carrierId, readers]) => ({
        carrierKind: carrierId.startsWith('space') ? ('space' as const) : ('content' as const),
        carrierId,
        isKnown: readers !== undefined,
        principalIds: (readers ?? []).map((key) => ids.get(key) ?? 0),
      })),
      now,
    )
  }

  async function addSets(connectionId: number, layers: Map<string, number>, wanted: Record<string, string[]>) {
    const made = await ensureAccessSets(
      database.db,
      connectionId,
      Object.values(wanted).map((carriers) => carriers.map((id) => layers.get(id) ?? 0)),
    )
    for (const [i, name] of Object.keys(wanted).entries()) names.set(made[i] ?? 0, name)
  }

  async function fillMirrored(): Promise<void> {
    const connection = await insertConnection(database)
    const ids = await upsertPrincipals(database.db, connection, [
      user('ann'),
      user('bob'),
      user('gus', { isGuest: true }),
      user('old', { isActive: false }),
      user('twin1', { email: 'twin@acme.example' }),
      user('twin2', { email: 'twin@acme.example' }),
      user('half1', { email: 'half@acme.example' }),
      user('half2', { email: 'half@acme.example', isActive: false }),
      user('hidden', { email: undefined as never }),
      user('mentioned', { isMentionedOnly: true }),
      licensed,
      anonymous,
      group('staff'),
      group('club'),
      group('secret'),
    ])
    const id = (key: string): number => ids.get(key) ?? 0
    await replaceGroupMembers(
      database.db,
      id('group:staff'),
      ['ann', 'gus', 'old'].map((name) => id(`user:${name}`)),
      now,
    )
    // Named by no layer.
    await replaceGroupMembers(
      database.db,
      id('group:club'),
      ['bob', 'half1', 'hidden'].map((name) => id(`user:${name}`)),
      now,
    )
    await replaceGroupMembers(database.db, id('group:secret'), [], null)
    // Left from before the group could no longer be read.
    await database.db.insert(groupMembers).values({ groupId: id('group:secret'), userId: id('user:ann') })
    const layers = await addLayers(connection, ids, {
      'space staff': ['group:staff'],
      'space licensed': ['licensed:licensed'],
      'space anonymous': ['anonymous:anonymous'],
      'space ann': ['user:ann'],
      'space unknown': undefined,
      'only ann': ['user:ann'],
      'only bob': ['user:bob'],
      'only secret': ['group:secret'],
      'only nobody': [],
      unknown: undefined,
    })
    // Readers that were left behind when the layer could no longer be read.
    await database.db
      .insert(layerPrincipals)
      .values({ layerId: layers.get('unknown') ?? 0, principalId: id('user:ann') })
    await addSets(connection, layers, {
      staff: ['space staff'],
      licensed: ['space licensed'],
      anonymous: ['space anonymous'],
      'staff and ann': ['space staff', 'only ann'],
      'staff and bob': ['space staff', 'only bob'],
      'ann and bob': ['only ann', 'only bob'],
      secret: ['space anonymous', 'only secret'],
      nobody: ['space anonymous', 'only nobody'],
      'unknown above': ['space anonymous', 'unknown'],
      'unknown space': ['space unknown'],
      incomplete: ['space anonymous', 'only ann', 'only secret'],
      internal: ['space ann'],
    })
    // A set of which a layer is missing; what is left of it would let in Ann, or everybody.
    for (const carrier of ['only ann', 'only secret'])
      await database.db.execute(
        sql`delete from access_set_layers where layer_id = ${layers.get(carrier) ?? 0}
              and access_set_id = ${[...names].find(([, name]) => name === 'incomplete')?.[0] ?? 0}`,
      )
    const space = await insertSpace(database, connection, '~ann')
    await updateSpace(database.db, space, { visibility: 'internal', layerId: layers.get('space ann') ?? 0 })
  }

  /** Another mirrored site, a shared one, and one that was removed. */
  async function fillOthers(): Promise<void> {
    const second = await insertConnection(database)
    const inSecond = await upsertPrincipals(database.db, second, [user('cyd'), user('bob'), licensed, group('all')])
    const everyone = ['user:cyd', 'user:bob'].map((key) => inSecond.get(key) ?? 0)
    await replaceGroupMembers(database.db, inSecond.get('group:all') ?? 0, everyone, now)
    const secondLayers = await addLayers(second, inSecond, { space: ['licensed:licensed'] })
    await addSets(second, secondLayers, { 'second site': ['space'] })

    const shared = await insertConnection(database, { accessMode: 'shared' })
    const inShared = await upsertPrincipals(database.db, shared, [user('dee')])
    const sharedLayers = await addLayers(shared, inShared, {
      space: ['user:dee'],
      'space internal': ['user:dee'],
      closed: undefined,
    })
    await addSets(shared, sharedLayers, { shared: ['space', 'closed'], 'shared internal': ['space internal'] })
    const space = await insertSpace(database, shared, '~dee')
    await updateSpace(database.db, space, { visibility: 'internal', layerId: sharedLayers.get('space internal') ?? 0 })

    for (const state of ['removed', 'draft'] as const) {
      const gone = await insertConnection(database, { state })
      const inGone = await upsertPrincipals(database.db, gone, [user('ann'), anonymous])
      const layers = await addLayers(gone, inGone, { space: ['anonymous:anonymous'] })
      await addSets(gone, layers, { [state]: ['space'] })
    }
    const paused = await insertConnection(database, { state: 'paused' })
    const inPaused = await upsertPrincipals(database.db, paused, [user('eve')])
    await addSets(paused, await addLayers(paused, inPaused, { space: ['user:eve'] }), { paused: ['space'] })
  }

  async function reach(viewer: Viewer): Promise<string[]> {
    const found = await resolveReach(database.db, viewer)
    if (found.kind === 'everything') return ['everything']
    return found.accessSetIds.map((id) => names.get(id) ?? `set ${id}`).toSorted((a, b) => (a < b ? -1 : 1))
  }
  const everybody = ['anonymous', 'shared']

  it.each<[string, Viewer, string[]]>([
    [
      'a member of the group',
      person('ann@acme.example'),
      ['anonymous', 'licensed', 'shared', 'staff', 'staff and ann'],
    ],
    [
      'the same, whatever the case of the address',
      person('ANN@acme.Example'),
      ['anonymous', 'licensed', 'shared', 'staff', 'staff and ann'],
    ],
    [
      'somebody of two sites, in no group',
      person('bob@acme.example'),
      ['anonymous', 'licensed', 'second site', 'shared'],
    ],
    ['a guest, who is licensed for nothing', person('gus@acme.example'), ['anonymous', 'shared', 'staff']],
    ['somebody whom only a page mentions', person('mentioned@acme.example'), everybody],
    ['a deactivated account', person('old@acme.example'), everybody],
    ['an address that two accounts of a site have', person('twin@acme.example'), everybody],
    ['an address that one active account has', person('half@acme.example'), ['anonymous', 'licensed', 'shared']],
    ['a stranger', person('nobody@elsewhere.example'), everybody],
    ['an empty address', person(''), everybody],
    ['nobody that is known', person(undefined), everybody],
    ['somebody of the other site only', person('cyd@acme.example'), ['anonymous', 'second site', 'shared']],
    ['the one who may read all of the shared site', person('dee@acme.example'), everybody],
    ['somebody of a site that is paused', person('eve@acme.example'), ['anonymous', 'paused', 'shared']],
    ['everybody who reads along', { kind: 'audience' }, ['anonymous', 'licensed', 'second site', 'shared']],
    [
      'an account',
      { kind: 'account', accountId: 'ann' },
      ['anonymous', 'licensed', 'shared', 'staff', 'staff and ann'],
    ],
    ['a deactivated account by its id', { kind: 'account', accountId: 'old' }, everybody],
    ['an account without an address', { kind: 'account', accountId: 'hidden' }, ['anonymous', 'licensed', 'shared']],
    ['no account', { kind: 'account', accountId: 'none' }, everybody],
    ['the operator', { kind: 'operator' }, ['everything']],
  ])('%s', async (_, viewer, expected) => {
    expect(await reach(viewer)).toEqual(expected)
  })

  it('knows whether somebody has an account at all', async () => {
    expect(await hasAccount(database.db, 'Ann@acme.example')).toBe(true)
    expect(await hasAccount(database.db, 'twin@acme.example')).toBe(false)
    expect(await hasAccount(database.db, 'old@acme.example')).toBe(false)
  })
})
