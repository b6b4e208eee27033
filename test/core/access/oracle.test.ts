// Random small sites, written into the tables as a sync run does it, and searched as everybody: the answer must be that of
// a judge who knows only Confluence's rules. Shares nothing with the product but the tables.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ContentNode, resolveCarriers } from '../../../src/core/access/layers.ts'
import { resolveReach } from '../../../src/core/access/resolve-reach.ts'
import { search } from '../../../src/core/search/search.ts'
import type { Database } from '../../../src/db/database.ts'
import {
  type LayerRow,
  type PrincipalRow,
  ensureAccessSets,
  replaceGroupMembers,
  replaceLayers,
  upsertPrincipals,
} from '../../../src/db/queries/access.ts'
import { purgeConnection } from '../../../src/db/queries/connections.ts'
import { databaseKinds, openTestDatabase } from '../../support/database.ts'
import { insertConnection, insertPage, insertSpace } from '../../db/content.ts'
import { fc } from '../../support/property.ts'

const people = ['ann', 'bob', 'cyd', 'gus'] as const
const groups = ['red', 'blue'] as const
type Reader = (typeof people)[number] | (typeof groups)[number] | 'licensed' | 'anonymous'
type Page = { parent: number | undefined; restriction: 'none' | 'unknown' | Reader[] }
type Company = {
  members: Record<(typeof groups)[number], string[] | 'unreadable'>
  spaceReaders: Reader[] | 'unknown'
  pages: Page[]
}

const companies: fc.Arbitrary<Company> = fc.record({
  members: fc.record({
    red: fc.oneof({ weight: 5, arbitrary: fc.subarray([...people]) }, fc.constant('unreadable' as const)),
    blue: fc.subarray([...people]),
  }),
  spaceReaders: fc.oneof(
    { weight: 8, arbitrary: fc.subarray<Reader>([...people, ...groups, 'licensed', 'anonymous'], { minLength: 1 }) },
    fc.constant('unknown' as const),
  ),
  pages: fc.array(
    fc.record({
      // 8 and 9 are never there: the way up is lost.
      parent: fc.option(fc.nat({ max: 9 }), { nil: undefined, freq: 3 }),
      restriction: fc.oneof(
        { weight: 5, arbitrary: fc.constant('none' as const) },
        { weight: 4, arbitrary: fc.subarray<Reader>([...people, ...groups], { minLength: 1, maxLength: 3 }) },
        { weight: 1, arbitrary: fc.constant('unknown' as const) },
      ),
    }),
    { minLength: 1, maxLength: 8 },
  ),
})

/** The judge. `undefined` is somebody without an account. Gus is a guest. */
function mayRead({ members, spaceReaders, pages }: Company, id: number, who: string | undefined): boolean {
  const isAmong = (readers: Reader[]): boolean =>
    readers.some((reader) => {
      if (reader === 'anonymous') return true
      if (who === undefined) return false
      if (reader === 'licensed') return who !== 'gus'
      if (reader !== 'red' && reader !== 'blue') return reader === who
      const inGroup = members[reader]
      return inGroup !== 'unreadable' && inGroup.includes(who)
    })
  if (spaceReaders === 'unknown' || !isAmong(spaceReaders)) return false
  const passed = new Set<number>()
  for (let at: number | undefined = id; at !== undefined; at = pages[at]?.parent) {
    const page = pages[at]
    if (page === undefined || passed.has(at) || page.restriction === 'unknown') return false
    if (page.restriction !== 'none' && !isAmong(page.restriction)) return false
    passed.add(at)
  }
  return true
}

const principalOf = (reader: Reader): PrincipalRow => {
  if (reader === 'licensed' || reader === 'anonymous') return { kind: reader, confluenceId: reader }
  if (reader === 'red' || reader === 'blue') return { kind: 'group', confluenceId: reader }
  return { kind: 'user', confluenceId: reader, email: `${reader}@acme.example`, isGuest: reader === 'gus' }
}

describe.each(databaseKinds)('on %s', (kind) => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase(kind)
  })
  afterAll(() => database.close())

  async function store({ members, spaceReaders, pages }: Company): Promise<number> {
    const { db } = database
    const connection = await insertConnection(database)
    const readers: Reader[] = [...people, ...groups, 'licensed', 'anonymous']
    const ids = await upsertPrincipals(db, connection, readers.map(principalOf))
    const idOf = (reader: Reader): number => {
      const { kind: readerKind, confluenceId } = principalOf(reader)
      return ids.get(`${readerKind}:${confluenceId}`) ?? 0
    }
    for (const name of groups) {
      const inGroup = members[name]
      const isKnown = inGroup !== 'unreadable'
      const userIds = isKnown ? people.filter((who) => inGroup.includes(who)).map(idOf) : []
      await replaceGroupMembers(db, idOf(name), userIds, isKnown ? new Date() : null)
    }
    const layer = (carrierKind: LayerRow['carrierKind'], carrierId: string, who: Reader[] | 'unknown'): LayerRow => ({
      carrierKind,
      carrierId,
      isKnown: who !== 'unknown',
      principalIds: who === 'unknown' ? [] : who.map(idOf),
    })
    const tree = new Map<string, ContentNode>(
      pages.map(({ parent, restriction }, id) => [
        String(id),
        {
          parentId: parent === undefined ? undefined : String(parent),
          restriction: typeof restriction === 'string' ? restriction : 'known',
        },
      ]),
    )
    const carriers = pages.map((_, id) => resolveCarriers(String(id), tree))
    const unknown = new Set(carriers.flatMap((each) => each.unknown))
    const restricted = new Set(carriers.flatMap((each) => each.restricted).filter((id) => !unknown.has(id)))
    const spaceLayers = await replaceLayers(db, connection, [layer('space', 'space', spaceReaders)], new Date())
    const layers = await replaceLayers(
      db,
      connection,
      [
        ...[...unknown].map((id) => layer('content', id, 'unknown')),
        ...[...restricted].map((id) => layer('content', id, pages[Number(id)]?.restriction as Reader[])),
      ],
      new Date(),
    )
    const sets = await ensureAccessSets(
      db,
      connection,
      carriers.map((each) => [
        spaceLayers.get('space') ?? 0,
        ...[...each.restricted, ...each.unknown].map((id) => layers.get(id) ?? 0),
      ]),
    )
    const space = await insertSpace(database, connection, 'S')
    for (const id of pages.keys())
      await insertPage(database, space, { pageId: String(id), accessSetId: sets[id] ?? 0, chunks: ['quokka'] })
    return connection
  }

  it('nobody finds a page that Confluence would not show, and everybody finds the others', async () => {
    await fc.assert(
      fc.asyncProperty(companies, async (company) => {
        const connection = await store(company)
        try {
          for (const who of [...people, undefined]) {
            const email = who === undefined ? undefined : `${who}@acme.example`
            const reach = await resolveReach(database.db, { kind: 'person', email })
            const { pages } = await search({ database }, { question: 'quokka', reach, limit: 20 })
            const expected = [...company.pages.keys()].filter((id) => mayRead(company, id, who)).map(String)
            expect(pages.map(({ pageId }) => pageId).toSorted(byNumber), who ?? 'nobody').toEqual(expected)
          }
        } finally {
          await purgeConnection(database.db, connection)
        }
      }),
      { numRuns: 25 },
    )
  })
})

const byNumber = (a: string, b: string): number => Number(a) - Number(b)
