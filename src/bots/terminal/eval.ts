import { open as openFile, readFile } from 'node:fs/promises'
import { auditOperator } from '../../core/access/audit-operator.ts'
import { resolveReach } from '../../core/access/resolve-reach.ts'
import type { Core } from '../../core/core.ts'
import { evaluate } from '../../core/evaluation/evaluate.ts'
import { listReadableSpaces, nameRestrictedPages } from '../../core/evaluation/name-pages.ts'
import { type EvaluationQuestion, readQuestions } from '../../core/evaluation/read-questions.ts'
import { renderReport } from '../../core/evaluation/report.ts'
import { ask } from '../../core/questions/ask.ts'
import { InvalidInputError } from '../../errors.ts'
import type { Output } from './output.ts'
import { toAskJson } from './questions.ts'

/** `footnote eval`: the questions of a file through the same way as a person's, and what was right. */
export async function runEvalCommand(
  core: Core,
  file: string,
  options: { out?: string },
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const questions = readQuestions(await readText(file))
  await auditOperator(core, 'eval')
  const everything = await resolveReach(core.database.db, { kind: 'operator' })
  const pages = await nameRestrictedPages(core.database.db, questions, everything)
  const results = options.out === undefined ? undefined : await openResults(options.out)
  try {
    const { figures } = await evaluate({
      questions,
      ask: (question) => askOne(core, question, signal),
      writeLine: results === undefined ? undefined : async (line) => void (await results.write(line)),
      pages,
      signal,
    })
    output.result(figures, renderReport(figures))
    return figures.leaks.length === 0 ? 0 : 1
  } finally {
    await results?.close()
  }
}

async function askOne(core: Core, question: EvaluationQuestion, signal: AbortSignal) {
  const viewer =
    question.asUser === null ? { kind: 'operator' as const } : { kind: 'account' as const, accountId: question.asUser }
  const asked = await ask(core, { question: question.question, viewer, history: question.history }, signal)
  const { nearest, searchedSpaces } = asked.answer
  return {
    ranking: asked.ranking.map((page) => page.pageId),
    answer: { ...toAskJson(asked), nearest, searchedSpaces },
    ms: asked.timings.total,
    ...(question.kind === 'restricted' ? { readableSpaces: await listReadableSpaces(core, viewer) } : {}),
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new InvalidInputError('questions_missing', `The file ${file} cannot be read. Check the path.`, { cause })
  }
}

async function openResults(file: string) {
  try {
    return await openFile(file, 'w')
  } catch (cause) {
    throw new InvalidInputError('results_unwritable', `The file ${file} cannot be written. Check the path.`, { cause })
  }
}
