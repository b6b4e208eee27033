// Reads a wiki from a folder: spaces.json, pages.jsonl, users.json, restrictions.json.
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type {
  ContentValue,
  GroupValue,
  ReadersValue,
  SiteValues,
  SpaceReadersValue,
  SpaceValue,
  UserValue,
} from './values.ts'

type RestrictionsFile = {
  groups: GroupValue[]
  spacePermissions: { spaceKey: string; read: SpaceReadersValue }[]
  pageRestrictions: { pageId: string; read: ReadersValue }[]
  anonymousAccess?: boolean
}

/** The sample company's wiki that comes with the sandbox. */
export const sampleWiki = fileURLToPath(new URL('../wiki/', import.meta.url))

/** A space without an entry in `spacePermissions` is readable by nobody; a row of pages.jsonl may be a folder (`type`). */
export async function readWikiFolder(folder: string): Promise<SiteValues> {
  const [spaces, users, restrictions, pages] = await Promise.all([
    readJson<SpaceValue[]>(join(folder, 'spaces.json')),
    readJson<UserValue[]>(join(folder, 'users.json')),
    readJson<RestrictionsFile>(join(folder, 'restrictions.json')),
    readPages(join(folder, 'pages.jsonl')),
  ])
  const readers = new Map(restrictions.spacePermissions.map(({ spaceKey, read }) => [spaceKey, read]))
  return {
    spaces: spaces.map((space) => ({ ...space, read: readers.get(space.key) ?? {} })),
    pages,
    // A folder knows people by account id only: as a Data Center site it uses the same ids as user keys, so that what refers to
    // a person (questions, mentions) means the same one in both flavours.
    users: users.map((user) => ({ userKey: user.accountId, ...user })),
    groups: restrictions.groups,
    restrictions: restrictions.pageRestrictions,
    anonymousAccess: restrictions.anonymousAccess ?? false,
  }
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T
}

async function readPages(path: string): Promise<ContentValue[]> {
  const pages: ContentValue[] = []
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    if (line.trim() !== '') pages.push(JSON.parse(line) as ContentValue)
  }
  return pages
}
