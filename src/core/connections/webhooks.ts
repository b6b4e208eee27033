// The secret that a Data Center signs its webhooks with, and where it sends them. They are registered by hand: Footnote only
// reads, and registering is an administrator's.
import { randomBytes } from 'node:crypto'
import { type Connection, insertAuditEntry, updateConnection } from '../../db/queries/connections.ts'
import { InvalidInputError } from '../../errors.ts'
import type { Core } from '../core.ts'
import { openWebhookSecret, sealWebhookSecret } from './seal.ts'

export const webhookPath = '/webhooks/confluence'

/** What to register; others do no harm. */
const webhookEvents = [
  ...['created', 'updated', 'moved', 'children_reordered', 'removed', 'trashed', 'restored'].map((it) => `page_${it}`),
  ...['created', 'updated', 'removed', 'trashed', 'restored'].map((it) => `blog_${it}`),
  ...['created', 'updated', 'removed'].flatMap((it) => [`comment_${it}`, `attachment_${it}`]),
  'label_added',
  'label_removed',
  'content_permissions_updated',
  ...['created', 'updated', 'removed', 'permissions_updated'].map((it) => `space_${it}`),
  'group_created',
  'group_removed',
  ...['created', 'deactivated', 'reactivated', 'removed'].map((it) => `user_${it}`),
]

export type WebhookSetup = {
  connection: string
  /** Undefined while nobody told this server its own address. */
  url: string | undefined
  path: string
  /** Shown this once. */
  secret: string
  events: string[]
}

/** Makes the secret of a connection; `rotate` replaces the one that there is, which is then refused. */
export async function makeWebhookSecret(
  core: Core,
  connection: Connection,
  { rotate, actor }: { rotate: boolean; actor: string },
): Promise<WebhookSetup> {
  const { id, name, deployment, webhookSecretSealed } = connection
  if (deployment === 'cloud')
    throw new InvalidInputError(
      'webhooks_cloud',
      `Confluence Cloud sends webhooks to apps only, not to whoever has a token: ${name} is looked at by its schedule.`,
    )
  if (webhookSecretSealed !== null && !rotate)
    throw new InvalidInputError(
      'webhooks_on',
      `${name} has a webhook secret already, which is not shown again. Make a new one with webhook ${name} --rotate, or end it with webhook ${name} --off.`,
    )
  const secret = randomBytes(32).toString('base64url')
  const sealed = sealWebhookSecret(secret, core.encryptionKey(), id)
  await change(core, connection, sealed, { actor, action: rotate ? 'rotate webhook secret' : 'make webhook secret' })
  const path = `${webhookPath}/${name}`
  const publicUrl = core.config.FOOTNOTE_PUBLIC_URL
  return {
    connection: name,
    url: publicUrl === undefined ? undefined : `${publicUrl}${path}`,
    path,
    secret,
    events: webhookEvents,
  }
}

/** From now on every webhook of the connection is refused. */
export async function endWebhooks(core: Core, connection: Connection, actor: string): Promise<void> {
  if (connection.webhookSecretSealed === null)
    throw new InvalidInputError(
      'webhooks_off',
      `${connection.name} has no webhook secret: no webhooks are taken for it.`,
    )
  await change(core, connection, null, { actor, action: 'end webhooks' })
}

async function change(
  core: Core,
  { id, name }: Connection,
  webhookSecretSealed: Uint8Array | null,
  entry: { actor: string; action: string },
): Promise<void> {
  await core.database.db.transaction(async (tx) => {
    await updateConnection(tx, id, { webhookSecretSealed })
    await insertAuditEntry(tx, { ...entry, subject: name })
  })
}

/** Undefined when the connection takes no webhooks. */
export function findWebhookSecret(core: Core, { id, webhookSecretSealed }: Connection): string | undefined {
  return webhookSecretSealed === null ? undefined : openWebhookSecret(webhookSecretSealed, core.encryptionKey(), id)
}
