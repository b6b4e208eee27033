// The cards inside the dialogs that connect, change and reconnect. Pure.
import type { AuthorizeStep } from '../commands/authorize.ts'
import type { ConnectDraft } from '../commands/connect.ts'
import { type FormField, type FormKind, type FormText, fieldOf, fieldsOf, untouched } from '../commands/form.ts'
import type { Card, CardPart } from './activity.ts'
import { renderCard, textBlock } from './cards.ts'

/** Which form a dialog is: a new connection, or one that there is. Travels in the card's data. */
export type FormOf = { kind: 'connect' } | { kind: 'edit' | 'reconnect'; connection: string }
export type FormError = { field: string | undefined; message: string }

/** Where a dialog stands; it travels in the card's data and comes back with the submit. */
export const steps = { form: 'form', confirm: 'confirm', wait: 'wait', authorize: 'authorize' } as const

const submits: Record<FormKind, string> = { connect: 'Test and continue', edit: 'Check', reconnect: 'Test' }

/** `values` are shown again after an error, never the secret. */
export function renderForm(of: FormOf = { kind: 'connect' }, values: FormText = {}, error?: FormError): Card {
  const fields = fieldsOf(of.kind)
  const wrong = fieldOf(error?.field)
  const isShown = fields.some(({ name }) => name === wrong)
  const body = [
    ...(error === undefined || isShown ? [] : [problem(error.message)]),
    ...fields.flatMap((field) => {
      const [input, ...hint] = inputOf(field, values[field.name] ?? untouched[field.name])
      return [input, ...(error !== undefined && field.name === wrong ? [problem(error.message)] : []), ...hint]
    }),
  ]
  return renderCard(body, [submit(submits[of.kind], { step: steps.form, of })])
}

export function renderDisclaimer(draft: ConnectDraft, error?: string): Card {
  const verb = draft.purpose === 'edit' ? 'changed' : 'connected'
  const body = [
    textBlock(`${draft.name}: ${draft.test}`, { weight: 'Bolder', size: 'Medium' }),
    ...draft.disclaimer.map((sentence) => textBlock(sentence)),
    {
      type: 'Input.Toggle',
      id: 'accepted',
      title: 'I accept this for my organisation',
      value: 'false',
      valueOn: 'true',
      valueOff: 'false',
      isRequired: true,
      errorMessage: `Without this nothing is ${verb}.`,
    },
    ...(error === undefined ? [] : [problem(error)]),
  ]
  return renderCard(body, [
    submit(draft.purpose === 'edit' ? 'Change' : 'Connect', { step: steps.confirm, draft: withoutFacts(draft) }),
  ])
}

export function renderWaiting(ticket: string): Card {
  const body = [
    textBlock('Still checking', { weight: 'Bolder', size: 'Medium' }),
    textBlock('Confluence has not answered yet. Choose Continue to see the result.'),
  ]
  return renderCard(body, [submit('Continue', { step: steps.wait, ticket })])
}

export function renderOutcome(text: string, details: string[] = []): Card {
  return renderCard([textBlock(text), ...details.map((detail) => textBlock(`• ${detail}`, { spacing: 'Small' }))])
}

/** The way to Atlassian's page, and the button for when one is back. */
export function renderAuthorize(step: AuthorizeStep, isStillAway: boolean): Card {
  const body = [
    textBlock('Let Footnote in at Atlassian', { weight: 'Bolder', size: 'Medium' }),
    textBlock('Sign in there with the account that Footnote shall read with, then come back and choose Continue.'),
    ...(isStillAway ? [problem('Nothing has come back from Atlassian yet.')] : []),
  ]
  return renderCard(body, [
    { type: 'Action.OpenUrl', title: 'Open Atlassian', url: step.url },
    submit('Continue', { step: steps.authorize, authorize: step }),
  ])
}

/** The numbers behind the disclaimer need not travel through Teams. */
function withoutFacts({ facts: _facts, ...draft }: ConnectDraft): Omit<ConnectDraft, 'facts'> {
  return draft
}

/** The hint stands under the field: a placeholder goes away once something is in it. */
function inputOf(field: FormField, value: string | undefined): [CardPart, ...CardPart[]] {
  const hint =
    field.hint === undefined ? [] : [textBlock(field.hint, { isSubtle: true, size: 'Small', spacing: 'None' })]
  return [elementOf(field, value), ...hint]
}

function elementOf(field: FormField, value: string | undefined): CardPart {
  const { name: id, label, isOptional } = field
  const given = value === undefined || value === '' ? {} : { value }
  switch (field.kind) {
    case 'choice':
      return {
        type: 'Input.ChoiceSet',
        id,
        label,
        value,
        style: 'compact',
        choices: field.options.map(([choice, title]) => ({ title, value: choice })),
      }
    case 'toggle':
      return {
        type: 'Input.Toggle',
        id,
        label,
        title: field.option,
        value: value ?? 'false',
        valueOn: 'true',
        valueOff: 'false',
      }
    case 'text':
      return {
        type: 'Input.Text',
        id,
        label,
        maxLength: field.maxLength ?? 2_000,
        ...(field.isSecret === true ? { style: 'Password' } : given),
        ...(field.isLong === true ? { isMultiline: true } : {}),
        ...(isOptional === true ? {} : { isRequired: true, errorMessage: `${label} is missing.` }),
      }
  }
}

function problem(message: string): CardPart {
  return textBlock(message, { color: 'Attention', spacing: 'Small' })
}

function submit(label: string, data: Record<string, unknown>): CardPart {
  return { type: 'Action.Submit', title: label, data }
}
