// A company of two spaces for the sync tests, a judge of who may read what (the sandbox's own), and what Footnote serves.
// Every page holds the word "quokka", so that one search lists all that somebody may read.
import { expect } from 'vitest'
import { createSite } from '../../../sandbox/confluence/model.ts'
import { type RunningConfluence, startConfluence } from '../../../sandbox/confluence/server.ts'
import type { ContentValue, SiteValues } from '../../../sandbox/confluence/values.ts'
import { resolveReach } from '../../../src/core/access/resolve-reach.ts'
import type { OpenCore } from '../../../src/core/open-core.ts'
import { search } from '../../../src/core/search/search.ts'
import type { ConnectRequest } from '../../../src/core/connections/request.ts'
import { connect, openTestCore, stoppedClock } from '../../support/core.ts'
import { type DatabaseKind, databaseKinds } from '../../support/database.ts'

export type Flavour = 'cloud' | 'datacenter'

/** Each flavour of Confluence, and each database. */
export const everywhere: [DatabaseKind, Flavour][] = [
  ['embedded', 'datacenter'],
  ...databaseKinds.map((kind): [DatabaseKind, Flavour] => [kind, 'cloud']),
]

/** Gus is a guest, Kim is in no group, Max is in the leads, who are part of the staff. */
export const people = ['ann', 'bob', 'gus', 'kim', 'max'] as const

const page = (id: string, title: string, more: Partial<ContentValue> = {}): ContentValue => ({
  id,
  spaceKey: 'HR',
  title,
  parentId: id === '1' ? null : '1',
  storage: `<p>The quokka writes about ${title}.</p>`,
  ...more,
})

export const values: SiteValues = {
  spaces: [
    { id: '100', key: 'HR', name: 'People', homepageId: '1', read: { groups: ['staff'] } },
    { id: '200', key: 'ENG', name: 'Engineering', homepageId: '50', read: { users: ['ann', 'max', 'kim'] } },
  ],
  groups: [
    { name: 'staff', members: ['ann', 'bob', 'gus'], groups: ['leads'] },
    { name: 'leads', members: ['max'] },
    { name: 'visitors', members: ['kim'] },
  ],
  users: people.map((name) => ({
    accountId: name,
    displayName: name,
    email: `${name}@acme.example`,
    username: name,
    isGuest: name === 'gus',
  })),
  folders: [{ id: '20', spaceKey: 'HR', title: 'Drawer', parentId: '1', read: { users: ['ann', 'max'] } }],
  pages: [
    page('1', 'People home'),
    page('2', 'Holidays', {
      labels: ['leave', 'policy'],
      storage: '<p>Quokka days.</p><h2>Summer</h2><p>Six quokka weeks.</p>',
    }),
    page('3', 'Carry-over', { parentId: '2' }),
    page('4', 'Deep', { parentId: '3' }),
    page('5', 'Salaries', { read: { groups: ['leads'], users: ['ann'] } }),
    page('6', 'Bonus', { parentId: '5', read: { users: ['max'] } }),
    page('7', 'In the drawer', { parentId: '20' }),
    page('8', 'Thrown away', { status: 'trashed' }),
    page('50', 'Engineering home', { spaceKey: 'ENG', parentId: null }),
    page('51', 'Runbook', { spaceKey: 'ENG', parentId: '50' }),
  ],
}

export type Company = {
  open: OpenCore
  site: RunningConfluence
  /** Minutes pass, so that groups are read again. */
  wait: (minutes?: number) => void
  /** Ids of the pages that are served to somebody, by e-mail address; undefined: nobody that is known. */
  servedTo: (email: string | undefined, question?: string) => Promise<string[]>
  /** Everybody is served exactly what Confluence shows them, by the sandbox's own rules. */
  expectMirror: () => Promise<void>
  close: () => Promise<void>
}

/** A core of its own; connected, not yet synced. */
export async function openCompany(
  kind: DatabaseKind,
  flavour: Flavour,
  changes: Partial<SiteValues> = {},
  request: Partial<ConnectRequest> = {},
): Promise<Company> {
  const clock = stoppedClock()
  const open = await openTestCore(kind, { now: clock.now })
  const company = await foundCompany(open, clock, flavour, changes, request)
  return {
    ...company,
    close: async () => {
      await company.close()
      await open.close()
    },
  }
}

/** Another site, connected to a core that is open; `close` closes only the site. */
export async function foundCompany(
  open: OpenCore,
  clock: ReturnType<typeof stoppedClock>,
  flavour: Flavour,
  changes: Partial<SiteValues> = {},
  request: Partial<ConnectRequest> = {},
): Promise<Company> {
  const site = await startConfluence({ flavour, site: createSite({ ...values, now: clock.now, ...changes }) })
  await connect(open.core, site, request)
  const servedTo: Company['servedTo'] = async (email, question = 'quokka') => {
    const reach = await resolveReach(open.core.database.db, { kind: 'person', email })
    const { pages } = await search(open.core, { question, reach, limit: 100 })
    return pages.map(({ pageId }) => pageId).toSorted(byNumber)
  }
  return {
    open,
    site,
    wait: (minutes = 11) => clock.advance(minutes * 60_000),
    servedTo,
    expectMirror: async () => {
      const served: Record<string, string[]> = {}
      const shown: Record<string, string[]> = {}
      for (const name of [...people, undefined]) {
        served[name ?? 'nobody'] = await servedTo(name === undefined ? undefined : `${name}@acme.example`)
        shown[name ?? 'nobody'] = shownTo(site, name)
      }
      expect(served).toEqual(shown)
    },
    close: () => site.close(),
  }
}

/** Ids of the current pages and blog posts that the sandbox's rules show to somebody. */
export function shownTo(site: RunningConfluence, name: string | undefined): string[] {
  return [...site.site.contents.values()]
    .filter(({ id, type, status }) => isSynced(type) && status === 'current' && site.isVisible(id, name ?? null))
    .map(({ id }) => id)
    .toSorted(byNumber)
}

export const isSynced = (type: string): boolean => type === 'page' || type === 'blogpost'

export const byNumber = (a: string, b: string): number => Number(a) - Number(b)
