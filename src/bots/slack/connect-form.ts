// The views of `/confluence connect`, `edit` and `reconnect`: form → checking → disclaimer → result. Pure. A view keeps no
// secret: what was typed into the credential's field is never put into a view again, and the metadata holds ids alone.
import type { AuthorizeStep } from '../commands/authorize.ts'
import type { CommandResult } from '../commands/command.ts'
import type { ConnectDraft } from '../commands/connect.ts'
import { type FormField, type FormKind, type FormText, fieldOf, fieldsOf, untouched } from '../commands/form.ts'
import {
  type Block,
  type InputElement,
  type Option,
  type Piece,
  type View,
  link,
  plainText,
  text,
  toBlocks,
} from './blocks.ts'
import { renderResult } from './render.ts'

export const formCallback = 'footnote_connect'
export const consentCallback = 'footnote_consent'
export const authorizeCallback = 'footnote_authorize'
export const purgeCallback = 'footnote_purge'
const noticeCallback = 'footnote_notice'

/** A modal holds 100 blocks; https://docs.slack.dev/surfaces/modals */
const maxViewBlocks = 100

/** Which form a view is: a new connection, or one that there is. */
export type FormOf = { kind: 'connect' } | { kind: 'edit' | 'reconnect'; connection: string }

const titles: Record<FormKind, string> = {
  connect: 'Connect to Confluence',
  edit: 'Change a connection',
  reconnect: 'Reconnect',
}
const submits: Record<FormKind, string> = { connect: 'Test', edit: 'Check', reconnect: 'Test' }

/** Also the same form again after an error: `failure.field` names the field under which its message stands. */
export function formView(
  of: FormOf,
  values: FormText = {},
  failure?: { field: string | undefined; message: string },
): View {
  const fields = fieldsOf(of.kind).map((field) => inputOf(field, values[field.name]))
  return {
    ...modal(formCallback, withFailure(fields, failure), titles[of.kind]),
    submit: plainText(submits[of.kind]),
    private_metadata: JSON.stringify(of),
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
  const isEdit = draft.purpose === 'edit'
  return {
    ...modal(
      consentCallback,
      [
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
      ],
      titles[isEdit ? 'edit' : 'connect'],
    ),
    submit: plainText(isEdit ? 'Change' : 'Connect'),
    private_metadata: JSON.stringify({ draftId: draft.draftId, ...(isEdit ? { purpose: 'edit' } : {}) }),
  }
}

/** The way to Atlassian's page, and the button for when one is back. */
export function authorizeView(step: AuthorizeStep, isStillAway: boolean): View {
  const pieces: Piece[] = [
    {
      kind: 'paragraph',
      content: [
        text('Atlassian asks you whether Footnote may read. Sign in there with the account that it shall read with.'),
      ],
    },
    { kind: 'paragraph', content: [link(step.url, 'Open Atlassian')] },
    {
      kind: 'paragraph',
      content: [
        text(
          isStillAway
            ? '⚠ Nothing has come back from Atlassian yet. Let Footnote in there first, then choose Continue.'
            : 'When that is done, come back and choose Continue.',
        ),
      ],
    },
  ]
  return {
    ...modal(authorizeCallback, toBlocks(pieces)),
    submit: plainText('Continue'),
    private_metadata: JSON.stringify(step),
  }
}

/** What cannot be undone is said before the button does it. */
export function confirmationView(result: Extract<CommandResult, { kind: 'confirmation' }>): View {
  const blocks = renderResult(result).flatMap((message) => message.blocks)
  return {
    ...modal(purgeCallback, blocks.slice(0, maxViewBlocks), 'Delete for good'),
    submit: plainText(result.button),
    private_metadata: JSON.stringify(result.purge),
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

function modal(callbackId: string, blocks: Block[], title = titles.connect): View {
  return { type: 'modal', callback_id: callbackId, title: plainText(title), close: plainText('Close'), blocks }
}

/** The message stands right under its field, or on top when it belongs to none. */
function withFailure(fields: Block[], failure: { field: string | undefined; message: string } | undefined): Block[] {
  if (failure === undefined) return fields
  const message = toBlocks([{ kind: 'paragraph', content: [text(`⚠ ${failure.message}`)] }])
  const name = fieldOf(failure.field)
  const position = fields.findIndex((block) => block.type === 'input' && block.block_id === name)
  return [...fields.slice(0, position + 1), ...message, ...fields.slice(position + 1)]
}

function inputOf(field: FormField, value: string | undefined): Block {
  return {
    type: 'input',
    block_id: field.name,
    label: plainText(field.label),
    element: elementOf(field, value),
    ...(field.hint === undefined ? {} : { hint: plainText(field.hint) }),
    ...(field.isOptional === true ? { optional: true } : {}),
  }
}

function elementOf(field: FormField, given: string | undefined): InputElement {
  const value = given ?? untouched[field.name]
  switch (field.kind) {
    case 'text':
      return {
        type: 'plain_text_input',
        action_id: 'value',
        ...(value === undefined || value === '' || field.isSecret === true ? {} : { initial_value: value }),
        ...(field.isLong === true ? { multiline: true } : {}),
        ...(field.maxLength === undefined ? {} : { max_length: field.maxLength }),
      }
    case 'choice': {
      const options = field.options.map(([name, label]) => option(name, label))
      const initial = options.find((candidate) => candidate.value === value)
      return {
        type: 'static_select',
        action_id: 'value',
        options,
        ...(initial === undefined ? {} : { initial_option: initial }),
      }
    }
    case 'toggle': {
      const options = [option('true', field.option)]
      return {
        type: 'checkboxes',
        action_id: 'value',
        options,
        ...(value === 'true' ? { initial_options: options } : {}),
      }
    }
  }
}

/** Slack cuts an option's text at 75 characters. */
function option(value: string, label: string): Option {
  return { text: plainText(label, 75), value }
}
