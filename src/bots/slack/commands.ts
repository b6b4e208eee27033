// `/confluence …` after its acknowledgement: the private answer, the private question, and the steps of the connect form.
// Who may do what is decided inside the actions, again at every step; this file only passes on who it is.
import { z } from 'zod'
import type { Core } from '../../core/core.ts'
import { AccessDeniedError, InvalidInputError, isFootnoteError } from '../../errors.ts'
import type { AuthorizeStep } from '../commands/authorize.ts'
import type { Command, CommandResult } from '../commands/command.ts'
import { readConnectForm } from '../commands/form.ts'
import type { FormStep } from '../commands/submit-form.ts'
import { explainFailure } from '../explain-failure.ts'
import type { Asker } from '../question.ts'
import type { SlackActions } from './actions.ts'
import type { View } from './blocks.ts'
import { authorizeView, confirmationView, consentView, formView, loadingView, resultView } from './connect-form.ts'
import type { ConfirmedPurge, Consent, SlashCommand, SubmittedForm } from './events.ts'
import type { SlackIdentity, SlackInstallation } from './identity.ts'
import { fitResponses, renderAsked, renderResult, renderText } from './render.ts'
import { createSlackReply } from './reply.ts'
import { type SlackApi, noPreviews } from './web-api.ts'

export type SlackParts = {
  core: Core
  actions: SlackActions
  api: SlackApi
  identity: SlackIdentity
  installation: SlackInstallation
}

export async function handleSlashCommand(parts: SlackParts, command: SlashCommand, signal: AbortSignal): Promise<void> {
  try {
    const parsed = parts.actions.parseCommand(command.text)
    if (opensView(parsed)) return await openForm(parts, command, parsed, signal)
    const asker = await identifyFreshly(parts, command.userId, signal)
    const result = await parts.actions.runCommand(parts.core, parsed, asker, signal)
    if (result.kind === 'question') return await answerPrivately(parts, command, result.question, signal)
    for (const message of fitResponses(renderResult(result))) {
      await parts.api.respond(command.responseUrl, message, signal)
    }
  } catch (error) {
    signal.throwIfAborted()
    const [message] = renderResult(explain(parts, error))
    if (message !== undefined) await parts.api.respond(command.responseUrl, message, signal)
  }
}

/** What is filled in, or confirmed, before anything happens. */
function opensView(command: Command): boolean {
  return ['connect', 'edit', 'reconnect'].includes(command.name) || (command.name === 'remove' && command.purge)
}

/**
 * A trigger lives three seconds, so a light view is opened first; who it is and whether they may connect a site is asked
 * while it stands there.
 */
async function openForm(parts: SlackParts, command: SlashCommand, parsed: Command, signal: AbortSignal): Promise<void> {
  const args = { trigger_id: command.triggerId, view: loadingView('One moment…') }
  const opened = z
    .object({ view: z.object({ id: z.string() }) })
    .parse(await parts.api.call('views.open', args, signal))
  await showStep(parts, opened.view.id, signal, async () => {
    const asker = await identifyFreshly(parts, command.userId, signal)
    const result = await parts.actions.runCommand(parts.core, parsed, asker, signal)
    if (result.kind === 'form') return formView(result.form, result.form.values)
    if (result.kind === 'confirmation') return confirmationView(result)
    return result.kind === 'connectForm' ? formView({ kind: 'connect' }) : resultView(result)
  })
}

/** A form was submitted and its view says "Checking…". */
export async function handleForm(parts: SlackParts, submitted: SubmittedForm, signal: AbortSignal): Promise<void> {
  const { of, text } = submitted
  await showStep(parts, submitted.viewId, signal, async () => {
    const asker = await identifyFreshly(parts, submitted.userId, signal)
    try {
      return stepView(await submit(parts, of, text, asker, signal))
    } catch (error) {
      if (!isFootnoteError(error) || error instanceof AccessDeniedError) throw error
      const field = error instanceof InvalidInputError ? error.field : undefined
      return formView(of, text, { field, message: error.message })
    }
  })
}

function submit(
  { core, actions }: SlackParts,
  of: SubmittedForm['of'],
  text: SubmittedForm['text'],
  asker: Asker,
  signal: AbortSignal,
): Promise<FormStep> {
  if (of.kind !== 'connect') return actions.submitForm(core, of, text, asker, signal)
  const form = readConnectForm(text)
  return form.credentialKind === 'oauth'
    ? actions.beginAuthorization(core, form, asker)
    : actions.draftConnection(core, form, asker, signal)
}

/** Somebody is back from Atlassian, or says so. */
export async function handleContinue(
  parts: SlackParts,
  { userId, viewId, step }: { userId: string; viewId: string; step: AuthorizeStep },
  signal: AbortSignal,
): Promise<void> {
  await showStep(parts, viewId, signal, async () => {
    const asker = await identifyFreshly(parts, userId, signal)
    const next = await parts.actions.continueAuthorization(parts.core, step.authorizationId, asker, signal)
    return 'url' in next ? authorizeView(step, true) : stepView(next)
  })
}

function stepView(step: FormStep): View {
  if ('draftId' in step) return consentView(step)
  return 'authorizationId' in step ? authorizeView(step, false) : resultView(step)
}

/** The disclaimer was submitted. */
export async function handleConsent(parts: SlackParts, consent: Consent, signal: AbortSignal): Promise<void> {
  await showOutcome(parts, consent, signal, () => confirm(parts, consent, signal))
}

/** What cannot be undone was confirmed. Who it is is asked again. */
export async function handlePurge(parts: SlackParts, confirmed: ConfirmedPurge, signal: AbortSignal): Promise<void> {
  await showOutcome(parts, confirmed, signal, async () => {
    const asker = await identifyFreshly(parts, confirmed.userId, signal)
    return parts.actions.confirmPurge(parts.core, confirmed.purge, asker)
  })
}

/** What came of it reaches the person even if they closed the window meanwhile. */
async function showOutcome(
  parts: SlackParts,
  { viewId, userId }: { viewId: string; userId: string },
  signal: AbortSignal,
  work: () => Promise<CommandResult>,
): Promise<void> {
  let result: CommandResult
  try {
    result = await work()
  } catch (error) {
    signal.throwIfAborted()
    result = explain(parts, error)
  }
  try {
    await parts.api.call('views.update', { view_id: viewId, view: resultView(result) }, signal)
  } catch (error) {
    if (!(error instanceof AccessDeniedError)) throw error
    for (const message of renderResult(result)) {
      await parts.api.call('chat.postMessage', { channel: userId, ...message, ...noPreviews }, signal)
    }
  }
}

async function confirm(parts: SlackParts, consent: Consent, signal: AbortSignal): Promise<CommandResult> {
  if (!consent.isAccepted) {
    throw new InvalidInputError(
      'consent_missing',
      `Nothing was ${consent.purpose === 'edit' ? 'changed' : 'connected'}: the confirmation was not ticked.`,
    )
  }
  const asker = await identifyFreshly(parts, consent.userId, signal)
  const confirmed = consent.purpose === 'edit' ? parts.actions.confirmEdit : parts.actions.confirmConnection
  return confirmed(parts.core, consent.draftId, asker, signal)
}

/**
 * A question from a command is answered in the direct conversation: an ephemeral answer is lost on reload and cannot be
 * updated. A message that repeats the question opens the thread and gives the question its id there. Posting to a person's
 * id opens the conversation with `chat:write` alone.
 */
async function answerPrivately(
  parts: SlackParts,
  command: SlashCommand,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  const { api, identity, installation } = parts
  const posted = await api.call(
    'chat.postMessage',
    { channel: command.userId, ...renderAsked(text), ...noPreviews },
    signal,
  )
  const { channel, ts } = z.object({ channel: z.string(), ts: z.string() }).parse(posted)
  const [working] = renderText('I am answering in a direct message to you.')
  if (working !== undefined) await api.respond(command.responseUrl, working, signal)
  const asked = {
    threadTs: ts,
    isExternallyShared: false,
    question: {
      platform: 'slack',
      tenantId: installation.teamId,
      conversationId: channel,
      audience: 'direct',
      threadId: ts,
      messageId: ts,
      askerId: command.userId,
      text,
    },
  } as const
  const reply = createSlackReply({ api, identity, installation, asked })
  await parts.actions.answerQuestion(parts.core, asked.question, reply, signal)
}

/** Replaces the view by what the step gives; an error becomes its sentence. */
async function showStep(
  parts: SlackParts,
  viewId: string,
  signal: AbortSignal,
  step: () => Promise<View>,
): Promise<void> {
  let view: View
  try {
    view = await step()
  } catch (error) {
    signal.throwIfAborted()
    view = resultView(explain(parts, error))
  }
  try {
    await parts.api.call('views.update', { view_id: viewId, view }, signal)
  } catch (error) {
    // The person closed the window: nothing was changed yet and nobody waits for the view.
    if (!(error instanceof AccessDeniedError)) throw error
  }
}

/** Commands and forms decide over connections, so Slack is asked each time. */
async function identifyFreshly(parts: SlackParts, userId: string, signal: AbortSignal): Promise<Asker> {
  const asker = await parts.identity.identify(userId, signal, { fresh: true })
  if (asker === undefined) {
    throw new AccessDeniedError(
      'asker_unknown',
      'Slack did not tell me who you are, so I cannot do this. Try again in a minute.',
    )
  }
  return asker
}

function explain(parts: SlackParts, error: unknown): CommandResult {
  const tone = error instanceof AccessDeniedError ? 'refusal' : 'error'
  const { text } = explainFailure(parts.core.log, error, 'A Slack command failed')
  return { kind: 'notice', tone, text, details: [] }
}
