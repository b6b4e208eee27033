// A submitted form of any platform → the next step: a disclaimer to accept, a page of Atlassian's to open, or the result.
import type { EditRequest } from '../../core/connections/edit-changes.ts'
import { describeForm } from '../../core/connections/form-values.ts'
import { getConnection } from '../../core/connections/get-connection.ts'
import type { Core } from '../../core/core.ts'
import type { Asker } from '../question.ts'
import { type AuthorizeStep, beginReconnection } from './authorize.ts'
import type { CommandResult } from './command.ts'
import type { ConnectDraft } from './connect.ts'
import { submitEdit, submitReconnection } from './edit.ts'
import {
  type FieldName,
  type FormText,
  type OpenForm,
  readCoverageFields,
  readCredentialFields,
  readExclusionFields,
} from './form.ts'

export type FormStep = ConnectDraft | AuthorizeStep | CommandResult

/** The form of a connection that there is. */
export async function submitForm(
  core: Core,
  { kind, connection }: Pick<OpenForm, 'kind' | 'connection'>,
  text: FormText,
  asker: Asker,
  signal: AbortSignal,
): Promise<FormStep> {
  const before = await getConnection(core, connection)
  if (kind === 'edit') return submitEdit(core, connection, onlyChanged(describeForm(before), text), asker, signal)
  const typed = readCredentialFields(text)
  if (typed.credentialKind === 'oauth') return beginReconnection(core, before, asker)
  return submitReconnection(core, connection, typed, asker, signal)
}

/** What was left as it stood is not asked for: the site need not be reached for another time of day. */
function onlyChanged(before: FormText, text: FormText): EditRequest {
  const isChanged = (...names: FieldName[]): boolean =>
    names.some((name) => (text[name] ?? '').trim() !== (before[name] ?? '').trim())
  return {
    ...(isChanged('name') ? { name: text.name } : {}),
    ...(isChanged('spaces', 'part', 'partOf') ? { coverage: readCoverageFields(text) } : {}),
    ...(isChanged('excludeLabels', 'excludeTitles', 'excludeUrls', 'excludeTemplates', 'includeArchived')
      ? { exclusions: readExclusionFields(text) }
      : {}),
    ...(isChanged('access') ? { access: text.access === 'shared' ? 'shared' : 'mirrored' } : {}),
    ...(isChanged('schedule') ? { schedule: text.schedule ?? '' } : {}),
    ...(isChanged('timezone') ? { timezone: text.timezone ?? '' } : {}),
    ...(isChanged('autoSync') ? { autoSync: text.autoSync === 'true' } : {}),
    ...(isChanged('tokenExpires') ? { tokenExpires: text.tokenExpires ?? '' } : {}),
  }
}
