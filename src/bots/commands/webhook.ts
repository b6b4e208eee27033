// `webhook CONNECTION`: the secret is shown once, to the admin alone.
import { getConnection } from '../../core/connections/get-connection.ts'
import { type WebhookSetup, endWebhooks, makeWebhookSecret } from '../../core/connections/webhooks.ts'
import type { Core } from '../../core/core.ts'
import type { Command, CommandResult } from './command.ts'

export async function runWebhook(
  core: Core,
  { connection: name, change }: Extract<Command, { name: 'webhook' }>,
  actor: string,
): Promise<CommandResult> {
  const connection = await getConnection(core, name)
  if (change !== 'off')
    return describeSetup(await makeWebhookSecret(core, connection, { rotate: change === 'rotate', actor }))
  await endWebhooks(core, connection, actor)
  return describeEnd(connection.name)
}

type Notice = Extract<CommandResult, { kind: 'notice' }>

export function describeEnd(name: string): Notice {
  const text = `No webhooks are taken for ${name} any more. Delete the webhook in Confluence, too.`
  return { kind: 'notice', tone: 'success', text, details: [] }
}

export function describeSetup({ connection, url, path, secret, events }: WebhookSetup): Notice {
  return {
    kind: 'notice',
    tone: 'success',
    text: `Register this webhook in Confluence (docs/webhooks.md), and ${connection} is told of changes at once. The secret is shown only now.`,
    details: [
      `URL: ${url ?? `${path} at the address of this server (FOOTNOTE_PUBLIC_URL is not set)`}`,
      `Secret: ${secret}`,
      `Events: ${events.join(', ')}`,
    ],
  }
}
