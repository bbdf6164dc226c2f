import { z } from 'zod';
import type { RawMessage } from './contents.js';
import type { Numbered } from './tally.js';

const numberedSchema = z.object({ deviceId: z.string(), sequence: z.number() });

const parsed = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
};

/** Which message of the fleet one is, by whatever is left of it. `undefined`: nothing tells. */
export const identify = ({ body, messageId, properties, hub }: RawMessage): Numbered | undefined => {
  const [, deviceId, number] = /^(.+)-(\d+)$/.exec(String(messageId)) ?? [];
  if (deviceId !== undefined) return { deviceId, sequence: Number(number) };
  const told = numberedSchema.safeParse(parsed(body));
  if (told.success) return told.data;
  const [device, sequence] = [hub['iothub-connection-device-id'], properties['fleet-sequence']];
  return typeof device === 'string' && sequence !== undefined
    ? { deviceId: device, sequence: Number(sequence) }
    : undefined;
};
