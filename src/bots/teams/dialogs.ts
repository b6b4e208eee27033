// The connect dialog: form → live test → disclaimer → connected. A server that does not know the work behind a waiting
// card (a restart, another replica) asks for the form again: nothing is half done, an unconfirmed draft expires by itself.
import { z } from 'zod'
import type { Core } from '../../core/core.ts'
import { InvalidInputError } from '../../errors.ts'
import type { CommandResult } from '../commands/command.ts'
import type { ConnectForm } from '../commands/connect.ts'
import { explainFailure } from '../explain-failure.ts'
import type { Asker } from '../question.ts'
import type { TeamsActions } from './actions.ts'
import { type Card, type InvokeResponse, type Place, cardContentType } from './activity.ts'
import { type FormError, renderDisclaimer, renderForm, renderOutcome, steps } from './dialog-cards.ts'
import type { Identify } from './identity.ts'
import { createLongCards } from './long-cards.ts'

/** Teams waits five seconds for an invoke: these two, and the rest for the way. */
const answerWithinMs = 2_500
const identifyTimeoutMs = 2_000
const workTimeoutMs = 60_000
const title = 'Connect a Confluence site'
const outOfDate = 'This form is out of date. Write “/confluence connect” again.'

export type DialogParts = {
  core: Core
  actions: TeamsActions
  identify: Identify
  /** How long a submit may take before the card says that work goes on. */
  answerWithinMs?: number | undefined
}

export type Dialogs = {
  open(place: Place, signal: AbortSignal): Promise<InvokeResponse>
  submit(place: Place, values: Record<string, unknown>, signal: AbortSignal): Promise<InvokeResponse>
}

/** `signal` of `open` and `submit` ends the work behind them too: it is the server's own, not the request's. */
export function createDialogs(parts: DialogParts): Dialogs {
  const { core, actions } = parts
  const longCards = createLongCards({ now: core.now, answerWithinMs: parts.answerWithinMs ?? answerWithinMs })
  return {
    open: (place, signal) =>
      respondTo(parts, place, signal, async (asker) => {
        const result = await actions.runCommand(core, { name: 'connect' }, asker, signal)
        return result.kind === 'connectForm' ? renderForm() : renderResult(result)
      }),
    submit: (place, values, signal) =>
      respondTo(parts, place, signal, (asker) => {
        switch (values['step']) {
          case steps.form:
            return longCards.begin(asker, submitForm(parts, values, asker, signal))
          case steps.confirm:
            return longCards.begin(asker, submitConfirmation(parts, values, asker, signal))
          case steps.wait:
            return longCards.resume(asker, values['ticket'])
          default:
            return renderOutcome(outOfDate)
        }
      }),
  }
}

/** The card that `next` gives for the sender, who is identified each time; else the card that says why there is none. */
async function respondTo(
  { identify }: DialogParts,
  place: Place,
  signal: AbortSignal,
  next: (asker: Asker) => Card | Promise<Card>,
): Promise<InvokeResponse> {
  if (place.audience !== 'direct') {
    return respond(
      renderOutcome('Credentials are never asked for here. Write “/confluence connect” to me in a private chat.'),
    )
  }
  const asker = await identify(place, AbortSignal.any([signal, AbortSignal.timeout(identifyTimeoutMs)]))
  if (asker === undefined) return respond(renderOutcome('Teams did not confirm who you are, so nothing was done.'))
  return respond(await next(asker))
}

type Values = Record<string, unknown>

async function submitForm(parts: DialogParts, values: Values, asker: Asker, signal: AbortSignal): Promise<Card> {
  const { core, actions } = parts
  const form = parseForm(values)
  const showError = (error: FormError) => renderForm(form, error)
  return showingErrors(core, showError, async () =>
    renderDisclaimer(await actions.draftConnection(core, form, asker, limited(signal))),
  )
}

async function submitConfirmation(
  { core, actions }: DialogParts,
  values: Values,
  asker: Asker,
  signal: AbortSignal,
): Promise<Card> {
  const draft = draftSchema.safeParse(values['draft'])
  if (!draft.success) return renderOutcome(outOfDate)
  if (values['accepted'] !== 'true') return renderDisclaimer(draft.data, 'Without this nothing is connected.')
  const showError = (error: FormError) => renderDisclaimer(draft.data, error.message)
  return showingErrors(core, showError, async () =>
    renderResult(await actions.confirmConnection(core, draft.data.draftId, asker, limited(signal))),
  )
}

async function showingErrors(
  { log }: Core,
  showError: (error: FormError) => Card,
  work: () => Promise<Card>,
): Promise<Card> {
  try {
    return await work()
  } catch (error) {
    const { text } = explainFailure(log, error, 'teams: the connect dialog failed')
    return showError({ field: error instanceof InvalidInputError ? error.field : undefined, message: text })
  }
}

const draftSchema = z.object({
  draftId: z.number(),
  name: z.string(),
  test: z.string(),
  disclaimer: z.array(z.string()),
})

function parseForm(values: Record<string, unknown>): ConnectForm {
  const typed = (name: string) => {
    const value = values[name]
    return typeof value === 'string' ? value.trim() : ''
  }
  const deployment = typed('deployment')
  const credentialKind = typed('credentialKind')
  return {
    name: typed('name'),
    url: typed('url'),
    deployment: deployment === 'cloud' || deployment === 'datacenter' ? deployment : undefined,
    credentialKind: credentialKind === 'pat' || credentialKind === 'basic' ? credentialKind : 'token',
    email: typed('email'),
    secret: typed('secret'),
    spaces: typed('spaces'),
    access: typed('access') === 'shared' ? 'shared' : 'mirrored',
  }
}

function renderResult(result: CommandResult): Card {
  if (result.kind === 'notice') return renderOutcome(result.text, result.details)
  return renderOutcome('Done. “/confluence status” shows how the first sync goes.')
}

function respond(card: Card): InvokeResponse {
  const attachment = { contentType: cardContentType, content: card }
  return {
    status: 200,
    body: { task: { type: 'continue', value: { title, height: 'large', width: 'medium', card: attachment } } },
  }
}

function limited(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(workTimeoutMs)])
}
