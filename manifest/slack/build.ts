#!/usr/bin/env node
// Makes the app manifests from what the bot really uses: the Web API methods it calls, the events it subscribes to and
// its command. Without arguments it writes both files beside it (run `npx oxfmt manifest` afterwards); `--url https://footnote.acme.example` prints the manifest
// for HTTP mode at that address.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { slashCommandName, subscribedEvents } from '../../src/bots/slack/events.ts'
import { suggestedPrompts } from '../../src/bots/slack/render.ts'
import { webApiMethods } from '../../src/bots/slack/web-api.ts'

export type ManifestMode = { kind: 'http'; publicUrl: string } | { kind: 'socket' }

/** Replaced by the admin's own address. */
const exampleUrl = 'https://footnote.example.com'

export const manifestFiles = {
  'manifest.json': { kind: 'http', publicUrl: exampleUrl },
  'manifest.socket.json': { kind: 'socket' },
} as const satisfies Record<string, ManifestMode>

/** The file's text. https://docs.slack.dev/reference/app-manifest */
export function buildManifest(mode: ManifestMode): string {
  const requestUrl = mode.kind === 'http' ? `${mode.publicUrl}/slack/events` : undefined
  const manifest = {
    _metadata: { major_version: 2 },
    display_information: {
      name: 'Footnote',
      description: 'The company wiki, in answers that name their page.',
      long_description:
        'Footnote looks for the answer to your question in the company’s own wiki and shows the page behind each statement, with its space and the date of its last change. It shows nobody a page that Confluence would not show them. When it finds no support for an answer, it says so and lists the nearest pages. The wording may come from an AI model, so the page itself has the last word.',
      background_color: '#2f4858',
    },
    features: {
      app_home: { home_tab_enabled: false, messages_tab_enabled: true, messages_tab_read_only_enabled: false },
      bot_user: { display_name: 'Footnote', always_online: true },
      agent_view: {
        agent_description:
          'Questions about how things work here, answered from the company wiki, each statement with its page.',
        suggested_prompts: suggestedPrompts.prompts,
      },
      slash_commands: [
        {
          command: slashCommandName,
          ...(requestUrl === undefined ? {} : { url: requestUrl }),
          description: 'Ask Confluence; connect, sync and check it (admins)',
          usage_hint: 'ask … | search … | help',
          should_escape: false,
        },
      ],
    },
    oauth_config: { scopes: { bot: requiredScopes(), bot_optional: optionalScopes() } },
    settings: {
      event_subscriptions: {
        ...(requestUrl === undefined ? {} : { request_url: requestUrl }),
        bot_events: Object.keys(subscribedEvents).toSorted(),
      },
      interactivity: { is_enabled: true, ...(requestUrl === undefined ? {} : { request_url: requestUrl }) },
      org_deploy_enabled: false,
      socket_mode_enabled: mode.kind === 'socket',
      token_rotation_enabled: false,
    },
  }
  return `${JSON.stringify(manifest, undefined, 2)}\n`
}

function requiredScopes(): string[] {
  const ofMethods = Object.values(webApiMethods).flatMap(({ scopes }) => [...scopes])
  const ofEvents = Object.values(subscribedEvents).flat()
  return [...new Set(['commands', ...ofMethods, ...ofEvents])].toSorted()
}

function optionalScopes(): string[] {
  return [...new Set(Object.values(webApiMethods).flatMap((method) => [...method.optionalScopes]))].toSorted()
}

if (import.meta.main) {
  const [flag, publicUrl] = process.argv.slice(2)
  if (flag === '--url' && publicUrl !== undefined) {
    process.stdout.write(buildManifest({ kind: 'http', publicUrl: publicUrl.replace(/\/+$/, '') }))
  } else {
    for (const [name, mode] of Object.entries(manifestFiles)) {
      writeFileSync(fileURLToPath(new URL(name, import.meta.url)), buildManifest(mode))
    }
  }
}
