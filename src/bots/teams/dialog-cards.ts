// The cards inside the connect dialog. Pure.
import type { ConnectDraft, ConnectForm } from '../commands/connect.ts'
import type { Card, CardPart } from './activity.ts'
import { renderCard, textBlock } from './cards.ts'

/** What the form shows again after an error. Never the secret. */
export type FormValues = Partial<Omit<ConnectForm, 'secret'>>
export type FormError = { field: string | undefined; message: string }

/** Where a dialog stands; it travels in the card's data and comes back with the submit. */
export const steps = { form: 'form', confirm: 'confirm', wait: 'wait' } as const

export function renderForm(values: FormValues = {}, error?: FormError): Card {
  const fields: { name: keyof ConnectForm; part: CardPart }[] = [
    { name: 'name', part: input('name', 'Name', values.name, 'handbook') },
    { name: 'url', part: input('url', 'Address of the site', values.url, 'https://acme.atlassian.net/wiki') },
    {
      name: 'deployment',
      part: choice('deployment', 'Kind of site', values.deployment ?? 'detect', [
        ['detect', 'Find out from the address'],
        ['cloud', 'Confluence Cloud'],
        ['datacenter', 'Confluence Data Center'],
      ]),
    },
    {
      name: 'credentialKind',
      part: choice('credentialKind', 'Credential', values.credentialKind ?? 'token', [
        ['token', 'API token (Cloud)'],
        ['pat', 'Personal access token (Data Center)'],
        ['basic', 'User name and password (Data Center)'],
      ]),
    },
    {
      name: 'email',
      part: input('email', 'E-mail or user name', values.email, 'Not needed with a personal access token', false),
    },
    { name: 'secret', part: { ...input('secret', 'Token or password', undefined, ''), style: 'Password' } },
    { name: 'spaces', part: input('spaces', 'Spaces', values.spaces, 'Keys separated by commas; empty: all', false) },
    {
      name: 'access',
      part: choice('access', 'Who may read', values.access ?? 'mirrored', [
        ['mirrored', 'Everybody what Confluence shows them'],
        ['shared', 'Everybody what this credential sees'],
      ]),
    },
  ]
  const isKnownField = fields.some(({ name }) => name === error?.field)
  const body = [
    ...(error === undefined || isKnownField ? [] : [problem(error.message)]),
    ...fields.flatMap(({ name, part }) =>
      error !== undefined && error.field === name ? [part, problem(error.message)] : [part],
    ),
  ]
  return renderCard(body, [submit('Test and continue', { step: steps.form })])
}

export function renderDisclaimer(draft: ConnectDraft, error?: string): Card {
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
      errorMessage: 'Without this nothing is connected.',
    },
    ...(error === undefined ? [] : [problem(error)]),
  ]
  return renderCard(body, [submit('Connect', { step: steps.confirm, draft })])
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

function input(id: string, label: string, value: string | undefined, placeholder: string, isRequired = true): CardPart {
  return {
    type: 'Input.Text',
    id,
    label,
    placeholder,
    maxLength: 2_000,
    ...(value === undefined || value === '' ? {} : { value }),
    ...(isRequired ? { isRequired: true, errorMessage: `${label} is missing.` } : {}),
  }
}

function choice(id: string, label: string, value: string, choices: [value: string, title: string][]): CardPart {
  return {
    type: 'Input.ChoiceSet',
    id,
    label,
    value,
    style: 'compact',
    choices: choices.map(([choiceValue, title]) => ({ title, value: choiceValue })),
  }
}

function problem(message: string): CardPart {
  return textBlock(message, { color: 'Attention', spacing: 'Small' })
}

function submit(label: string, data: Record<string, unknown>): CardPart {
  return { type: 'Action.Submit', title: label, data }
}
