import { z } from 'zod';
import { hubRoles, type HubRole } from '../hub-model.js';
import { hubNameOf, isSameHub } from '../hub-name.js';

const roleSchema = z.enum(hubRoles);
/** Any host name of the hub is taken, and kept as the hub's name in lower case. */
const hubSchema = z
  .string()
  .min(1)
  .transform((text) => hubNameOf(text).toLowerCase());

/** The names of the hubs that a document speaks of. */
export type HubNames = Record<HubRole, string>;

/**
 * The routing decision, one small blob per storage account. `(epoch, revision)` only ever grows: whoever has seen a higher pair
 * refuses a lower one. Unknown fields take no part in decisions but are allowed, so that a newer deployment may add some.
 */
export const routingDocumentSchema = z
  .looseObject({
    schemaVersion: z.literal(1),
    epoch: z.int().min(1),
    revision: z.int().min(0),
    activeHub: roleSchema,
    direction: z.enum(['forward', 'draining', 'reverse', 'paused']),
    switchedAt: z.iso.datetime({ offset: true }),
    previousActiveHub: roleSchema.optional(),
    /** Which hubs the roles are. Absent in documents of before this field: completed once. */
    hubs: z
      .object({ primary: hubSchema, secondary: hubSchema })
      .refine((hubs) => hubs.primary !== hubs.secondary, { message: 'must be two hubs' })
      .optional(),
  })
  .refine((document) => document.direction !== 'forward' || document.activeHub === 'primary', {
    path: ['direction'],
    message: 'forward needs "activeHub": "primary"',
  })
  .refine((document) => document.direction !== 'reverse' || document.activeHub === 'secondary', {
    path: ['direction'],
    message: 'reverse needs "activeHub": "secondary"',
  });

export type RoutingDocument = z.infer<typeof routingDocumentSchema>;

const namesOf = ({ primary, secondary }: HubNames): HubNames => ({
  primary: hubNameOf(primary).toLowerCase(),
  secondary: hubNameOf(secondary).toLowerCase(),
});

/** What a fresh installation starts from, or what a person decides where there is no document. */
export const firstDocument = (
  now: Date,
  hubs: HubNames,
  decided: { activeHub: HubRole; epoch: number } = { activeHub: 'primary', epoch: 1 },
): RoutingDocument => ({
  schemaVersion: 1,
  epoch: decided.epoch,
  revision: 0,
  activeHub: decided.activeHub,
  direction: decided.activeHub === 'primary' ? 'forward' : 'reverse',
  switchedAt: now.toISOString(),
  hubs: namesOf(hubs),
});

/**
 * A document without hubs gets those of the settings, once, in the next revision. Instances with the same settings make the same
 * document, so that it does not matter which of them is first.
 */
export const withHubs = (document: RoutingDocument, hubs: HubNames): RoutingDocument => ({
  ...document,
  revision: document.revision + 1,
  hubs: namesOf(hubs),
});

/** Does the document speak of these hubs, in these roles? One that names none says nothing against it. */
export const isOfHubs = ({ hubs }: RoutingDocument, ours: HubNames): boolean =>
  hubs === undefined || (isSameHub(hubs.primary, ours.primary) && isSameHub(hubs.secondary, ours.secondary));

/** Positive when `a` is newer. */
export const compareAge = (a: RoutingDocument, b: RoutingDocument): number =>
  a.epoch - b.epoch || a.revision - b.revision;
