import { randomUUID } from 'node:crypto'
import { isFootnoteError } from '../errors.ts'
import type { Logger } from '../log.ts'

/**
 * The sentence for a person whose command, form or question failed. One of our errors says it itself; anything else is a
 * bug, logged as `what` with the reference that the sentence names.
 */
export function explainFailure(log: Logger, error: unknown, what: string): { text: string; reference: string } {
  const reference = randomUUID().slice(0, 8)
  if (isFootnoteError(error)) return { text: error.message, reference }
  log.error({ err: error, reference }, what)
  return {
    text: `Something went wrong on our side. Try again, or give your admin the reference ${reference}.`,
    reference,
  }
}
