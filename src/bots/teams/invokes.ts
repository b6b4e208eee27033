// One invoke: what a person does with a card or a dialog, answered in the response. Knows neither the SDK nor HTTP.
import { z } from 'zod'
import type { Core } from '../../core/core.ts'
import { explainFailure } from '../explain-failure.ts'
import type { Asker } from '../question.ts'
import { settledWithin } from '../settled-within.ts'
import type { TeamsActions } from './actions.ts'
import { type Card, type InvokeResponse, type Place, cardContentType } from './activity.ts'
import { purgeConnection, refreshStatus } from './cards.ts'
import { renderOutcome } from './dialog-cards.ts'
import type { Dialogs } from './dialogs.ts'
import type { TeamsEvent } from './events.ts'
import type { Identify } from './identity.ts'
import { renderCommandResult } from './render.ts'

export type InvokeParts = {
  core: Core
  actions: TeamsActions
  identify: Identify
  dialogs: Dialogs
  appId: string | undefined
}

const timeoutMs = 4_500
/** Teams waits five seconds; who pressed was asked before. */
const purgeWaitMs = 2_500

/** Answers within Teams' five seconds; never rejects. `signal` is the server's own: it ends what a dialog began, too. */
export async function answerInvoke(
  parts: InvokeParts,
  event: TeamsEvent,
  signal: AbortSignal,
): Promise<InvokeResponse> {
  const { core, actions, dialogs } = parts
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  try {
    switch (event.kind) {
      case 'dialogOpened':
        return await dialogs.open(event.place, event.values, limited)
      case 'dialogSubmitted':
        return await dialogs.submit(event.place, event.values, signal)
      case 'cardAction':
        return await act(parts, event, limited)
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

/** Who it is is asked at every press. */
async function act(
  parts: InvokeParts,
  { place, verb, values }: Extract<TeamsEvent, { kind: 'cardAction' }>,
  signal: AbortSignal,
): Promise<InvokeResponse> {
  const isKnown = verb === refreshStatus || verb === purgeConnection
  if (!isKnown || place.audience !== 'direct') return cardMessage('This button is out of date.')
  const asker = await parts.identify(place, signal)
  if (asker === undefined) return cardMessage('Teams did not confirm who you are.')
  return verb === purgeConnection ? purge(parts, values, asker) : refresh(parts, place, values, asker, signal)
}

async function refresh(
  { core, actions, appId }: InvokeParts,
  place: Place,
  values: Record<string, unknown>,
  asker: Asker,
  signal: AbortSignal,
): Promise<InvokeResponse> {
  const connection = typeof values['connection'] === 'string' ? values['connection'] : undefined
  const result = await actions.runCommand(core, { name: 'status', connection }, asker, signal)
  const [message] = renderCommandResult(result, place, appId)
  const card = message?.attachments?.[0]?.content
  if (card === undefined) return cardMessage(result.kind === 'notice' ? result.text : 'Nothing to show.')
  return cardResponse(card)
}

const purgeSchema = z.object({ connectionId: z.number().int(), connection: z.string() })

/** Deleting much takes longer than Teams waits; it goes on then, and the audit log has its receipt. */
async function purge(
  { core, actions }: InvokeParts,
  values: Record<string, unknown>,
  asker: Asker,
): Promise<InvokeResponse> {
  const request = purgeSchema.safeParse(values).data
  if (request === undefined) return cardMessage('This button is out of date.')
  const working = actions
    .confirmPurge(core, request, asker)
    .then((result) => (result.kind === 'notice' ? renderOutcome(result.text, result.details) : undefined))
    .catch((error: unknown) => renderOutcome(explainFailure(core.log, error, 'teams: a removal failed').text))
  const card = await settledWithin(working, purgeWaitMs)
  return cardResponse(
    card ?? renderOutcome(`${request.connection} is being deleted. The receipt will stand in the audit log: audit.`),
  )
}

function cardResponse(card: Card): InvokeResponse {
  return { status: 200, body: { statusCode: 200, type: cardContentType, value: card } }
}

function cardMessage(text: string): InvokeResponse {
  return { status: 200, body: { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value: text } }
}
