// Passages of one question → what the person is told: Claude's checked answer, an extract, or an abstention.
import { ConnectionRevokedError, isFootnoteError } from '../../errors.ts'
import { abstain } from './abstain.ts'
import type { Answer, Passage, Statement } from './answer.ts'
import { askClaude, type ClaudeLimits } from './claude.ts'
import { extractAnswer } from './extract.ts'
import type { Turn } from './prompt.ts'

export type AnswerSettings = {
  /** Undefined: answers are extracts. */
  apiKey: string | undefined
  baseUrl: string
  model: string
  limits?: Partial<ClaudeLimits>
}

export type AnswerOptions = {
  /** Names of the spaces that were searched with the asker's rights; empty: there is nothing that they can search. */
  searchedSpaces: string[]
  history?: Turn[]
  signal: AbortSignal
  onStatement?: (statement: Statement) => void
  /** Told why Claude did not answer and an extract was made instead; for the log. */
  onFailure?: (error: Error) => void
}

/** Rejects only with the reason of `signal` or on a bug; a failure of Claude's gives an extract with a note. */
export async function answerFromPassages(
  settings: AnswerSettings,
  question: string,
  passages: Passage[],
  options: AnswerOptions,
): Promise<Answer> {
  options.signal.throwIfAborted()
  const { searchedSpaces, history = [], signal, onStatement } = options
  if (searchedSpaces.length === 0 || passages.length === 0) return abstain(passages, searchedSpaces)
  const { apiKey, baseUrl, model, limits = {} } = settings
  const extract = (): Answer => {
    const earlierQuestion = history.findLast((turn) => turn.role === 'user')?.text
    return extractAnswer(question, passages, { searchedSpaces, earlierQuestion }) ?? abstain(passages, searchedSpaces)
  }
  if (apiKey === undefined) return extract()
  try {
    const claude = { apiKey, baseUrl, model, limits }
    return await askClaude(claude, question, history, passages, { searchedSpaces, signal, onStatement })
  } catch (error) {
    if (!isFootnoteError(error)) throw error
    options.onFailure?.(error)
    return { ...extract(), note: noteOn(error) }
  }
}

function noteOn(error: Error): string {
  const advice = error instanceof ConnectionRevokedError ? ` ${error.message}` : ''
  return `Claude was unavailable, so this comes from a plain search of the pages.${advice}`
}
