import { z } from 'zod';
import { failoverOptionsSchema } from '../hub-failover/options.js';

const dayInMs = 86_400_000;
export const roleSchema = z.enum(['primary', 'secondary']);

const shares = new Set(['status', 'delay', 'throttle', 'reset', 'half', 'wrongType', 'empty']);

/** Body of POST /lab/faults: `Fault` of contracts.ts, with what makes no sense together refused. */
export const faultSchema = z
  .strictObject({
    hub: z.enum(['primary', 'secondary', 'namespace', 'storage', 'arm']),
    plane: z.enum(['https', 'amqp', 'mqtt', 'events', 'arm', 'blob', 'queue', 'table']),
    kind: z.enum([
      'stop',
      'refuse',
      'blackHole',
      'slow',
      'reset',
      'delay',
      'status',
      'throttle',
      'half',
      'wrongType',
      'empty',
    ]),
    status: z.int().min(200).max(599).exactOptional(),
    share: z.number().min(0).max(1).exactOptional(),
    bytesPerSecond: z.int().min(1).max(1_000_000_000).exactOptional(),
    forMs: z.int().min(1).max(dayInMs).exactOptional(),
    seed: z.int().exactOptional(),
  })
  .refine(({ status, kind }) => status === undefined || kind === 'status' || kind === 'empty', {
    path: ['status'],
    message: 'only for kinds "status" and "empty"',
  })
  .refine(({ status, kind }) => kind !== 'status' || status === undefined || status >= 400, {
    path: ['status'],
    message: 'from 400 for kind "status"',
  })
  .refine(({ status, kind }) => kind !== 'empty' || status === undefined || status === 200 || status === 204, {
    path: ['status'],
    message: '200 or 204 for kind "empty"',
  })
  .refine(({ share, kind }) => share === undefined || shares.has(kind), {
    path: ['share'],
    message: `only for kinds ${[...shares].join(', ')}`,
  })
  .refine(({ bytesPerSecond, kind }) => bytesPerSecond === undefined || kind === 'slow', {
    path: ['bytesPerSecond'],
    message: 'only for kind "slow"',
  });

/** Body of POST /lab/clock. */
export const clockSchema = z.strictObject({
  hub: roleSchema,
  skewMs: z
    .int()
    .min(-365 * dayInMs)
    .max(365 * dayInMs),
});

/** Body of POST /lab/rollback. */
export const rollbackSchema = z.strictObject({ hub: roleSchema, minutes: z.number().positive().max(60) });

/** Body of POST /lab/event-grid: `EventGridDisturbance` of contracts.ts. */
export const eventGridSchema = z.strictObject({
  duplicate: z.number().min(0).max(1).exactOptional(),
  sameId: z.number().min(0).max(1).exactOptional(),
  delayInMs: z.int().min(0).max(dayInMs).exactOptional(),
  reorder: z.boolean().exactOptional(),
});

/** Body of POST /hubs/{role}/failover. The region: default the secondary location. */
export const failoverSchema = z.strictObject({
  failoverRegion: z.string().min(1).exactOptional(),
  options: failoverOptionsSchema.exactOptional(),
});

/** Body of POST /lab/devices. Ids are `<prefix>-<number>`. */
export const devicesSchema = z.strictObject({
  hub: roleSchema,
  count: z.int().min(1).max(10_000),
  modules: z.int().min(0).max(10_000).exactOptional(),
  // IoT Hub "Understand the identity registry": ASCII letters, digits and - . % _ * ? ! ( ) , : = @ $ ' (and # +), at most 128.
  prefix: z.string().regex(/^[A-Za-z0-9\-.%_*?!(),:=@$'#+]{1,100}$/),
  seed: z.int().default(1),
});
