// Runs questions with known answers through the same path as a person's, one after another, and measures.
import {
  type EvaluatedAnswer,
  type EvaluationFigures,
  type Outcome,
  type PageNames,
  computeFigures,
} from './metrics.ts'
import type { EvaluationQuestion } from './read-questions.ts'

export type EvaluateOptions<Answer extends EvaluatedAnswer> = {
  questions: EvaluationQuestion[]
  ask: (
    question: EvaluationQuestion,
    signal: AbortSignal,
  ) => Promise<{ ranking: string[]; answer: Answer; ms: number; readableSpaces?: string[] }>
  /** Takes one line of the results, with its line break; in the order of the questions. */
  writeLine?: ((line: string) => Promise<void>) | undefined
  /** Title and address of the restricted questions' pages, to find them in texts. */
  pages?: PageNames | undefined
  signal: AbortSignal
}

/** Stops at the first question that cannot be asked: figures over a part of the questions would mislead. */
export async function evaluate<Answer extends EvaluatedAnswer>(
  options: EvaluateOptions<Answer>,
): Promise<{ figures: EvaluationFigures; outcomes: Outcome[] }> {
  const outcomes: Outcome[] = []
  for (const question of options.questions) {
    options.signal.throwIfAborted()
    const { ranking, answer, ms, readableSpaces } = await options.ask(question, options.signal)
    const firstTen = ranking.slice(0, 10)
    await options.writeLine?.(`${JSON.stringify({ id: question.id, ranking: firstTen, answer, ms })}\n`)
    outcomes.push({
      question,
      ranking: firstTen,
      answer,
      ms,
      ...(readableSpaces === undefined ? {} : { readableSpaces }),
    })
  }
  return { figures: computeFigures(outcomes, options.pages), outcomes }
}
