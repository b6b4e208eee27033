// A large company's wiki out of a seed: spaces, trees with folders, labels, groups, restrictions, blog posts, comments and
// attachments. Bodies are made when they are asked for, so that 50,000 pages need little memory.
import { editPage } from './changes.ts'
import { makeStorage, makeTitle, mulberry, pickSize } from './generate-text.ts'
import type { Random } from './generate-text.ts'
import type { Site } from './model.ts'
import type { AttachmentValue, CommentValue } from './parts.ts'
import type { ContentValue, GroupValue, ReadersValue, SiteValues, SpaceValue, UserValue } from './values.ts'

export type GenerateOptions = {
  pages: number
  /** Default 1. */
  seed?: number
  /** Default: one for each 2,500 pages, four at least. */
  spaces?: number
  users?: number
}

const firstPageId = 100_000
const labels = 'howto policy runbook draft reference onboarding security finance team decision meeting release'.split(
  ' ',
)

/** Exactly as many pages as asked for; folders, blog posts, comments and attachments come on top. */
export function generateWiki({ pages: count, seed = 1, spaces, users: userCount = 200 }: GenerateOptions): SiteValues {
  const random = mulberry(seed)
  const spaceCount = Math.min(count, spaces ?? Math.max(4, Math.ceil(count / 2500)))
  const groups = makeGroups(random, userCount)
  const tree = makeTree(random, count, spaceCount, groups, seed)
  return {
    spaces: Array.from({ length: spaceCount }, (_, index) => makeSpace(index, groups)),
    groups,
    users: makeUsers(userCount),
    ...tree,
  }
}

/** Edits so many pages, chosen by the seed; their ids. */
export function churn(site: Site, count: number, seed = 1): string[] {
  const random = mulberry(seed)
  const current = site.pageIds.filter((id) => site.contents.get(id)?.status === 'current')
  const chosen = new Set<string>()
  while (chosen.size < Math.min(count, current.length)) chosen.add(current[Math.floor(random() * current.length)] ?? '')
  for (const id of chosen) {
    const { storage = '' } = site.contents.get(id) ?? {}
    editPage(site, id, { storage: `${storage}${makeStorage(random, 100, [])}` })
  }
  return [...chosen]
}

type Tree = { pages: ContentValue[]; folders: ContentValue[]; comments: CommentValue[]; attachments: AttachmentValue[] }

function makeTree(random: Random, count: number, spaceCount: number, groups: GroupValue[], seed: number): Tree {
  const tree: Tree = { pages: [], folders: [], comments: [], attachments: [] }
  const titles = makeTitles(random, count)
  /** Ids of each space that may become parents: a page's place in it is its rank there. */
  const parents = Array.from({ length: spaceCount }, (): string[] => [])
  for (let index = 0; index < count; index++) {
    const space = index % spaceCount
    const siblings = parents[space] ?? []
    const rank = siblings.length
    const parentId = rank === 0 ? null : (siblings[Math.floor((rank - 1) / 7)] ?? null)
    const id = String(firstPageId + index)
    const page = makePage(random, { id, index, space, parentId, titles, groups, seed })
    tree.pages.push(page)
    if (rank % 20 === 5) tree.folders.push(makeFolder(random, page, count + index))
    siblings.push(rank % 20 === 5 ? (tree.folders.at(-1)?.id ?? id) : id)
    if (index % 25 === 3) tree.comments.push(makeComment(random, id, index))
    if (index % 50 === 7) tree.attachments.push(makeAttachment(random, id, seed + index))
    if (index % 100 === 9) tree.pages.push(makeBlogPost(random, page, 3 * count + index, seed))
  }
  return tree
}

type Place = {
  id: string
  index: number
  space: number
  parentId: string | null
  titles: string[]
  groups: GroupValue[]
  seed: number
}

function makePage(random: Random, { id, index, space, parentId, titles, groups, seed }: Place): ContentValue {
  const size = pickSize(random)
  const near = titles.slice(Math.max(0, index - 50), index + 50)
  const createdAt = dateOf(random() * 700)
  const number = 1 + Math.floor(random() ** 3 * 30)
  const version = { number, createdAt: number === 1 ? createdAt : dateOf(700 + random() * 300) }
  const isRestricted = parentId !== null && random() < 0.02
  return {
    id,
    spaceKey: spaceKey(space),
    title: titles[index] ?? id,
    parentId,
    position: index,
    createdAt,
    version: { ...version, authorId: userId(Math.floor(random() * 100)) },
    authorId: userId(Math.floor(random() * 100)),
    labels: labels.filter(() => random() < 0.06),
    storage: () => makeStorage(mulberry(seed * 1_000_003 + index), size, near),
    ...(isRestricted ? { read: makeReaders(random, groups) } : {}),
  }
}

function makeFolder(random: Random, { spaceKey: key, parentId }: ContentValue, offset: number): ContentValue {
  return { id: String(firstPageId + offset), spaceKey: key, title: makeTitle(random), parentId: parentId ?? null }
}

function makeBlogPost(random: Random, page: ContentValue, offset: number, seed: number): ContentValue {
  const size = pickSize(random)
  return {
    id: String(firstPageId + offset),
    spaceKey: page.spaceKey,
    type: 'blogpost',
    title: makeTitle(random),
    createdAt: dateOf(random() * 700),
    storage: () => makeStorage(mulberry(seed * 1_000_003 + offset), size, []),
  }
}

function makeComment(random: Random, pageId: string, index: number): CommentValue {
  const location = index % 2 === 0 ? 'footer' : 'inline'
  const storage = makeStorage(random, 120, [])
  return {
    pageId,
    location,
    storage,
    authorId: userId(index % 100),
    ...(location === 'inline' ? { selection: 'ba' } : {}),
  }
}

function makeAttachment(random: Random, pageId: string, seed: number): AttachmentValue {
  const text = makeStorage(mulberry(seed), 1500, []).replaceAll(/<[^>]*>/g, ' ')
  return { pageId, title: `${makeTitle(random).replaceAll(' ', '-')}.txt`, bytes: text }
}

function makeReaders(random: Random, groups: GroupValue[]): ReadersValue {
  const group = groups[1 + Math.floor(random() * (groups.length - 1))]
  const users = random() < 0.3 ? [userId(Math.floor(random() * 100))] : []
  return { groups: group === undefined ? [] : [group.name], users }
}

/** Two in ten are for one group, the others for everyone with a licence. */
function makeSpace(index: number, groups: GroupValue[]): SpaceValue {
  const group = groups[1 + (index % (groups.length - 1))]?.name ?? ''
  const read = index % 5 === 4 ? { groups: [group] } : { licensed: true }
  return { id: String(10_000 + index), key: spaceKey(index), name: `Space ${index + 1}`, read }
}

function makeGroups(random: Random, userCount: number): GroupValue[] {
  const everyone = Array.from({ length: userCount }, (_, index) => userId(index))
  const teams = Array.from({ length: 12 }, (_, index) => ({
    name: `team-${index + 1}`,
    members: everyone.filter(() => random() < 0.1),
  }))
  return [{ name: 'staff', members: everyone }, ...teams]
}

function makeUsers(count: number): UserValue[] {
  return Array.from({ length: count }, (_, index) => ({
    accountId: userId(index),
    displayName: `Person ${index}`,
    email: `person-${index}@example.com`,
  }))
}

/** No two alike. */
function makeTitles(random: Random, count: number): string[] {
  const titles = new Set<string>()
  while (titles.size < count) {
    const title = makeTitle(random)
    titles.add(titles.has(title) ? `${title} ${titles.size}` : title)
  }
  return [...titles]
}

function userId(index: number): string {
  return `712020:00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
}

function spaceKey(index: number): string {
  return `SP${String(index + 1).padStart(2, '0')}`
}

function dateOf(day: number): string {
  return new Date(Date.UTC(2024, 0, 1) + Math.floor(day * 86_400_000)).toISOString()
}
