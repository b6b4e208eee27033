// One invoke: what a person does with a card or a dialog, answered in the response. Knows neither the SDK nor HTTP.
import type { Core } from '../../core/core.ts'
import type { TeamsActions } from './actions.ts'
import { type InvokeResponse, cardContentType } from './activity.ts'
import { refreshStatus } from './cards.ts'
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
        return await refresh(parts, event, limited)
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
  { core, actions, identify, appId }: InvokeParts,
  { place, verb, values }: Extract<TeamsEvent, { kind: 'cardAction' }>,
  signal: AbortSignal,
): Promise<InvokeResponse> {
  if (verb !== refreshStatus || place.audience !== 'direct') return cardMessage('This button is out of date.')
  const asker = await identify(place, signal)
  if (asker === undefined) return cardMessage('Teams did not confirm who you are.')
  const connection = typeof values['connection'] === 'string' ? values['connection'] : undefined
  const result = await actions.runCommand(core, { name: 'status', connection }, asker, signal)
  const [message] = renderCommandResult(result, place, appId)
  const card = message?.attachments?.[0]?.content
  if (card === undefined) return cardMessage(result.kind === 'notice' ? result.text : 'Nothing to show.')
  return { status: 200, body: { statusCode: 200, type: cardContentType, value: card } }
}

function cardMessage(text: string): InvokeResponse {
  return { status: 200, body: { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value: text } }
}
