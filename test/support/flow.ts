// A small company on a sandbox Confluence, connected and synced through the real core: what the tests of the people's side
// ask questions about. The people have the addresses of the sandbox's Slack and Teams.
import type { ReadersValue, SiteValues } from '../../sandbox/confluence/values.ts'
import { createSite } from '../../sandbox/confluence/model.ts'
import { type RunningConfluence, startConfluence } from '../../sandbox/confluence/server.ts'
import { type ConnectForm, confirmConnection, draftConnection } from '../../src/bots/commands/connect.ts'
import { loadConfig } from '../../src/config.ts'
import type { Core } from '../../src/core/core.ts'
import { workRun } from '../../src/core/jobs/worker.ts'
import type { OpenCore } from '../../src/core/open-core.ts'
import type { Asker } from '../../src/bots/question.ts'
import { operator } from '../../src/bots/terminal/identity.ts'
import { openTestCore, requestFor, testKey } from './core.ts'
import type { DatabaseKind } from './database.ts'

export type Flow = {
  /** With the real queue; `core` keeps its runs for `work` instead. */
  open: OpenCore
  core: Core
  confluence: RunningConfluence
  /** Connects and confirms as the terminal does; runs are queued, not worked. */
  connect: (form?: Partial<ConnectForm>) => Promise<void>
  /** Works the runs that are queued. */
  work: () => Promise<void>
  /** Another core over the same database, as a second replica is. */
  replica: (overrides?: Partial<Core>) => Core
  close: () => Promise<void>
}

export const flowEnvironment = { FOOTNOTE_ALLOW_LOOPBACK: '1', FOOTNOTE_ENCRYPTION_KEY: testKey }

const everybody = ['ada', 'alice', 'bob', 'dana', 'kim']

/** Handbook for everybody licensed, the IT desk for its group, and one page that only Bob and Dana may read. */
export const company: SiteValues = {
  spaces: [
    { id: '100', key: 'HB', name: 'Handbook', homepageId: '1', read: { licensed: true } },
    { id: '200', key: 'IT', name: 'IT desk', homepageId: '20', read: { groups: ['staff'] } },
  ],
  groups: [{ name: 'staff', members: everybody }],
  users: [
    { accountId: 'ada', displayName: 'Ada Admin', email: 'ada.admin@acme.example' },
    { accountId: 'alice', displayName: 'Alice Member', email: 'alice.member@acme.example' },
    { accountId: 'bob', displayName: 'Bob Member', email: 'bob.member@acme.example' },
    { accountId: 'dana', displayName: 'Dana Admin', email: 'dana@contoso.example' },
    { accountId: 'kim', displayName: 'Kim Reader', email: 'kim@contoso.example' },
  ],
  pages: [
    page('1', 'HB', 'Handbook home', '<p>Welcome to the handbook of the company.</p>'),
    page('2', 'HB', 'Annual leave', '<p>Every employee has thirty days of annual leave.</p>', '1'),
    page('3', 'HB', 'Lost badges', '<h2>Replacement</h2><p>A lost badge is replaced by the reception desk.</p>', '1'),
    page('4', 'HB', 'Harbour office', '<p>The harbour office closes on 30 June.</p>', '1', { users: ['bob', 'dana'] }),
    page('5', 'HB', 'Parking', '<p>Bicycles stand in the courtyard behind the gate.</p>', '1'),
    page('20', 'IT', 'IT desk home', '<p>The desk is open from eight to five.</p>'),
    page('21', 'IT', 'Printers', '<p>The printer toner is kept in cupboard seven.</p>', '20'),
    page('22', 'IT', 'Certificates', '<p>Renew the tunnel certificate with the command burrow renew.</p>', '20'),
  ],
}

function page(id: string, spaceKey: string, title: string, storage: string, parentId?: string, read?: ReadersValue) {
  return { id, spaceKey, title, storage, parentId: parentId ?? null, ...(read === undefined ? {} : { read }) }
}

export type FlowOptions = {
  site?: SiteValues
  flavour?: 'cloud' | 'datacenter'
  environment?: Record<string, string>
  now?: () => Date
}

/** Nothing is connected yet. */
export async function openFlow(kind: DatabaseKind, options: FlowOptions = {}): Promise<Flow> {
  const confluence = await startConfluence({
    flavour: options.flavour ?? 'cloud',
    site: createSite(options.site ?? company),
  })
  const config = loadConfig({ ...flowEnvironment, ...options.environment })
  const open = await openTestCore(kind, { config, ...(options.now === undefined ? {} : { now: options.now }) })
  const queued: number[] = []
  const core: Core = { ...open.core, enqueueRun: async (runId) => void queued.push(runId) }
  return {
    open,
    core,
    confluence,
    connect: (form) => connectSite(core, confluence, form),
    work: async () => {
      for (const runId of queued.splice(0)) await workRun(core, runId, AbortSignal.timeout(30_000))
    },
    replica: (overrides = {}) => ({ ...core, ...overrides }),
    close: async () => {
      await confluence.close()
      await open.close()
    },
  }
}

/** The whole site is connected, and its spaces are synced. */
export async function openSyncedFlow(kind: DatabaseKind, options: FlowOptions = {}): Promise<Flow> {
  const flow = await openFlow(kind, options)
  await flow.connect()
  await flow.work()
  return flow
}

/** Connects the whole site, named `acme` unless `form` says otherwise; its first runs are queued. */
export async function connectSite(core: Core, site: RunningConfluence, form: Partial<ConnectForm> = {}): Promise<void> {
  const signal = AbortSignal.timeout(30_000)
  const draft = await draftConnection(core, { ...requestFor(site, { schedule: '' }), ...form }, operator, signal)
  await confirmConnection(core, draft.draftId, operator, signal)
}

/** A member of the sandbox's Slack, by the first part of their address. */
export function slackMember(name: 'alice.member' | 'bob.member' | 'ada.admin', traits: Partial<Asker> = {}): Asker {
  return {
    platform: 'slack',
    tenantId: 'T0ACME',
    userId: `U0${name.split('.')[0]?.toUpperCase()}`,
    displayName: name,
    email: `${name}@acme.example`,
    kind: 'member',
    isWorkspaceAdmin: false,
    ...traits,
  }
}
