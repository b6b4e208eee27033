// What the Teams bot calls above itself. Handed in, so that tests drive the bot without a database.
import { runCommand } from '../commands/run.ts'
import { beginAuthorization, continueAuthorization } from '../commands/authorize.ts'
import { confirmConnection, draftConnection } from '../commands/connect.ts'
import { confirmEdit } from '../commands/edit.ts'
import { confirmPurge } from '../commands/life.ts'
import { parseCommand } from '../commands/parse.ts'
import { submitForm } from '../commands/submit-form.ts'
import { answerQuestion } from '../conversation.ts'
import type { Core } from '../../core/core.ts'
import type { Feedback } from './events.ts'

export type TeamsActions = {
  answerQuestion: typeof answerQuestion
  runCommand: typeof runCommand
  draftConnection: typeof draftConnection
  confirmConnection: typeof confirmConnection
  beginAuthorization: typeof beginAuthorization
  continueAuthorization: typeof continueAuthorization
  submitForm: typeof submitForm
  confirmEdit: typeof confirmEdit
  confirmPurge: typeof confirmPurge
  parseCommand: typeof parseCommand
  recordFeedback: (core: Core, feedback: Feedback) => Promise<void>
}

export const defaultActions: TeamsActions = {
  answerQuestion,
  runCommand,
  draftConnection,
  confirmConnection,
  beginAuthorization,
  continueAuthorization,
  submitForm,
  confirmEdit,
  confirmPurge,
  parseCommand,
  // Ids and the reaction only: what people write may be about anybody.
  async recordFeedback(core, { tenantId, conversationId, replyId, askerId, reaction }) {
    core.log.info({ tenantId, conversationId, replyId, askerId, reaction }, 'teams: feedback')
  },
}
