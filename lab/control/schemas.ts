import { z } from 'zod';

const dayInMs = 86_400_000;
const roleSchema = z.enum(['primary', 'secondary']);

/** Body of POST /lab/faults: `Fault` of contracts.ts, with what makes no sense together refused. */
export const faultSchema = z
  .strictObject({
    hub: z.enum(['primary', 'secondary', 'namespace']),
    plane: z.enum(['https', 'amqp', 'mqtt']),
    kind: z.enum(['stop', 'refuse', 'delay', 'status']),
    status: z.int().min(400).max(599).exactOptional(),
    share: z.number().min(0).max(1).exactOptional(),
    forMs: z.int().min(1).max(dayInMs).exactOptional(),
    seed: z.int().exactOptional(),
  })
  .refine((fault) => fault.status === undefined || fault.kind === 'status', {
    path: ['status'],
    message: 'only for kind "status"',
  })
  .refine((fault) => fault.share === undefined || fault.kind === 'status' || fault.kind === 'delay', {
    path: ['share'],
    message: 'only for kinds "status" and "delay"',
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
