import type { Connection } from '../../db/queries/connections.ts'

export type { Connection }

/** A connection as the fields of a form hold it. No secret, and no e-mail address: both belong to the credential. */
export function describeForm({ scope, exclusions, ...connection }: Connection) {
  const isPart = scope.kind === 'tree' || scope.kind === 'page' || scope.kind === 'cql'
  return {
    credentialKind: connection.credentialKind,
    name: connection.name,
    spaces: 'keys' in scope ? scope.keys.join(', ') : '',
    part: isPart ? scope.kind : 'everything',
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
    access: connection.accessMode,
    schedule: connection.schedule,
    timezone: connection.timezone,
    autoSync: String(connection.autoSync),
  }
}
