// The parts of a call that hold content: read from the form, and refused as Slack refuses them.
import { findMessageProblem, findViewProblems } from './block-kit.ts'
import { isObject } from './shape.ts'
import type { StoredMessage } from './state.ts'

export type Args = Record<string, unknown>

/** An answer with `ok: false`; `details` say what a person should look at. */
export class SlackRefusal extends Error {
  readonly details: string[]

  constructor(error: string, details: string[] = []) {
    super(error)
    this.details = details
  }
}

/** An argument that is a word; empty when it was not given. */
export function word(args: Args, name: string): string {
  const value = args[name]
  return typeof value === 'string' ? value : ''
}

/** The text and blocks of a message, refused as Slack refuses them. */
export function checkedContent(args: Args): { text: string; blocks: unknown[] } {
  const text = word(args, 'text')
  const blocks = args['blocks'] ?? []
  if (!Array.isArray(blocks)) throw new SlackRefusal('invalid_blocks_format')
  if (text === '' && blocks.length === 0) throw new SlackRefusal('no_text')
  if (text.length > 40_000) throw new SlackRefusal('msg_too_long')
  const problem = findMessageProblem(blocks)
  if (problem !== undefined) throw new SlackRefusal(problem.error, problem.messages)
  return { text, blocks }
}

export function checkedMetadata(value: unknown): StoredMessage['metadata'] {
  if (value === undefined) return undefined
  const payload = isObject(value) ? value['event_payload'] : undefined
  if (!isObject(value) || typeof value['event_type'] !== 'string' || !isObject(payload)) {
    throw new SlackRefusal('invalid_metadata_format')
  }
  return { event_type: value['event_type'], event_payload: payload }
}

export function checkedView(value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw new SlackRefusal('invalid_arguments', ['view: must be an object'])
  const problems = findViewProblems(value)
  if (problems.some((problem) => problem.includes('250 KB'))) throw new SlackRefusal('view_too_large', problems)
  if (problems.length > 0) throw new SlackRefusal('invalid_arguments', problems)
  return value
}
