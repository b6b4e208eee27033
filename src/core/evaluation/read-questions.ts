// A file of questions with known answers, one JSON object a line → questions. Pure.
import { z } from 'zod'
import { InvalidInputError } from '../../errors.ts'

const kinds = ['single', 'multi', 'ambiguous', 'followup', 'restricted', 'unanswerable'] as const
const aText = 'write a text in quotes that is not empty'
const aList = 'write a list of texts, such as ["123"]'
const anAsker = 'write a Confluence account id in quotes, or null for no permission filter'
const turns = 'write a list of {"role": "user" or "assistant", "text": "…"}'

const evaluationQuestion = z.object(
  {
    id: z.string(aText).min(1, aText),
    question: z.string(aText).min(1, aText),
    kind: z.enum(kinds, `write one of ${kinds.join(', ')}`),
    /** Confluence page ids. `single`: each answers alone. `restricted`: what the asker may not read. */
    gold: z.array(z.string(aList), aList),
    answer: z.string(aText).default(''),
    /** Facts that a right answer states. */
    must: z.array(z.string(aList), aList).default([]),
    /** Confluence account id of the asker; null: no permission filter. */
    asUser: z.string(anAsker).nullable().default(null),
    /** Earlier turns, oldest first. */
    history: z
      .array(z.object({ role: z.enum(['user', 'assistant'], turns), text: z.string(turns) }, turns), turns)
      .default([]),
  },
  'write an object with id, question, kind and gold',
)

export type EvaluationQuestion = z.infer<typeof evaluationQuestion>

/** Rejects with `InvalidInputError` that names the first bad line. Blank lines are skipped. */
export function readQuestions(jsonl: string): EvaluationQuestion[] {
  const questions: EvaluationQuestion[] = []
  const lineOf = new Map<string, number>()
  for (const [position, line] of jsonl
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue
    const question = readLine(line, position + 1)
    const earlier = lineOf.get(question.id)
    if (earlier !== undefined)
      throw invalid(
        position + 1,
        `the id ${question.id} stands in line ${earlier} already. Give each question its own id`,
      )
    lineOf.set(question.id, position + 1)
    questions.push(question)
  }
  if (questions.length === 0)
    throw new InvalidInputError('questions_empty', 'The file holds no questions. Write one JSON object a line.')
  return questions
}

function readLine(line: string, number: number): EvaluationQuestion {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw invalid(number, 'this is not JSON. Write one JSON object a line', cause)
  }
  const parsed = evaluationQuestion.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue === undefined || issue.path.length === 0 ? 'the line' : issue.path.join('.')
  throw invalid(number, `${field} cannot be used: ${issue?.message ?? 'not as expected'}`, parsed.error)
}

function invalid(line: number, problem: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError('questions_invalid', `Line ${line} of the questions: ${problem}.`, { cause })
}
