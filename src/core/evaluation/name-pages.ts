import type { Database, Db } from '../../db/database.ts'
import { listPageAddresses, listSearchedSpaces } from '../../db/queries/search.ts'
import type { Reach } from '../access/reach.ts'
import { type Viewer, resolveReach } from '../access/resolve-reach.ts'
import { pageUrl } from '../confluence/links.ts'
import type { PageNames } from './metrics.ts'
import type { EvaluationQuestion } from './read-questions.ts'

/** Titles and addresses of the pages of restricted questions, for `evaluate`; needs the operator's reach. */
export async function nameRestrictedPages(db: Db, questions: EvaluationQuestion[], reach: Reach): Promise<PageNames> {
  const gold = questions.filter(({ kind }) => kind === 'restricted').flatMap((question) => question.gold)
  const found = await listPageAddresses(db, gold, reach)
  return new Map(
    found.map(({ pageId, title, webPath, deployment, baseUrl }) => [
      pageId,
      { title, url: pageUrl({ deployment, baseUrl }, { webPath, title, anchor: undefined }) },
    ]),
  )
}

/** Names of the spaces in which this viewer may read a page, looked up apart from the answer that is judged. */
export async function listReadableSpaces({ database }: { database: Database }, viewer: Viewer): Promise<string[]> {
  return listSearchedSpaces(database.db, await resolveReach(database.db, viewer))
}
