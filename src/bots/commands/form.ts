// The forms of a connection, written once for chat: which fields, what they say, text → what is asked for. A platform only
// draws them. A secret is never put back into a form.
import { describeForm } from '../../core/connections/form-values.ts'
import type { Connection } from '../../core/connections/form-values.ts'
import type { ConnectForm } from './connect.ts'

export type FormKind = 'connect' | 'edit' | 'reconnect'
export type FieldName =
  | 'url'
  | 'deployment'
  | 'credentialKind'
  | 'email'
  | 'secret'
  | 'tokenExpires'
  | 'name'
  | 'spaces'
  | 'part'
  | 'partOf'
  | 'excludeLabels'
  | 'excludeTitles'
  | 'excludeUrls'
  | 'excludeTemplates'
  | 'includeArchived'
  | 'access'
  | 'schedule'
  | 'timezone'
  | 'autoSync'

/** What stands in the fields, as text; a toggle is `true` or `false`. */
export type FormText = Partial<Record<FieldName, string>>

export type FormField = { name: FieldName; label: string; hint?: string; isOptional?: boolean } & (
  | { kind: 'text'; isSecret?: boolean; isLong?: boolean; maxLength?: number }
  | { kind: 'choice'; options: [value: string, label: string][] }
  | { kind: 'toggle'; option: string }
)

/** A form about a connection that there is. */
export type OpenForm = { kind: 'edit' | 'reconnect'; connection: string; values: FormText }

export function openForm(kind: OpenForm['kind'], connection: Connection): OpenForm {
  const { credentialKind, ...rest } = describeForm(connection)
  return { kind, connection: connection.name, values: kind === 'edit' ? rest : { credentialKind } }
}

const fields: Record<FieldName, FormField> = {
  url: {
    kind: 'text',
    name: 'url',
    label: 'Site address',
    hint: 'Of the site, or of a space or page of it, such as https://acme.atlassian.net.',
  },
  deployment: {
    kind: 'choice',
    name: 'deployment',
    label: 'Kind of site',
    options: [
      ['detect', 'Find out from the address'],
      ['cloud', 'Confluence Cloud'],
      ['datacenter', 'Confluence Data Center'],
    ],
  },
  credentialKind: {
    kind: 'choice',
    name: 'credentialKind',
    label: 'How to sign in',
    options: [
      ['token', 'API token (Cloud)'],
      ['scoped', 'API token with scopes, or of a service account (Cloud)'],
      ['oauth', 'OAuth: let Footnote in at Atlassian (Cloud)'],
      ['pat', 'Personal access token (Data Center)'],
      ['basic', 'User name and password (Data Center)'],
    ],
  },
  email: {
    kind: 'text',
    name: 'email',
    label: 'E-mail or user name',
    hint: 'Of the account that owns the credential. Empty for a personal access token and for OAuth.',
    isOptional: true,
  },
  secret: {
    kind: 'text',
    name: 'secret',
    label: 'Token or password',
    hint: 'Stored encrypted. Make one for an account that may only read. Empty for OAuth.',
    isSecret: true,
    isOptional: true,
  },
  tokenExpires: {
    kind: 'text',
    name: 'tokenExpires',
    label: 'Token ends on',
    hint: 'Such as 2027-05-01. Admins are warned two weeks before.',
    isOptional: true,
    maxLength: 10,
  },
  name: {
    kind: 'text',
    name: 'name',
    label: 'Name of the connection',
    hint: 'Letters, digits, - and _. Shown to admins.',
    maxLength: 64,
  },
  spaces: {
    kind: 'text',
    name: 'spaces',
    label: 'Spaces',
    hint: 'Keys separated by commas, such as HR, IT. May stay empty where the site address names a space or page.',
    isOptional: true,
  },
  part: {
    kind: 'choice',
    name: 'part',
    label: 'What to read',
    options: [
      ['spaces', 'The spaces named above'],
      ['all', 'All spaces that the account sees'],
      ['tree', 'A page with all below it'],
      ['page', 'One page'],
      ['cql', 'What a CQL query finds'],
    ],
  },
  partOf: {
    kind: 'text',
    name: 'partOf',
    label: 'Page address or CQL query',
    hint: 'Only for a page or a query. With a page address, leave the spaces empty; they may limit a query.',
    isOptional: true,
  },
  excludeLabels: {
    kind: 'text',
    name: 'excludeLabels',
    label: 'Leave out labels',
    hint: 'Separated by commas, such as draft, obsolete.',
    isOptional: true,
  },
  excludeTitles: {
    kind: 'text',
    name: 'excludeTitles',
    label: 'Leave out titles',
    hint: 'One pattern a line, such as Draft*. The star is any text.',
    isLong: true,
    isOptional: true,
  },
  excludeUrls: {
    kind: 'text',
    name: 'excludeUrls',
    label: 'Leave out addresses',
    hint: 'One a line: a page address as the browser shows it, or a pattern such as */archive/*.',
    isLong: true,
    isOptional: true,
  },
  excludeTemplates: {
    kind: 'toggle',
    name: 'excludeTemplates',
    label: 'Templates',
    option: 'Leave out templates and sample pages',
    isOptional: true,
  },
  includeArchived: {
    kind: 'toggle',
    name: 'includeArchived',
    label: 'Archived',
    option: 'Read archived pages too',
    isOptional: true,
  },
  access: {
    kind: 'choice',
    name: 'access',
    label: 'Who may read',
    options: [
      ['mirrored', 'As in Confluence, person by person'],
      ['shared', 'Everything, for everyone who may ask'],
    ],
  },
  schedule: {
    kind: 'text',
    name: 'schedule',
    label: 'Sync at',
    hint: 'hourly, daily, weekly, by hand, or a cron expression: 30 6 * * * is daily at 6:30.',
    isOptional: true,
    maxLength: 100,
  },
  timezone: { kind: 'text', name: 'timezone', label: 'Time zone', hint: 'Such as Europe/Berlin.', maxLength: 64 },
  autoSync: { kind: 'toggle', name: 'autoSync', label: 'Automatic sync', option: 'Sync by itself', isOptional: true },
}

const credential = ['credentialKind', 'email', 'secret', 'tokenExpires'] as const
const rules = ['excludeLabels', 'excludeTitles', 'excludeUrls', 'excludeTemplates', 'includeArchived'] as const
const rest = ['spaces', 'part', 'partOf', ...rules, 'access', 'schedule', 'timezone', 'autoSync'] as const
const names: Record<FormKind, readonly FieldName[]> = {
  connect: ['url', 'deployment', ...credential, 'name', ...rest],
  edit: ['name', ...rest, 'tokenExpires'],
  reconnect: credential,
}

/** What is said differently where there is no address to begin with. */
const editHints: FormText = { spaces: 'Keys separated by commas, such as HR, IT.' }

/** The fields of a form in reading order. */
export function fieldsOf(kind: FormKind): FormField[] {
  return names[kind].map((name) => {
    const hint = kind === 'edit' ? editHints[name] : undefined
    return hint === undefined ? fields[name] : { ...fields[name], hint }
  })
}

/** What stands in a field that nobody has touched. */
export const untouched: FormText = {
  deployment: 'detect',
  credentialKind: 'token',
  part: 'spaces',
  excludeTemplates: 'false',
  includeArchived: 'false',
  access: 'mirrored',
  schedule: '0 0 * * *',
  timezone: 'UTC',
  autoSync: 'true',
}

/** The name of the field that an `InvalidInputError` means; undefined when it is none of the form's. */
export function fieldOf(field: string | undefined): FieldName | undefined {
  if (field === 'tree' || field === 'page' || field === 'cql') return 'partOf'
  if (field === 'auth') return 'credentialKind'
  return field !== undefined && field in fields ? (field as FieldName) : undefined
}

export function readConnectForm(text: FormText): ConnectForm {
  const deployment = text.deployment
  return {
    name: text.name ?? '',
    url: text.url ?? '',
    deployment: deployment === 'cloud' || deployment === 'datacenter' ? deployment : undefined,
    ...readCredentialFields(text),
    ...readCoverageFields(text),
    exclusions: readExclusionFields(text),
    access: text.access === 'shared' ? 'shared' : 'mirrored',
    schedule: text.schedule ?? untouched.schedule ?? '',
    timezone: text.timezone ?? untouched.timezone ?? '',
    autoSync: text.autoSync !== 'false',
  }
}

export function readCredentialFields(
  text: FormText,
): Pick<ConnectForm, 'credentialKind' | 'email' | 'secret' | 'tokenExpires'> {
  const kind = fields.credentialKind
  const known = kind.kind === 'choice' && kind.options.some(([value]) => value === text.credentialKind)
  return {
    credentialKind: known ? (text.credentialKind as ConnectForm['credentialKind']) : 'token',
    email: text.email ?? '',
    secret: text.secret ?? '',
    tokenExpires: text.tokenExpires ?? '',
  }
}

export function readCoverageFields(
  text: FormText,
): Pick<ConnectForm, 'spaces' | 'allSpaces' | 'tree' | 'page' | 'cql' | 'unclear'> {
  const part = text.partOf?.trim() ?? ''
  const covered = { spaces: text.spaces ?? '' }
  switch (text.part) {
    case 'tree':
      return { ...covered, tree: part }
    case 'page':
      return { ...covered, page: part }
    case 'cql':
      return { ...covered, cql: part }
    default:
      return { ...covered, allSpaces: text.part === 'all', unclear: part }
  }
}

export function readExclusionFields(text: FormText): NonNullable<ConnectForm['exclusions']> {
  return {
    labels: lines(text.excludeLabels, /[,;\n]/),
    titles: lines(text.excludeTitles, /\n/),
    urls: lines(text.excludeUrls, /\n/),
    templates: text.excludeTemplates === 'true',
    archived: text.includeArchived !== 'true',
  }
}

function lines(value: string | undefined, separator: RegExp): string[] {
  return (value ?? '')
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
