// The seam between the platform and the flow: everything that a Slack payload can set off. createSlackApp takes another
// set where the platform's side is looked at alone.
import { beginAuthorization, continueAuthorization } from '../commands/authorize.ts'
import { confirmConnection, draftConnection } from '../commands/connect.ts'
import { confirmEdit } from '../commands/edit.ts'
import { confirmPurge } from '../commands/life.ts'
import { parseCommand } from '../commands/parse.ts'
import { runCommand } from '../commands/run.ts'
import { submitForm } from '../commands/submit-form.ts'
import { answerQuestion } from '../conversation.ts'

export const flowActions = {
  answerQuestion,
  parseCommand,
  runCommand,
  draftConnection,
  confirmConnection,
  beginAuthorization,
  continueAuthorization,
  submitForm,
  confirmEdit,
  confirmPurge,
}

export type SlackActions = typeof flowActions
