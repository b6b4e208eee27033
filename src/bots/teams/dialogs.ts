// The connect dialog: form → live test → disclaimer → connected. Teams gives an invoke five seconds; work that takes
// longer goes on here and the dialog asks for it again with a Continue button. A server that does not know the work
// (a restart, another replica) asks for the form again: nothing is half done, an unconfirmed draft expires by itself.
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Core } from '../../core/core.ts'
import { InvalidInputError, isFootnoteError } from '../../errors.ts'
import type { CommandResult } from '../commands/command.ts'
import type { ConnectForm } from '../commands/connect.ts'
import type { Asker } from '../question.ts'
import type { TeamsActions } from './actions.ts'
import type { Card, InvokeResponse, Place } from './activity.ts'
import { type FormError, renderDisclaimer, renderForm, renderOutcome, renderWaiting, steps } from './dialog-cards.ts'
import type { Identify } from './identity.ts'

/** Teams waits five seconds for an invoke: these two, and the rest for the way. */
const answerWithinMs = 2_500
const identifyTimeoutMs = 2_000
const workTimeoutMs = 60_000
const keepWorkMs = 10 * 60_000
const title = 'Connect a Confluence site'

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

type Work = { card: Promise<Card>; askerKey: string; until: number }

/** `signal` of `open` and `submit` ends the work behind them too: it is the server's own, not the request's. */
export function createDialogs({ core, actions, identify, ...parts }: DialogParts): Dialogs {
  const pending = new Map<string, Work>()

  async function open(place: Place, signal: AbortSignal): Promise<InvokeResponse> {
    return withAsker(place, signal, async (asker) => {
      const result = await actions.runCommand(core, { name: 'connect' }, asker, signal)
      return result.kind === 'connectForm' ? renderForm() : renderResult(result)
    })
  }

  async function submit(place: Place, values: Record<string, unknown>, signal: AbortSignal): Promise<InvokeResponse> {
    return withAsker(place, signal, (asker) => {
      switch (values['step']) {
        case steps.form:
          return begin(asker, submitForm(values, asker, signal))
        case steps.confirm:
          return begin(asker, submitConfirmation(values, asker, signal))
        case steps.wait:
          return resume(asker, values['ticket'])
        default:
          return renderOutcome('This form is out of date. Write “/confluence connect” again.')
      }
    })
  }

  async function withAsker(
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

  async function submitForm(values: Record<string, unknown>, asker: Asker, signal: AbortSignal): Promise<Card> {
    const form = parseForm(values)
    const showError = (error: FormError) => renderForm(form, error)
    return showingErrors(showError, async () =>
      renderDisclaimer(await actions.draftConnection(core, form, asker, limited(signal))),
    )
  }

  async function submitConfirmation(values: Record<string, unknown>, asker: Asker, signal: AbortSignal): Promise<Card> {
    const draft = draftSchema.safeParse(values['draft'])
    if (!draft.success) return renderOutcome('This form is out of date. Write “/confluence connect” again.')
    if (values['accepted'] !== 'true') return renderDisclaimer(draft.data, 'Without this nothing is connected.')
    const showError = (error: FormError) => renderDisclaimer(draft.data, error.message)
    return showingErrors(showError, async () =>
      renderResult(await actions.confirmConnection(core, draft.data.draftId, asker, limited(signal))),
    )
  }

  async function showingErrors(showError: (error: FormError) => Card, work: () => Promise<Card>): Promise<Card> {
    try {
      return await work()
    } catch (error) {
      if (isFootnoteError(error)) {
        return showError({
          field: error instanceof InvalidInputError ? error.field : undefined,
          message: error.message,
        })
      }
      const reference = randomUUID().slice(0, 8)
      core.log.error({ err: error, reference }, 'teams: the connect dialog failed')
      return showError({ field: undefined, message: `Something went wrong on our side. Reference: ${reference}` })
    }
  }

  function begin(asker: Asker, card: Promise<Card>): Promise<Card> {
    const now = core.now().getTime()
    for (const [ticket, work] of pending) if (work.until < now) pending.delete(ticket)
    const ticket = randomUUID()
    pending.set(ticket, { card, askerKey: keyOf(asker), until: now + keepWorkMs })
    return resume(asker, ticket)
  }

  async function resume(asker: Asker, ticket: unknown): Promise<Card> {
    const work = typeof ticket === 'string' ? pending.get(ticket) : undefined
    if (typeof ticket !== 'string' || work === undefined || work.askerKey !== keyOf(asker)) {
      return renderForm(
        {},
        { field: undefined, message: 'The check is not known any more. Please fill in the form again.' },
      )
    }
    const card = await settledWithin(work.card, parts.answerWithinMs ?? answerWithinMs)
    if (card === undefined) return renderWaiting(ticket)
    pending.delete(ticket)
    return card
  }

  return { open, submit }
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
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', content: card }
  return {
    status: 200,
    body: { task: { type: 'continue', value: { title, height: 'large', width: 'medium', card: attachment } } },
  }
}

function keyOf(asker: Asker): string {
  return `${asker.tenantId}/${asker.userId}`
}

function limited(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(workTimeoutMs)])
}

async function settledWithin<T>(promise: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, undefined)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
