// One message: a question goes into the conversation flow, a command is run and its result shown. Knows neither the SDK
// nor HTTP.
import type { Core } from '../../core/core.ts'
import { AccessDeniedError, isFootnoteError } from '../../errors.ts'
import type { CommandResult } from '../commands/command.ts'
import { explainFailure } from '../explain-failure.ts'
import { createMemory } from '../memory.ts'
import type { Question } from '../question.ts'
import type { TeamsActions } from './actions.ts'
import type { OutboundMessage, Place } from './activity.ts'
import type { Permits } from './audience.ts'
import type { TeamsEvent } from './events.ts'
import type { Identify } from './identity.ts'
import { renderCommandResult } from './render.ts'
import { type TeamsTransport, createReply } from './reply.ts'

export type MessageParts = {
  core: Core
  actions: TeamsActions
  transport: TeamsTransport
  identify: Identify
  permits: Permits
  isRepeated: IsRepeated
  appId: string | undefined
}

type CommandEvent = Extract<TeamsEvent, { kind: 'command' }>
type MessageEvent = Extract<TeamsEvent, { kind: 'question' }> | CommandEvent

/**
 * What others may read along. Every other result is made with the asker's rights, and Teams has no message that only
 * one person in a channel sees.
 */
const showsNothing: ReadonlySet<CommandResult['kind']> = new Set(['help', 'connectForm', 'form'])

/** Takes as long as it takes and never rejects. */
export async function answerMessage(parts: MessageParts, event: MessageEvent, signal: AbortSignal): Promise<void> {
  try {
    if (event.kind === 'question') await answerQuestion(parts, event.place, event.question, signal)
    else if (!parts.isRepeated(event.question)) await answerCommand(parts, event, signal)
  } catch (error) {
    await tellFailure(parts, event.place, error, signal)
  }
}

async function answerQuestion(
  parts: MessageParts,
  place: Place,
  question: Question,
  signal: AbortSignal,
): Promise<void> {
  await parts.actions.answerQuestion(parts.core, question, createReply(parts, place), signal)
}

async function answerCommand(parts: MessageParts, event: CommandEvent, signal: AbortSignal): Promise<void> {
  const { core, actions, appId } = parts
  const { place } = event
  const command = actions.parseCommand(event.text)
  if (command.name === 'ask') {
    return answerQuestion(parts, place, { ...event.question, text: command.question }, signal)
  }
  const asker = await parts.identify(place, signal)
  if (asker === undefined) return say(parts, place, 'Teams did not confirm who you are, so I cannot do that.', signal)
  const result = await actions.runCommand(core, command, asker, signal)
  if (place.audience === 'direct' || showsNothing.has(result.kind)) {
    return send(parts, place, renderCommandResult(result, place, appId), signal)
  }
  const chat = await findPrivateChat(parts, place, signal)
  if (chat === undefined)
    return say(parts, place, 'The result is for you alone: write this to me in a private chat.', signal)
  await send(parts, chat, renderCommandResult(result, chat, appId), signal)
  await say(parts, place, 'I answered you in our private chat.', signal)
}

/** Undefined when Teams does not let the bot write to the person, who may have to add the app first. */
async function findPrivateChat(
  { transport }: MessageParts,
  place: Place,
  signal: AbortSignal,
): Promise<Place | undefined> {
  try {
    return await transport.openPrivateChat(place, signal)
  } catch (error) {
    if (error instanceof AccessDeniedError) return undefined
    throw error
  }
}

/** Tells the person what went wrong; when even that fails, the log has it. */
async function tellFailure(parts: MessageParts, place: Place, error: unknown, signal: AbortSignal): Promise<void> {
  const { log } = parts.core
  const { text, reference } = explainFailure(log, error, 'teams: a message could not be answered')
  if (isFootnoteError(error)) log.info({ code: error.code, reference }, 'teams: refused')
  try {
    await say(parts, place, text, signal)
  } catch (failure) {
    log.warn({ err: failure, reference }, 'teams: nothing could be posted')
  }
}

async function say(parts: MessageParts, place: Place, text: string, signal: AbortSignal): Promise<void> {
  const notice: CommandResult = { kind: 'notice', tone: 'error', text, details: [] }
  await send(parts, place, renderCommandResult(notice, place, parts.appId), signal)
}

async function send(
  { transport }: MessageParts,
  place: Place,
  messages: OutboundMessage[],
  signal: AbortSignal,
): Promise<void> {
  for (const message of messages) await transport.post(place, message, signal)
}

type IsRepeated = (question: Question) => boolean

const repeatLimits = { lifetimeMs: 10 * 60_000, maxEntries: 10_000 }

/** Questions are claimed in the database; a command delivered twice to this process is recognised here. */
export function createIsRepeated(now: () => Date): IsRepeated {
  const seen = createMemory<true>(repeatLimits)
  return ({ tenantId, conversationId, messageId }) => {
    const key = JSON.stringify([tenantId, conversationId, messageId])
    const at = now()
    if (seen.find(key, at) !== undefined) return true
    seen.remember(key, true, at)
    return false
  }
}
