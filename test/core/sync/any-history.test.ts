// Whatever happened on the site before a clean run, in whatever order, and whatever went wrong in the runs between: afterwards
// Footnote holds what the credential sees, and serves everybody what Confluence shows them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listAncestors } from '../../../sandbox/confluence/model.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { isFootnoteError } from '../../../src/errors.ts'
import { findConnection, purgeConnection } from '../../../src/db/queries/connections.ts'
import { listStoredPages } from '../../../src/db/queries/pages.ts'
import { listSpaces } from '../../../src/db/queries/spaces.ts'
import { openTestCore, stoppedClock, syncAndWait } from '../../support/core.ts'
import { type Company, byNumber, everywhere, foundCompany, isSynced, people } from './small-company.ts'
import { fc, slowRuns } from '../../support/property.ts'

/** One thing that happens. Pages are meant by their place in the list, as long as it may be. */
type Event =
  | {
      do: 'edit' | 'rename' | 'unrestrict' | 'trash' | 'trash tree' | 'archive' | 'restore' | 'purge' | 'label'
      page: number
    }
  | { do: 'move'; page: number; to: number; bumpsVersion: boolean }
  | { do: 'add'; page: number; type: 'page' | 'folder' | 'blogpost'; readers: string[] }
  | { do: 'restrict'; page: number; readers: string[] }
  | { do: 'join' | 'leave'; group: string; person: string }
  | { do: 'open space'; space: string; readers: string[]; licensed: boolean }
  | { do: 'activate' | 'deactivate'; person: string }
  | { do: 'trouble'; trouble: Trouble }
  | { do: 'sync' }
type Trouble =
  | 'refused'
  | 'broken'
  | 'cut'
  | 'dropped'
  | 'no answer'
  | 'short lists'
  | 'skipped rows'
  | 'late search'
  | 'none'
type PageEvent = Extract<Event, { page: number }>

const groups = ['staff', 'leads', 'visitors']
const page = fc.nat({ max: 20 })
const readers = fc.subarray([...people, ...groups], { minLength: 1, maxLength: 3 })
const person = fc.constantFrom(...people)
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'edit',
        'rename',
        'unrestrict',
        'trash',
        'trash tree',
        'archive',
        'restore',
        'purge',
        'label',
      ),
      page,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('move'), page, to: page, bumpsVersion: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('add'),
      page,
      type: fc.constantFrom('page', 'folder', 'blogpost'),
      readers: fc.oneof(fc.constant([]), readers),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('restrict'), page, readers }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('join', 'leave'), group: fc.constantFrom(...groups), person }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('open space'),
      space: fc.constantFrom('HR', 'ENG'),
      readers,
      licensed: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('activate', 'deactivate'), person }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('trouble'),
      trouble: fc.constantFrom(
        'refused',
        'broken',
        'cut',
        'dropped',
        'no answer',
        'short lists',
        'skipped rows',
        'late search',
        'none',
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('sync') }) },
) as fc.Arbitrary<Event>

/** What cannot happen (a page below itself, a member who is none) does not. */
function apply(site: RunningConfluence, what: Event): void {
  try {
    happen(site, what)
  } catch (error) {
    if (!/cannot hang below itself|has no/.test(String(error))) throw error
  }
}

const split = (names: string[]) => ({
  users: names.filter((name) => !groups.includes(name)),
  groups: names.filter((name) => groups.includes(name)),
})

function happen(site: RunningConfluence, what: Event): void {
  const ids = [...site.site.contents.keys()]
  const idOf = (place: number): string => ids[place % ids.length] ?? ''
  if (what.do === 'join') site.addMembers(what.group, [what.person])
  else if (what.do === 'leave') site.removeMembers(what.group, [what.person])
  else if (what.do === 'open space')
    site.setSpaceReaders(what.space, { ...split(what.readers), licensed: what.licensed })
  else if (what.do === 'trouble') makeTrouble(site, what.trouble)
  else if (what.do === 'activate' || what.do === 'deactivate') site.setActive(what.person, what.do === 'activate')
  else if ('page' in what) happenTo(site, idOf(what.page), what, idOf)
}

/** What a run may meet from now on; a search that is late stays so until it is over. */
function makeTrouble(site: RunningConfluence, trouble: Trouble): void {
  const once = { times: 1, after: site.countRequests() % 5 }
  if (trouble === 'refused') site.fail({ ...once, kind: 'status', status: 429, headers: { 'retry-after': '0' } })
  if (trouble === 'broken') site.fail({ ...once, kind: 'status', status: 500 })
  if (trouble === 'cut') site.fail({ ...once, kind: 'truncate' })
  if (trouble === 'dropped') site.fail({ ...once, kind: 'drop' })
  if (trouble === 'no answer') site.fail({ ...once, kind: 'status', status: 200, body: { no: 'answer' } })
  if (trouble === 'short lists') site.setTraps({ listFill: 0.02, emptyLists: 1 })
  if (trouble === 'skipped rows') site.setTraps({ listFill: 0.02, skipRowsInNext: 2 })
  if (trouble === 'late search') site.holdSearch('changed')
  if (trouble === 'none') endTrouble(site)
}

/** All but a late search, of which a run must not depend. */
function endTrouble(site: RunningConfluence): void {
  site.clearFaults()
  site.setTraps({ listFill: 1, emptyLists: 0, skipRowsInNext: 0 })
}

function happenTo(site: RunningConfluence, id: string, what: PageEvent, idOf: (place: number) => string): void {
  const content = site.site.contents.get(id)
  if (content === undefined) return
  // Home pages stay; what is in the trash is only restored or purged, as on the screen.
  const isHome = id === '1' || id === '50'
  const isCurrent = content.status === 'current'
  const isPage = content.type === 'page'
  const isPost = content.type === 'blogpost'
  const spaceKey = site.site.spaces.get(content.spaceId)?.key ?? ''
  if (what.do === 'restrict') site.restrict(id, split(what.readers))
  if (what.do === 'unrestrict') site.unrestrict(id)
  if (what.do === 'restore' && !isCurrent) site.restorePage(id)
  if (what.do === 'purge' && !isCurrent && !isHome) site.purgePage(id)
  if (!isCurrent) return
  if (what.do === 'add') {
    const value = {
      spaceKey,
      title: `Added below ${id}`,
      parentId: isPost || what.type === 'blogpost' ? null : id,
      type: what.type,
      storage: '<p>Another quokka.</p>',
      read: split(what.readers),
    }
    if (what.type === 'page') site.addPage(value)
    else if (what.type === 'folder') site.addFolder(value)
    else site.addBlogPost(value)
  }
  if (what.do === 'move' && !isHome && !isPost) {
    const target = site.site.contents.get(idOf(what.to))
    if (target?.status === 'current' && target.type !== 'blogpost')
      site.movePage(id, { parentId: target.id, bumpsVersion: isPage && what.bumpsVersion })
  }
  if (!isPage && !isPost) return
  const { number } = content.version
  if (what.do === 'edit') site.editPage(id, { storage: `<p>The quokka came ${number + 1} times.</p>` })
  if (what.do === 'rename') site.editPage(id, { title: `Page ${id} as of ${number + 1}` })
  if (what.do === 'label') site.setLabels(id, [`label-${content.labels.length}`, ...content.labels])
  if (isHome) return
  if (what.do === 'trash') site.trashPage(id)
  if (what.do === 'trash tree') site.trashPage(id, { withChildren: true })
  if (what.do === 'archive' && isPage) site.archivePage(id)
}

/** A sync that may fail, and may even not begin where the list of spaces is broken; but only as the site failed it. */
async function syncInTrouble(open: OpenCore): Promise<void> {
  try {
    await syncAndWait(open)
  } catch (error) {
    if (!isFootnoteError(error)) throw error
  }
}

const byId = (a: unknown[], b: unknown[]): number => byNumber(String(a[0]), String(b[0]))

/** What the credential sees, and what is stored, by page: kind, title, version, labels, path; of archived pages that they are. */
async function expectSameContent(company: Company): Promise<void> {
  const { site, open } = company
  const shown = [...site.site.contents.values()]
    .filter(({ type, status }) => isSynced(type) && (status === 'current' || status === 'archived'))
    .map((content) => {
      const { id, type, title, version, labels } = content
      if (content.status === 'archived') return [id, 'archived']
      const above = listAncestors(site.site, content)
      const path = [above.map((each) => each.id), above.map((each) => each.title)]
      return [id, type, title, version.number, version.number, labels.toSorted(), ...path]
    })
  const { db } = open.core.database
  const connection = await findConnection(db, 'acme')
  const stored = (
    await Promise.all((await listSpaces(db, connection?.id ?? 0)).map(({ id }) => listStoredPages(db, id)))
  )
    .flat()
    .filter(({ tombstonedAt }) => tombstonedAt === null)
    .map((each) => {
      const { pageId, kind, title, versionNumber, indexedVersion, labels, exclusion } = each
      if (exclusion !== null) return [pageId, exclusion]
      const path = [each.ancestorIds, each.ancestorTitles]
      return [pageId, kind, title, versionNumber, indexedVersion, labels.toSorted(), ...path]
    })
  expect(stored.toSorted(byId)).toEqual(shown.toSorted(byId))
}

describe.each(everywhere)('on %s with %s', (kind, flavour) => {
  const clock = stoppedClock()
  let open: OpenCore
  beforeAll(async () => {
    open = await openTestCore(kind, { now: clock.now })
  })
  afterAll(() => open.close())

  it('a clean run makes the store what the site is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 25 }), async (events) => {
        const company = await foundCompany(open, clock, flavour)
        try {
          await syncAndWait(open)
          for (const what of events) {
            if (what.do === 'sync') await syncInTrouble(open)
            else apply(company.site, what)
          }
          endTrouble(company.site)
          company.wait()
          const synced = await syncAndWait(open)
          expect(Object.values(synced).map(({ run }) => [run.state, run.counts?.failed])).toEqual([
            ['succeeded', 0],
            ['succeeded', 0],
          ])
          await expectSameContent(company)
          await company.expectMirror()
          expect(company.site.writes).toEqual([])
          const again = await syncAndWait(open)
          expect(
            Object.values(again).map(({ run }) => [run.counts?.updated, run.counts?.deleted]),
            'nothing is left to do',
          ).toEqual([
            [0, 0],
            [0, 0],
          ])
        } finally {
          const connection = await findConnection(open.core.database.db, 'acme')
          await purgeConnection(open.core.database.db, connection?.id ?? 0)
          await company.close()
        }
      }),
      { numRuns: slowRuns(8) },
    )
    // Each history is some ten runs, and a failing one is tried again and again until it is short.
  }, 600_000)
})
