// A question under one viewer's rights → passages → answer. The same for chat, terminal and evaluation.
import type { Answer, Passage } from '../answer/answer.ts'
import { answerFromPassages } from '../answer/answer-question.ts'
import type { Turn } from '../answer/prompt.ts'
import { type Viewer, resolveReach } from '../access/resolve-reach.ts'
import type { Core } from '../core.ts'
import { type RankedPage, search } from '../search/search.ts'

export type Asked = {
  answer: Answer
  /** Pages in order of rank, best first. */
  ranking: RankedPage[]
  passages: Passage[]
  /** Milliseconds. */
  timings: { access: number; search: number; answer: number; total: number }
}

/** Longer questions are cut for search and answering; people are told when that happens (`maxQuestionCharacters`). */
const maxQuestionCharacters = 4_000

export async function ask(
  core: Core,
  request: { question: string; viewer: Viewer; history: Turn[] },
  signal: AbortSignal,
): Promise<Asked> {
  const startedAt = performance.now()
  const question = request.question.slice(0, maxQuestionCharacters)
  const reach = await resolveReach(core.database.db, request.viewer)
  const accessAt = performance.now()
  const found = await search(core, {
    question,
    reach,
    limit: 10,
    history: request.history.map((turn) => turn.text),
  })
  const searchAt = performance.now()
  const answer = await answerFromPassages(
    {
      apiKey: core.config.ANTHROPIC_API_KEY,
      baseUrl: core.config.ANTHROPIC_BASE_URL,
      model: core.config.ANTHROPIC_MODEL,
    },
    question,
    found.passages,
    {
      searchedSpaces: found.searchedSpaces,
      history: request.history,
      signal,
      onFailure: (error) => core.log.warn({ err: error }, 'Claude could not answer'),
    },
  )
  const endedAt = performance.now()
  return {
    answer: request.question.length > maxQuestionCharacters ? withCutNote(answer) : answer,
    ranking: found.pages,
    passages: found.passages,
    timings: {
      access: ms(startedAt, accessAt),
      search: ms(accessAt, searchAt),
      answer: ms(searchAt, endedAt),
      total: ms(startedAt, endedAt),
    },
  }
}

/** Milliseconds with one decimal. */
function ms(from: number, to: number): number {
  return Math.round((to - from) * 10) / 10
}

function withCutNote(answer: Answer): Answer {
  const note = `Your question is very long; I read its first ${maxQuestionCharacters.toLocaleString('en')} characters.`
  return { ...answer, note: answer.note === undefined ? note : `${note} ${answer.note}` }
}
