// One turn: what happened → the conversation flow, a command, or a dialog. Knows neither the SDK nor HTTP.
import { randomUUID } from 'node:crypto'
import type { Core } from '../../core/core.ts'
import { AccessDeniedError, isFootnoteError } from '../../errors.ts'
import type { CommandResult } from '../commands/command.ts'
import type { TeamsActions } from './actions.ts'
import type { InvokeResponse, OutboundMessage, Place } from './activity.ts'
import { createPermits } from './audience.ts'
import { refreshStatus } from './cards.ts'
import { createDialogs } from './dialogs.ts'
import type { TeamsEvent } from './events.ts'
import type { Identify } from './identity.ts'
import { renderCommandResult } from './render.ts'
import { type TeamsTransport, createReply } from './reply.ts'

export type TurnParts = {
  core: Core
  actions: TeamsActions
  transport: TeamsTransport
  identify: Identify
  appId: string | undefined
  dialogAnswerWithinMs?: number | undefined
}

type MessageEvent = Extract<TeamsEvent, { kind: 'question' | 'command' }>

export type Turns = {
  /** Answers a message; takes as long as it takes and never rejects. */
  answerMessage(event: MessageEvent, signal: AbortSignal): Promise<void>
  /** Answers an invoke within Teams' five seconds; never rejects. */
  answerInvoke(event: TeamsEvent, signal: AbortSignal): Promise<InvokeResponse>
}

const invokeTimeoutMs = 4_500
/**
 * What others may read along. Every other result is made with the asker's rights, and Teams has no message that only
 * one person in a channel sees.
 */
const showsNothing: ReadonlySet<CommandResult['kind']> = new Set(['help', 'connectForm'])

export function createTurns(parts: TurnParts): Turns {
  const { core, actions, transport, identify, appId } = parts
  const dialogs = createDialogs({ core, actions, identify, answerWithinMs: parts.dialogAnswerWithinMs })
  const replyParts = { transport, identify, permits: createPermits(transport.fetchMembers, core.now) }
  const isRepeated = createRepeats(core.now)

  async function answerMessage(event: MessageEvent, signal: AbortSignal): Promise<void> {
    try {
      if (event.kind === 'question') {
        await actions.answerQuestion(core, event.question, createReply(replyParts, event.place), signal)
      } else if (!isRepeated(event)) await answerCommand(event, signal)
    } catch (error) {
      await explain(event.place, error, signal)
    }
  }

  async function answerCommand(event: Extract<TeamsEvent, { kind: 'command' }>, signal: AbortSignal): Promise<void> {
    const { place } = event
    const command = actions.parseCommand(event.text)
    if (command.name === 'ask') {
      const question = { ...event.question, text: command.question }
      return actions.answerQuestion(core, question, createReply(replyParts, place), signal)
    }
    const asker = await identify(place, signal)
    if (asker === undefined) return say(place, 'Teams did not confirm who you are, so I cannot do that.', signal)
    const result = await actions.runCommand(core, command, asker, signal)
    if (result.kind === 'question') {
      const question = { ...event.question, text: result.question }
      return actions.answerQuestion(core, question, createReply(replyParts, place), signal)
    }
    if (place.audience === 'direct' || showsNothing.has(result.kind)) {
      return send(place, renderCommandResult(result, place, appId), signal)
    }
    const chat = await findPrivateChat(place, signal)
    if (chat === undefined)
      return say(place, 'The result is for you alone: write this to me in a private chat.', signal)
    await send(chat, renderCommandResult(result, chat, appId), signal)
    await say(place, 'I answered you in our private chat.', signal)
  }

  /** Undefined when Teams does not let the bot write to the person, who may have to add the app first. */
  async function findPrivateChat(place: Place, signal: AbortSignal): Promise<Place | undefined> {
    try {
      return await transport.openPrivateChat(place, signal)
    } catch (error) {
      if (error instanceof AccessDeniedError) return undefined
      throw error
    }
  }

  /** Tells the person what went wrong; when even that fails, the log has it. */
  async function explain(place: Place, error: unknown, signal: AbortSignal): Promise<void> {
    const reference = randomUUID().slice(0, 8)
    const isExpected = isFootnoteError(error)
    if (isExpected) core.log.info({ code: error.code, reference }, 'teams: refused')
    else core.log.error({ err: error, reference }, 'teams: a message could not be answered')
    const text = isExpected ? error.message : `Something went wrong on our side. Reference: ${reference}`
    try {
      await say(place, text, signal)
    } catch (failure) {
      core.log.warn({ err: failure, reference }, 'teams: nothing could be posted')
    }
  }

  async function say(place: Place, text: string, signal: AbortSignal): Promise<void> {
    const notice: CommandResult = { kind: 'notice', tone: 'error', text, details: [] }
    await send(place, renderCommandResult(notice, place, appId), signal)
  }

  async function send(place: Place, messages: OutboundMessage[], signal: AbortSignal): Promise<void> {
    for (const message of messages) await transport.post(place, message, signal)
  }

  async function answerInvoke(event: TeamsEvent, signal: AbortSignal): Promise<InvokeResponse> {
    try {
      switch (event.kind) {
        case 'dialogOpened':
          return await dialogs.open(event.place, AbortSignal.any([signal, AbortSignal.timeout(invokeTimeoutMs)]))
        case 'dialogSubmitted':
          return await dialogs.submit(event.place, event.values, signal)
        case 'cardAction':
          return await refresh(event, AbortSignal.any([signal, AbortSignal.timeout(invokeTimeoutMs)]))
        case 'feedback':
          await actions.recordFeedback(core, event.feedback)
          // Anything but an empty object is shown to the person as an error.
          return { status: 200, body: {} }
        default:
          return { status: 501, body: {} }
      }
    } catch (error) {
      core.log.error({ err: error, kind: event.kind }, 'teams: an invoke could not be answered')
      return { status: 500, body: {} }
    }
  }

  async function refresh(
    event: Extract<TeamsEvent, { kind: 'cardAction' }>,
    signal: AbortSignal,
  ): Promise<InvokeResponse> {
    if (event.verb !== refreshStatus || event.place.audience !== 'direct')
      return cardMessage('This button is out of date.')
    const asker = await identify(event.place, signal)
    if (asker === undefined) return cardMessage('Teams did not confirm who you are.')
    const connection = typeof event.values['connection'] === 'string' ? event.values['connection'] : undefined
    const result = await actions.runCommand(core, { name: 'status', connection }, asker, signal)
    const [message] = renderCommandResult(result, event.place, appId)
    const card = message?.attachments?.[0]?.content
    if (card === undefined) return cardMessage(result.kind === 'notice' ? result.text : 'Nothing to show.')
    return { status: 200, body: { statusCode: 200, type: 'application/vnd.microsoft.card.adaptive', value: card } }
  }

  return { answerMessage, answerInvoke }
}

function cardMessage(text: string): InvokeResponse {
  return { status: 200, body: { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value: text } }
}

const rememberRepeatsMs = 10 * 60_000

/** Questions are claimed in the database; a command delivered twice to this process is recognised here. */
function createRepeats(now: () => Date): (event: MessageEvent) => boolean {
  const seen = new Map<string, number>()
  return ({ question }) => {
    const at = now().getTime()
    for (const [key, until] of seen) {
      if (until > at) break
      seen.delete(key)
    }
    const key = JSON.stringify([question.tenantId, question.conversationId, question.messageId])
    if (seen.has(key)) return true
    seen.set(key, at + rememberRepeatsMs)
    return false
  }
}
