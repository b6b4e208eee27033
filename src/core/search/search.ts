// A question → the passages that may answer it, within what its asker may read. This folder ranks; it neither decides
// who may read what (a `Reach` is handed in) nor what an answer says.
import type { Database } from '../../db/database.ts'
import { type FoundChunk, MAX_TERMS, listNeighbours, listSearchedSpaces, rankChunks } from '../../db/queries/search.ts'
import type { Reach } from '../access/reach.ts'
import type { Passage } from '../answer/answer.ts'
import { pageUrl } from '../confluence/links.ts'
import { type PageOfChunks, choosePassages, groupByPage } from './choose-passages.ts'
import { queryTerms } from './query-terms.ts'

export type SearchRequest = {
  question: string
  reach: Reach
  /** Pages wanted. */
  limit: number
  /** What was said before in the thread, oldest first, by the person and by us. */
  history?: string[]
  /** Only these spaces. Undefined: all. */
  spaceKeys?: string[] | undefined
}

export type RankedPage = {
  /** Confluence's page id. */
  pageId: string
  title: string
  /** The attachment or comment that its best passage is from: a file's name, or whose comment; absent for the page's own text. */
  part?: string
  spaceKey: string
  /** Absolute link to the page and, where there is one, the heading of its best passage; or to the attachment or comment. */
  url: string
  /** Higher is better; comparable within one search only. */
  score: number
  /** Text of the page's best passage. */
  passage: string
}

export type SearchResult = {
  /** For answering: the best passage of each of the top pages, then more of those pages. */
  passages: Passage[]
  /** Best first. */
  pages: RankedPage[]
  /** Names of the spaces that the reach covers a page of. */
  searchedSpaces: string[]
  /** It has more different words than are searched for. */
  isCut: boolean
}

/** Different words of a question that are searched for; the rest is ignored. */
export const maxSearchedTerms = MAX_TERMS
/** Ranked chunks from which pages are made, several of which may be of one page. */
const MIN_CANDIDATES = 100
const MAX_CANDIDATES = 6_400
/** Only the first pages are likely enough to be the right one. */
const PAGES_WITH_NEIGHBOURS = 2

export async function search(core: { database: Database }, request: SearchRequest): Promise<SearchResult> {
  const { reach } = request
  const { database } = core
  const [pages, searchedSpaces] = await Promise.all([
    rankPages(database, request),
    listSearchedSpaces(database.db, reach),
  ])
  const neighbours = await listNeighbours(
    database.db,
    pages.slice(0, PAGES_WITH_NEIGHBOURS).map(({ best }) => best),
    reach,
  )
  return {
    passages: choosePassages(pages, neighbours).map(toPassage),
    pages: pages.map(({ best }) => ({
      pageId: best.pageId,
      title: best.title,
      ...nameOfPart(best),
      spaceKey: best.spaceKey,
      url: urlOf(best),
      score: best.score,
      passage: best.text,
    })),
    searchedSpaces,
    isCut: new Set(queryTerms(request.question)).size > maxSearchedTerms,
  }
}

/** Asks for more chunks as long as a few long pages take all the places. */
async function rankPages(
  database: Database,
  { question, reach, limit, history, spaceKeys }: SearchRequest,
): Promise<PageOfChunks[]> {
  const terms = queryTerms(question, history)
  for (let candidates = Math.max(MIN_CANDIDATES, 5 * limit); ; candidates *= 8) {
    const ranked = await rankChunks(database, { terms, reach, limit: candidates, spaceKeys })
    const pages = groupByPage(ranked)
    if (pages.length >= limit || ranked.length < candidates || candidates >= MAX_CANDIDATES)
      return pages.slice(0, limit)
  }
}

function toPassage(chunk: FoundChunk & { score: number }): Passage {
  const { chunkId, pageId, title, spaceKey, spaceName, part, headingPath, versionAt, text, score } = chunk
  const named = nameOfPart(chunk)
  return {
    chunkId,
    pageId,
    title,
    ...named,
    spaceKey,
    spaceName,
    headingPath: named.part === undefined ? headingPath : [named.part, ...headingPath],
    url: urlOf(chunk),
    changedAt: part?.versionAt ?? versionAt,
    text,
    score,
  }
}

/** A file's name; a comment has none but its writer's. */
function nameOfPart({ part, partAuthor }: FoundChunk): { part?: string } {
  if (part === null) return {}
  if (part.kind === 'attachment') return { part: part.title }
  return { part: partAuthor === null || partAuthor === '' ? 'Comment' : `Comment by ${partAuthor}` }
}

/** The page at the heading; the attachment or comment itself where Confluence gave it an address. */
function urlOf({ deployment, baseUrl, webPath, title, anchor, part }: FoundChunk): string {
  const link =
    part === null
      ? { webPath, title, anchor: anchor ?? undefined }
      : { webPath: part.webPath ?? webPath, title, anchor: undefined }
  return pageUrl({ deployment, baseUrl }, link)
}
