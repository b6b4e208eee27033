import type { Connection } from '../../db/queries/connections.ts'

export type { Connection }

/** A connection as the fields of a form hold it. No secret, and no e-mail address: both belong to the credential. */
export function describeForm({ scope, exclusions, ...connection }: Connection) {
  return {
    credentialKind: connection.credentialKind,
    name: connection.name,
    spaces: 'keys' in scope ? scope.keys.join(', ') : '',
    part: scope.kind,
    partOf:
      scope.kind === 'cql'
        ? scope.query
        : scope.kind === 'tree' || scope.kind === 'page'
          ? `${connection.baseUrl}/pages/viewpage.action?pageId=${scope.pageId}`
          : '',
    excludeLabels: exclusions.labels.join(', '),
    excludeTitles: exclusions.titles.join('\n'),
    excludeUrls: exclusions.urls.join('\n'),
    excludeTemplates: String(exclusions.templates),
    includeArchived: String(!exclusions.archived),
    access: connection.accessMode,
    schedule: connection.schedule,
    timezone: connection.timezone,
    autoSync: String(connection.autoSync),
    tokenExpires: connection.tokenExpiresAt?.toISOString().slice(0, 10) ?? '',
  }
}
