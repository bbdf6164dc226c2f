import { z } from 'zod';

const roleSchema = z.enum(['primary', 'secondary']);

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
  })
  .refine((document) => document.direction !== 'forward' || document.activeHub === 'primary', {
    message: 'direction forward needs the primary hub active',
  })
  .refine((document) => document.direction !== 'reverse' || document.activeHub === 'secondary', {
    message: 'direction reverse needs the secondary hub active',
  });

export type RoutingDocument = z.infer<typeof routingDocumentSchema>;

/** What a fresh installation starts from. */
export const firstDocument = (now: Date): RoutingDocument => ({
  schemaVersion: 1,
  epoch: 1,
  revision: 0,
  activeHub: 'primary',
  direction: 'forward',
  switchedAt: now.toISOString(),
});

/** Positive when `a` is newer. */
export const compareAge = (a: RoutingDocument, b: RoutingDocument): number =>
  a.epoch - b.epoch || a.revision - b.revision;
