// search, ask, why: what a person would ask in chat, from the terminal.
import { auditOperator } from '../../core/access/audit-operator.ts'
import { explain } from '../../core/access/why.ts'
import { type Viewer, hasAccount, resolveReach } from '../../core/access/resolve-reach.ts'
import { isAnythingConnected } from '../../core/connections/get-connection.ts'
import type { Core } from '../../core/core.ts'
import { type Asked, ask } from '../../core/questions/ask.ts'
import { maxSearchedTerms, search } from '../../core/search/search.ts'
import { requireArgument } from '../commands/parse.ts'
import { viewerOf } from './identity.ts'
import type { Output } from './output.ts'
import { plain } from './plain.ts'
import { renderAnswer, renderHits } from './render.ts'

export type ViewerOptions = { as?: string; operator?: boolean }

export async function runSearchCommand(
  core: Core,
  words: string,
  options: ViewerOptions & { limit: number },
  output: Output,
): Promise<number> {
  requireArgument('search', words)
  const reach = await resolveReach(core.database.db, await openViewer(core, options, 'search', output))
  const { pages, isCut } = await search(core, { question: words, reach, limit: options.limit, history: [] })
  if (isCut) output.remark(cutRemark)
  output.result(pages, renderHits(pages))
  return 0
}

const cutRemark = `That is long: only its first ${maxSearchedTerms} different words are searched for.`

export async function runAskCommand(
  core: Core,
  question: string,
  options: ViewerOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  requireArgument('ask', question)
  const viewer = await openViewer(core, options, 'ask', output)
  const asked = await ask(core, { question, viewer, history: [] }, signal)
  output.result(toAskJson(asked), renderAnswer(asked.answer, process.stdout.columns))
  return 0
}

export async function runWhyCommand(
  core: Core,
  pageUrl: string,
  options: { as?: string },
  output: Output,
): Promise<number> {
  const explanation = await explain(core, pageUrl, options.as?.trim().toLowerCase(), { mayKnow: true, isOther: true })
  const text = [explanation.summary, ...explanation.details.map((detail) => `  ${detail}`)].join('\n')
  output.result(explanation, plain(text))
  return 0
}

/** The shape of `ask --json`, which evaluations store too. */
export function toAskJson({ answer, passages, timings }: Asked) {
  return {
    kind: answer.kind,
    text: answer.text,
    citations: answer.citations.map(({ n, pageId, title, part, spaceKey, url, quote }) => ({
      n,
      pageId,
      title,
      ...(part === undefined ? {} : { part }),
      spaceKey,
      url,
      quote,
    })),
    passages: passages.map(({ pageId, title, part, spaceKey, url, text, score }) => ({
      pageId,
      title,
      ...(part === undefined ? {} : { part }),
      spaceKey,
      url,
      text,
      score,
    })),
    timings,
  }
}

async function openViewer(core: Core, options: ViewerOptions, action: string, output: Output): Promise<Viewer> {
  const viewer = viewerOf(options)
  if (viewer.kind === 'operator') await auditOperator(core, action)
  if (!(await isAnythingConnected(core)))
    output.remark('No Confluence site is connected yet. Begin with: footnote connect --help')
  else if (viewer.kind === 'person' && viewer.email === undefined)
    output.remark('Nobody is named with --as EMAIL, so only shared content is searched.')
  if (viewer.kind === 'person' && viewer.email !== undefined && !(await hasAccount(core.database.db, viewer.email)))
    output.remark(
      `No Confluence account with the e-mail address ${viewer.email} is known, so only shared content is searched.`,
    )
  return viewer
}
