// The steps of connecting a site, the same in a Slack modal, a Teams dialog and the terminal: form → live test → draft
// → disclaimer with its counts → active connection whose first sync is queued.
import type { Core } from '../../core/core.ts'
import type { Asker } from '../question.ts'
import type { CommandResult } from './command.ts'

/** What a person fills in; everything is text as typed. An `InvalidInputError` names the wrong one in `field`. */
export type ConnectForm = {
  name: string
  url: string
  deployment: 'cloud' | 'datacenter' | undefined
  credentialKind: 'token' | 'pat' | 'basic'
  /** E-mail (Cloud) or user name (Data Center basic); ignored for `pat`. */
  email: string
  secret: string
  /** Space keys separated by commas; empty: all spaces. */
  spaces: string
  access: 'mirrored' | 'shared'
}

export type ConnectDraft = {
  draftId: number
  name: string
  /** What the test said, `Works`. */
  test: string
  /** The disclaimer to accept, as sentences with the counts that make it concrete. */
  disclaimer: string[]
}

/** Tests the credential live and keeps the form, sealed, as a draft of one hour. Nothing is synced yet. */
export async function draftConnection(
  _core: Core,
  _form: ConnectForm,
  _asker: Asker,
  _signal: AbortSignal,
): Promise<ConnectDraft> {
  throw new Error('not written yet')
}

/** The disclaimer was accepted by `asker`: the draft becomes active and its first sync is queued. */
export async function confirmConnection(
  _core: Core,
  _draftId: number,
  _asker: Asker,
  _signal: AbortSignal,
): Promise<CommandResult> {
  throw new Error('not written yet')
}
