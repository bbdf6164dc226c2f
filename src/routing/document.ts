import { z } from 'zod';

const roleSchema = z.enum(['primary', 'secondary']);

/**
 * The routing decision, one small blob per storage account. `(epoch, revision)` only ever grows: whoever has seen a higher pair
 * refuses a lower one. Unknown fields are kept out of decisions but allowed, so that a newer deployment may add some.
 */
export const routingDocumentSchema = z.looseObject({
  schemaVersion: z.literal(1),
  epoch: z.int().min(1),
  revision: z.int().min(0),
  activeHub: roleSchema,
  direction: z.enum(['forward', 'draining', 'reverse', 'paused']),
  switchedAt: z.iso.datetime(),
  previousActiveHub: roleSchema.optional(),
});

export type RoutingDocument = z.infer<typeof routingDocumentSchema>;
