// The views of `/confluence connect`: form → checking → disclaimer → result. Pure. A view keeps no secret: what was typed
// into the credential's field is never put into a view again, and the metadata holds the draft's id alone.
import type { CommandResult } from '../commands/command.ts'
import type { ConnectDraft, ConnectForm } from '../commands/connect.ts'
import {
  type Block,
  type InputElement,
  type Option,
  type Piece,
  type View,
  plainText,
  text,
  toBlocks,
} from './blocks.ts'
import { renderResult } from './render.ts'

export const connectCallback = 'footnote_connect'
export const consentCallback = 'footnote_consent'
const noticeCallback = 'footnote_notice'

/** A modal holds 100 blocks; https://docs.slack.dev/surfaces/modals */
const maxViewBlocks = 100

const credentialKinds: Option[] = [
  option('token', 'API token (Cloud)'),
  option('pat', 'Personal access token (Data Center)'),
  option('basic', 'User name and password (Data Center)'),
]
const accessModes: Option[] = [
  option('mirrored', 'As in Confluence, person by person'),
  option('shared', 'Everything for everyone it serves'),
]

/** Also the same form again after an error: `failure.field` names the field under which its message stands. */
export function connectFormView(
  form: Partial<Omit<ConnectForm, 'secret'>> = {},
  failure?: { field: string | undefined; message: string },
): View {
  const fields: Block[] = [
    typed('url', 'Site address', form.url, { hint: 'For example https://acme.atlassian.net' }),
    chosen('credentialKind', 'How to sign in', credentialKinds, form.credentialKind ?? 'token'),
    typed('email', 'E-mail or user name', form.email, {
      hint: 'Of the account that owns the credential. Leave it empty for a personal access token.',
      isOptional: true,
    }),
    typed('secret', 'Token or password', undefined, {
      hint: 'Stored encrypted. Make one for an account that may only read.',
    }),
    typed('name', 'Name of the connection', form.name, {
      hint: 'Letters, digits, - and _. Shown to admins.',
      maxLength: 64,
    }),
    typed('spaces', 'Spaces', form.spaces, {
      hint: 'Keys separated by commas, such as HR, IT. Empty: every space the account sees.',
      isOptional: true,
    }),
    chosen('access', 'Who may read', accessModes, form.access ?? 'mirrored'),
  ]
  return {
    ...modal(connectCallback, withFailure(fields, failure)),
    submit: plainText('Test'),
  }
}

export function loadingView(sentence: string): View {
  return modal(noticeCallback, toBlocks([{ kind: 'paragraph', content: [text(sentence)] }]))
}

/** The disclaimer, which must be ticked before it can be submitted. */
export function consentView(draft: ConnectDraft): View {
  const pieces: Piece[] = [
    { kind: 'paragraph', content: [text(`The test of ${draft.name} says: ${draft.test}.`)] },
    ...draft.disclaimer.map((sentence): Piece => ({ kind: 'item', content: [text(sentence)] })),
  ]
  return {
    ...modal(consentCallback, [
      ...toBlocks(pieces),
      {
        type: 'input',
        block_id: 'consent',
        label: plainText('Your confirmation'),
        element: {
          type: 'checkboxes',
          action_id: 'value',
          options: [option('accepted', 'I have read this and may decide it')],
        },
      },
    ]),
    submit: plainText('Connect'),
    private_metadata: JSON.stringify({ draftId: draft.draftId }),
  }
}

export function resultView(result: CommandResult): View {
  return modal(
    noticeCallback,
    renderResult(result)
      .flatMap(({ blocks }) => blocks)
      .slice(0, maxViewBlocks),
  )
}

function modal(callbackId: string, blocks: Block[]): View {
  return {
    type: 'modal',
    callback_id: callbackId,
    title: plainText('Connect to Confluence'),
    close: plainText('Close'),
    blocks,
  }
}

/** The message stands right under its field, or on top when it belongs to none. */
function withFailure(fields: Block[], failure: { field: string | undefined; message: string } | undefined): Block[] {
  if (failure === undefined) return fields
  const message = toBlocks([{ kind: 'paragraph', content: [text(`⚠ ${failure.message}`)] }])
  const position = fields.findIndex((block) => block.type === 'input' && block.block_id === failure.field)
  return [...fields.slice(0, position + 1), ...message, ...fields.slice(position + 1)]
}

function typed(
  field: keyof ConnectForm,
  label: string,
  value: string | undefined,
  { hint, isOptional = false, maxLength }: { hint: string; isOptional?: boolean; maxLength?: number },
): Block {
  const element: InputElement = {
    type: 'plain_text_input',
    action_id: 'value',
    ...(value === undefined || value === '' ? {} : { initial_value: value }),
    ...(maxLength === undefined ? {} : { max_length: maxLength }),
  }
  return {
    type: 'input',
    block_id: field,
    label: plainText(label),
    element,
    hint: plainText(hint),
    optional: isOptional,
  }
}

function chosen(field: keyof ConnectForm, label: string, options: Option[], value: string): Block {
  const initial = options.find((candidate) => candidate.value === value)
  return {
    type: 'input',
    block_id: field,
    label: plainText(label),
    element: {
      type: 'static_select',
      action_id: 'value',
      options,
      ...(initial === undefined ? {} : { initial_option: initial }),
    },
  }
}

/** Slack cuts an option's text at 75 characters. */
function option(value: string, label: string): Option {
  return { text: plainText(label, 75), value }
}
