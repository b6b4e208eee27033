// A small company for the sandbox's own tests, and the one-line client they speak HTTP with.
import { createSite } from '../../../sandbox/confluence/model.ts'
import type { Site } from '../../../sandbox/confluence/model.ts'
import type { RunningConfluence } from '../../../sandbox/confluence/server.ts'
import type { SiteValues } from '../../../sandbox/confluence/values.ts'

export type Answer = { status: number; headers: Headers; text: string; json: Json }
// oxlint-disable-next-line typescript/no-explicit-any -- answers are read in tests only, field by field
export type Json = any

export const values: SiteValues = {
  spaces: [
    { id: '100', key: 'HR', name: 'People', homepageId: '1', read: { groups: ['staff'] } },
    { id: '200', key: 'ENG', name: 'Engineering', read: { groups: ['engineers'], users: ['ada'] } },
    { id: '300', key: 'OLD', name: 'Attic', status: 'archived', read: { licensed: true } },
    { id: '400', key: '~ada', name: 'Ada', read: { users: ['ada'] } },
  ],
  groups: [
    { name: 'staff', members: ['ada', 'bo', 'cy'] },
    { name: 'engineers', groups: ['leads'] },
    { name: 'leads', members: ['cy'] },
  ],
  users: [
    { accountId: 'ada', displayName: 'Ada', email: 'ada@example.com' },
    { accountId: 'bo', displayName: 'Bo', email: 'bo@example.com' },
    { accountId: 'cy', displayName: 'Cy', email: 'cy@example.com' },
    { accountId: 'guest', displayName: 'Gus', email: 'guest@example.com', isGuest: true },
  ],
  folders: [{ id: '20', spaceKey: 'HR', title: 'Pay', parentId: '1', read: { users: ['ada', 'bo'] } }],
  pages: [
    { id: '1', spaceKey: 'HR', title: 'People home', storage: '<p>Welcome</p>', labels: ['home'] },
    { id: '2', spaceKey: 'HR', title: 'Holidays & leave', parentId: '1', storage: '<p>Thirty days</p>' },
    { id: '3', spaceKey: 'HR', title: 'Pay bands', parentId: '20', storage: '<p>Bands</p>' },
    { id: '4', spaceKey: 'HR', title: 'Bonus', parentId: '3', read: { groups: ['leads'], users: ['ada'] } },
    { id: '5', spaceKey: 'HR', title: 'Old rules', parentId: '1', status: 'archived' },
    { id: '6', spaceKey: 'HR', title: 'Thrown away', parentId: '1', status: 'trashed' },
    {
      id: '7',
      spaceKey: 'ENG',
      title: 'Runbook',
      labels: ['ops', 'on-call'],
      version: { number: 3, createdAt: '2026-03-01T23:30:00.000Z' },
    },
    { id: '8', spaceKey: 'OLD', title: 'History' },
    { id: '9', spaceKey: '~ada', title: 'Notes' },
  ],
}

export function smallSite(changes: Partial<SiteValues> = {}): Site {
  return createSite({ ...values, ...changes })
}

/** The same with all kinds of content: blog posts, a live document, a draft, a template, attachments, comments. */
export function richSite(): Site {
  return smallSite({
    pages: [
      ...(values.pages ?? []),
      { id: '30', spaceKey: 'HR', title: 'News', type: 'blogpost', createdAt: '2026-02-03T10:00:00.000Z' },
      { id: '31', spaceKey: 'ENG', title: 'Release', type: 'blogpost', storage: '<p>Out</p>' },
      { id: '32', spaceKey: 'HR', title: 'Notes', parentId: '1', subtype: 'live' },
      { id: '33', spaceKey: 'HR', title: 'Unfinished', parentId: '1', status: 'draft', authorId: 'ada' },
      { id: '34', spaceKey: 'HR', title: 'Form', type: 'template' },
      { id: '35', spaceKey: 'HR', title: 'Sketches', type: 'whiteboard', parentId: '1' },
    ],
    attachments: [
      { id: '70', pageId: '4', title: 'bonus 2026.csv', bytes: 'a;b' },
      { id: '71', pageId: '2', title: 'plan.pdf', bytes: Buffer.from([0, 255, 10]) },
    ],
    comments: [
      { id: '80', pageId: '2', storage: '<p>Why?</p>', authorId: 'bo' },
      { id: '81', pageId: '2', parentId: '80', storage: '<p>Because.</p>' },
      { id: '82', pageId: '2', location: 'inline', selection: 'Thirty', storage: '<p>More!</p>' },
      { id: '83', pageId: '2', location: 'inline', resolution: 'resolved', storage: '<p>Done</p>' },
      { id: '84', pageId: '2', parentId: '82', storage: '<p>No.</p>' },
      { id: '85', pageId: '4', storage: '<p>Secret</p>' },
    ],
  })
}

/** A site with one open space of `count` pages below a home page. */
export function wideSite(count: number, read: (index: number) => string[] | undefined = () => undefined): Site {
  const pages = Array.from({ length: count }, (_, index) => {
    const users = read(index)
    return {
      id: String(1000 + index),
      spaceKey: 'W',
      title: `Page ${index}`,
      parentId: '999',
      ...(users ? { read: { users } } : {}),
    }
  })
  return createSite({
    spaces: [{ id: '500', key: 'W' }],
    users: values.users ?? [],
    pages: [{ id: '999', spaceKey: 'W', title: 'Wide' }, ...pages],
  })
}

/** `as`: account id, or null for nobody; default the sync account. */
export async function ask(
  confluence: RunningConfluence,
  path: string,
  as?: string | null,
  init: RequestInit = {},
): Promise<Answer> {
  const { email, token } = confluence.credentialsOf(as ?? undefined)
  const isCloud = confluence.url.endsWith('/wiki')
  const authorization = isCloud ? `Basic ${Buffer.from(`${email}:${token}`).toString('base64')}` : `Bearer ${token}`
  const url = path.startsWith('http') ? path : `${confluence.url}${path}`
  const headers = new Headers(init.headers)
  if (as !== null && !headers.has('authorization')) headers.set('authorization', authorization)
  const response = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(10_000) })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  return { status: response.status, headers: response.headers, text, json: isJson ? tryJson(text) : undefined }
}

/** Follows `next` to the end; `pages` are the sizes of the pages of results. */
export async function askAll(confluence: RunningConfluence, path: string, as?: string) {
  const origin = new URL(confluence.url).origin
  const results: Json[] = []
  const sizes: number[] = []
  for (let next: string | undefined = `${confluence.url}${path}`; next !== undefined;) {
    const { json } = await ask(confluence, next, as)
    results.push(...json.results)
    sizes.push(json.results.length)
    const link: string | undefined = json._links.next
    next = link === undefined ? undefined : `${link.includes('/api/v2/') ? origin : confluence.url}${link}`
  }
  return { results, sizes, ids: results.map((row) => String(row.id)) }
}

function tryJson(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
