// Asks Claude over the Messages API. The only importer of the Anthropic SDK; what it is told stands in prompt.ts, what
// becomes of its reply in assemble.ts.
import { setTimeout as wait } from 'node:timers/promises'
import Anthropic, { APIError, APIUserAbortError } from '@anthropic-ai/sdk'
import type { RawMessageStreamEvent, StopReason } from '@anthropic-ai/sdk/resources/messages'
import { isFootnoteError, TransientError } from '../../errors.ts'
import { abstain } from './abstain.ts'
import type { Answer, Passage, Statement } from './answer.ts'
import { type Assembly, type RawCitation, startAssembly } from './assemble.ts'
import { composeText } from './cite.ts'
import { brokeOff, refused, stalled, tooLong, translateFailure } from './claude-errors.ts'
import { buildMessages, INSUFFICIENT, type PromptMessage, SYSTEM_PROMPT, type Turn } from './prompt.ts'

export type ClaudeSettings = { apiKey: string; baseUrl: string; model: string; limits?: Partial<ClaudeLimits> }

export type ClaudeLimits = {
  /** Longest silence, before the first event and between two. The SDK's own timeout does not bound a stalled stream. */
  idleMs: number
  /** From the call to the end of the answer, attempts and waits included. */
  totalMs: number
  maxAttempts: number
  /** When the API asks for a longer wait, we give up instead: a person is waiting. */
  maxRetryWaitMs: number
}

export type ClaudeOptions = {
  searchedSpaces?: string[]
  signal: AbortSignal
  /** Called with each statement as soon as it is complete and checked; none of them is taken back later. */
  onStatement?: ((statement: Statement) => void) | undefined
}

const defaultLimits: ClaudeLimits = { idleMs: 30_000, totalMs: 90_000, maxAttempts: 3, maxRetryWaitMs: 5_000 }
const FIRST_RETRY_WAIT_MS = 500
const MAX_OUTPUT_TOKENS = 2_000
const CUT_NOTE = "Claude's answer broke off before its end, so something may be missing."

/**
 * A checked answer, or an abstention when the passages do not suffice or no statement survives its check. Rejects with
 * `TransientError` (unavailable, overloaded, stalled), `ConnectionRevokedError` (key or billing), `InvalidInputError`
 * (refused, too long, unknown model), or with the reason of `signal`. A reply that breaks off after its first statement
 * resolves, with a note.
 */
export async function askClaude(
  settings: ClaudeSettings,
  question: string,
  history: Turn[],
  passages: Passage[],
  options: ClaudeOptions,
): Promise<Answer> {
  const limits = { ...defaultLimits, ...settings.limits }
  const deadline = performance.now() + limits.totalMs
  const total = AbortSignal.timeout(limits.totalMs)
  const searchedSpaces = options.searchedSpaces ?? []
  const messages = buildMessages(question, history, passages)
  for (let attempt = 1; ; attempt++) {
    const assembly = startAssembly(question, passages)
    try {
      const verdict = await readReply({ settings, limits, total, messages, options }, assembly)
      return toAnswer(assembly, verdict, passages, searchedSpaces)
    } catch (error) {
      options.signal.throwIfAborted()
      if (!isFootnoteError(error)) throw error
      if (assembly.statements.length > 0) return toAnswer(assembly, 'cut', passages, searchedSpaces)
      const waitMs = retryWaitMs(error, attempt, limits)
      if (waitMs === undefined || performance.now() + waitMs >= deadline) throw error
      await wait(waitMs, undefined, { signal: options.signal }).catch(() => options.signal.throwIfAborted())
    }
  }
}

/**
 * Retries are ours, not the SDK's: it waits as long as the API says, and never repeats what failed inside a stream.
 * A stall is not repeated: the person has waited long enough.
 */
function retryWaitMs(error: Error, attempt: number, limits: ClaudeLimits): number | undefined {
  if (!(error instanceof TransientError) || error.code === 'claude_stalled' || attempt >= limits.maxAttempts)
    return undefined
  const waitMs = error.retryAfterMs ?? FIRST_RETRY_WAIT_MS * 2 ** (attempt - 1)
  return waitMs <= limits.maxRetryWaitMs ? waitMs : undefined
}

type Verdict = 'complete' | 'insufficient' | 'cut'

type Attempt = {
  settings: ClaudeSettings
  limits: ClaudeLimits
  total: AbortSignal
  messages: PromptMessage[]
  options: ClaudeOptions
}

/** One attempt; fills `assembly`. */
async function readReply(attempt: Attempt, assembly: Assembly): Promise<Verdict> {
  const { settings, limits, total, messages, options } = attempt
  const idle = new AbortController()
  const timer = setTimeout(() => idle.abort(), limits.idleMs)
  const signal = AbortSignal.any([options.signal, total, idle.signal])
  try {
    const client = new Anthropic({
      apiKey: settings.apiKey,
      baseURL: settings.baseUrl,
      maxRetries: 0,
      timeout: limits.totalMs,
      openTelemetry: false,
      logLevel: 'off',
    })
    const stream = await client.messages.create(
      {
        model: settings.model,
        max_tokens: MAX_OUTPUT_TOKENS,
        system: [{ type: 'text', text: SYSTEM_PROMPT, cache_control: { type: 'ephemeral' } }],
        messages,
        stream: true,
      },
      { signal },
    )
    const verdict = await readEvents(stream, () => timer.refresh(), assembly, options)
    // An aborted stream ends like one that is complete, without an error.
    if (signal.aborted) throw stalled()
    if (verdict === undefined) throw brokeOff()
    return verdict
  } catch (error) {
    if (isFootnoteError(error)) throw error
    if (error instanceof APIUserAbortError || signal.aborted) throw stalled()
    if (error instanceof APIError) throw translateFailure(error, error)
    throw brokeOff(error)
  } finally {
    clearTimeout(timer)
    idle.abort()
  }
}

/** Undefined when the stream ended before the message did. */
async function readEvents(
  stream: AsyncIterable<RawMessageStreamEvent>,
  onEvent: () => void,
  assembly: Assembly,
  options: ClaudeOptions,
): Promise<Verdict | undefined> {
  const publish = (statements: Statement[]): void => statements.forEach((each) => options.onStatement?.(each))
  let text = ''
  let citations: RawCitation[] = []
  let stopReason: StopReason | null = null
  for await (const event of stream) {
    onEvent()
    if (event.type === 'content_block_start') {
      text = event.content_block.type === 'text' ? event.content_block.text : ''
      citations = event.content_block.type === 'text' ? [...(event.content_block.citations ?? [])] : []
    } else if (event.type === 'content_block_delta') {
      if (event.delta.type === 'text_delta') text += event.delta.text
      if (event.delta.type === 'citations_delta') citations.push(event.delta.citation)
    } else if (event.type === 'content_block_stop') {
      if (text.includes(INSUFFICIENT) && assembly.statements.length === 0) return 'insufficient'
      if (text !== '' && !text.includes(INSUFFICIENT)) publish(assembly.add(text, citations))
      text = ''
    } else if (event.type === 'message_delta') stopReason = event.delta.stop_reason ?? stopReason
    else if (event.type === 'message_stop') {
      const isCut = stopReason !== 'end_turn' && stopReason !== 'stop_sequence'
      publish(assembly.finish(isCut))
      return isCut ? judgeCut(stopReason, assembly) : 'complete'
    }
  }
  return undefined
}

/** What was checked before the reply was cut may stand; without any, the reason decides. */
function judgeCut(stopReason: StopReason | null, assembly: Assembly): Verdict {
  if (assembly.statements.length > 0) return 'cut'
  if (stopReason === 'refusal') throw refused()
  if (stopReason === 'model_context_window_exceeded') throw tooLong()
  throw brokeOff()
}

function toAnswer(assembly: Assembly, verdict: Verdict, passages: Passage[], searchedSpaces: string[]): Answer {
  const { statements, citations } = assembly
  if (verdict === 'insufficient' || statements.length === 0) return abstain(passages, searchedSpaces, 'claude')
  return {
    kind: 'answer',
    text: composeText(statements),
    statements,
    citations,
    nearest: [],
    searchedSpaces,
    by: 'claude',
    note: verdict === 'cut' ? CUT_NOTE : undefined,
  }
}
