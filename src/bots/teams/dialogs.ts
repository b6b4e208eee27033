// The dialogs of a connection: form → live test → disclaimer → connected or changed. A server that does not know the work behind a waiting
// card (a restart, another replica) asks for the form again: nothing is half done, an unconfirmed draft expires by itself.
import { z } from 'zod'
import type { Core } from '../../core/core.ts'
import { InvalidInputError } from '../../errors.ts'
import type { CommandResult } from '../commands/command.ts'
import type { ConnectDraft } from '../commands/connect.ts'
import { type FormKind, type FormText, fieldsOf, readConnectForm } from '../commands/form.ts'
import type { FormStep } from '../commands/submit-form.ts'
import { explainFailure } from '../explain-failure.ts'
import type { Asker } from '../question.ts'
import type { TeamsActions } from './actions.ts'
import { type Card, type InvokeResponse, type Place, cardContentType } from './activity.ts'
import { type FormError, renderAuthorize, renderDisclaimer, renderForm, renderOutcome, steps } from './dialog-cards.ts'
import type { Identify } from './identity.ts'
import { createLongCards } from './long-cards.ts'

/** Teams waits five seconds for an invoke: these two, and the rest for the way. */
const answerWithinMs = 2_500
const identifyTimeoutMs = 2_000
const workTimeoutMs = 60_000
const title = 'Confluence connection'
const outOfDate = 'This form is out of date. Write the command again.'

export type DialogParts = {
  core: Core
  actions: TeamsActions
  identify: Identify
  /** How long a submit may take before the card says that work goes on. */
  answerWithinMs?: number | undefined
}

export type Dialogs = {
  open(place: Place, values: Record<string, unknown>, signal: AbortSignal): Promise<InvokeResponse>
  submit(place: Place, values: Record<string, unknown>, signal: AbortSignal): Promise<InvokeResponse>
}

/** `signal` of `open` and `submit` ends the work behind them too: it is the server's own, not the request's. */
export function createDialogs(parts: DialogParts): Dialogs {
  const { core, actions } = parts
  const longCards = createLongCards({ now: core.now, answerWithinMs: parts.answerWithinMs ?? answerWithinMs })
  return {
    open: (place, values, signal) =>
      respondTo(parts, place, signal, async (asker) => {
        const of = formOf.safeParse(values).data ?? { kind: 'connect' }
        const command = of.kind === 'connect' ? { name: of.kind } : { name: of.kind, connection: of.connection }
        const result = await actions.runCommand(core, command, asker, signal)
        if (result.kind === 'form') return renderForm(of, result.form.values)
        return result.kind === 'connectForm' ? renderForm() : renderResult(result)
      }),
    submit: (place, values, signal) =>
      respondTo(parts, place, signal, (asker) => {
        switch (values['step']) {
          case steps.form:
            return longCards.begin(asker, submitForm(parts, values, asker, signal))
          case steps.confirm:
            return longCards.begin(asker, submitConfirmation(parts, values, asker, signal))
          case steps.authorize:
            return longCards.begin(asker, submitContinue(parts, values, asker, signal))
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
  const of = formOf.safeParse(values['of']).data ?? { kind: 'connect' }
  const text = readText(of.kind, values)
  const showError = (error: FormError) => renderForm(of, text, error)
  return showingErrors(core, showError, async () => {
    if (of.kind !== 'connect') return renderStep(await actions.submitForm(core, of, text, asker, limited(signal)))
    const form = readConnectForm(text)
    return form.credentialKind === 'oauth'
      ? renderStep(await actions.beginAuthorization(core, form, asker))
      : renderStep(await actions.draftConnection(core, form, asker, limited(signal)))
  })
}

async function submitContinue(
  { core, actions }: DialogParts,
  values: Values,
  asker: Asker,
  signal: AbortSignal,
): Promise<Card> {
  const step = authorizeStep.safeParse(values['authorize']).data
  if (step === undefined) return renderOutcome(outOfDate)
  return showingErrors(core, renderProblem, async () => {
    const next = await actions.continueAuthorization(core, step.authorizationId, asker, limited(signal))
    return 'url' in next ? renderAuthorize(step, true) : renderStep(next)
  })
}

function renderProblem({ message }: FormError): Card {
  return renderOutcome(message)
}

function renderStep(step: FormStep): Card {
  if ('draftId' in step) return renderDisclaimer(step)
  return 'authorizationId' in step ? renderAuthorize(step, false) : renderResult(step)
}

async function submitConfirmation(
  { core, actions }: DialogParts,
  values: Values,
  asker: Asker,
  signal: AbortSignal,
): Promise<Card> {
  const draft = draftSchema.safeParse(values['draft'])
  if (!draft.success) return renderOutcome(outOfDate)
  const isEdit = draft.data.purpose === 'edit'
  const confirm = isEdit ? actions.confirmEdit : actions.confirmConnection
  if (values['accepted'] !== 'true')
    return renderDisclaimer(draft.data, `Without this nothing is ${isEdit ? 'changed' : 'connected'}.`)
  const showError = (error: FormError) => renderDisclaimer(draft.data, error.message)
  return showingErrors(core, showError, async () =>
    renderResult(await confirm(core, draft.data.draftId, asker, limited(signal))),
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

const draftSchema = z
  .object({
    draftId: z.number(),
    purpose: z.literal('edit').optional(),
    name: z.string(),
    test: z.string(),
    disclaimer: z.array(z.string()),
  })
  .transform(({ purpose, ...draft }): ConnectDraft => (purpose === undefined ? draft : { ...draft, purpose }))

const formOf = z.union([
  z.object({ kind: z.literal('connect') }),
  z.object({ kind: z.enum(['edit', 'reconnect']), connection: z.string() }),
])

const authorizeStep = z.object({ authorizationId: z.number().int(), name: z.string(), url: z.url() })

function readText(kind: FormKind, values: Record<string, unknown>): FormText {
  const text = fieldsOf(kind).map(({ name }): [string, string] => {
    const value = values[name]
    return [name, typeof value === 'string' ? value.trim() : '']
  })
  return Object.fromEntries(text)
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
