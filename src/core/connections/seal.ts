import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config.ts'
import { InvalidInputError } from '../../errors.ts'
import type { Credential } from '../confluence/site.ts'

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** Seals a credential for one connection; `binding` (the connection's name) must be the same to open it. */
export function sealCredential(credential: Credential, key: Uint8Array, binding: string): Uint8Array {
  return seal(credential, key, binding)
}

/** The same for what Data Center signs its webhooks with; it stays with the connection whatever that is called. */
export function sealWebhookSecret(secret: string, key: Uint8Array, connectionId: number): Uint8Array {
  return seal(secret, key, webhookOf(connectionId))
}

/** Rejects with `InvalidInputError` when the key is not the one that sealed it. */
export function openWebhookSecret(sealed: Uint8Array, key: Uint8Array, connectionId: number): string {
  return open(sealed, key, webhookOf(connectionId)) as string
}

const webhookOf = (connectionId: number): string => `the webhooks of connection ${connectionId}`

function seal(value: Credential | string, key: Uint8Array, binding: string): Uint8Array {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(binding))
  const sealed = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
}

/** Rejects with `InvalidInputError` when the key is not the one that sealed it. */
export function openCredential(sealed: Uint8Array, key: Uint8Array, binding: string): Credential {
  return open(sealed, key, binding) as Credential
}

function open(sealed: Uint8Array, key: Uint8Array, binding: string): unknown {
  try {
    const nonce = sealed.subarray(0, nonceBytes)
    // Without its length a shorter tag, which is easier to guess, would do.
    const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(binding))
    decipher.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes))
    const opened = Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()])
    return JSON.parse(opened.toString('utf8')) as unknown
  } catch (cause) {
    throw new InvalidInputError(
      'encryption_key_wrong',
      `The credential of ${binding} cannot be opened: FOOTNOTE_ENCRYPTION_KEY is not the key that it was stored under. Start with the earlier key, or connect again.`,
      { cause },
    )
  }
}

/**
 * The key for stored credentials: `FOOTNOTE_ENCRYPTION_KEY`, or with the embedded database a file in the data folder that
 * is made once (mode 0600). Rejects with `InvalidInputError` when there is none or it is not 32 bytes.
 */
export function loadEncryptionKey(
  config: Pick<Config, 'DATABASE_URL' | 'FOOTNOTE_DATA_DIR' | 'FOOTNOTE_ENCRYPTION_KEY'>,
): Uint8Array {
  if (config.FOOTNOTE_ENCRYPTION_KEY !== undefined) return decode(config.FOOTNOTE_ENCRYPTION_KEY)
  if (config.DATABASE_URL !== undefined)
    throw new InvalidInputError(
      'encryption_key_missing',
      'FOOTNOTE_ENCRYPTION_KEY is not set, so no credential can be stored. Set it to 32 random bytes in base64 (openssl rand -base64 32) and keep a copy apart from the database.',
      { field: 'FOOTNOTE_ENCRYPTION_KEY' },
    )
  const path = join(config.FOOTNOTE_DATA_DIR, 'encryption.key')
  if (!existsSync(path)) writeFileSync(path, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' })
  return decode(readFileSync(path, 'utf8'))
}

function decode(text: string): Uint8Array {
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length === 32) return key
  throw new InvalidInputError(
    'encryption_key_invalid',
    'FOOTNOTE_ENCRYPTION_KEY is not 32 bytes in base64. Make one with: openssl rand -base64 32',
    { field: 'FOOTNOTE_ENCRYPTION_KEY' },
  )
}
