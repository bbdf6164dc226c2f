import { createHash } from 'node:crypto';

/** Parts of a message that must arrive as they were sent. Digests, so that an account of many messages stays small. */
export interface Contents {
  body: string;
  /** Application properties of the device. */
  properties: string;
  /** Message id, content type and encoding, and what the hub says of the sender. */
  systemProperties: string;
}
export type ContentsPart = keyof Contents;
export const contentsParts = ['body', 'properties', 'systemProperties'] as const satisfies readonly ContentsPart[];

/** Set by the hub; the value is not the device's, so only that there is one is compared. */
const hubsOwn = ['iothub-enqueuedtime', 'iothub-connection-auth-generation-id'] as const;

export interface RawMessage {
  body: Buffer;
  /** Application properties of the device alone. */
  properties: Readonly<Record<string, unknown>>;
  messageId: unknown;
  contentType: unknown;
  contentEncoding: unknown;
  /** What the hub wrote beside the message: `iothub-...`. */
  hub: Readonly<Record<string, unknown>>;
}

const digest = (data: Buffer | string): string => createHash('sha256').update(data).digest('base64url').slice(0, 22);

const digestOf = (fields: Readonly<Record<string, unknown>>): string =>
  digest(
    JSON.stringify(
      Object.entries(fields)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, String(value)])
        .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    ),
  );

export const contentsOf = ({ body, properties, hub, ...own }: RawMessage): Contents => ({
  body: digest(body),
  properties: digestOf(properties),
  systemProperties: digestOf({
    ...own,
    deviceId: hub['iothub-connection-device-id'],
    source: hub['iothub-message-source'],
    ...Object.fromEntries(hubsOwn.map((name) => [name, hub[name] !== undefined])),
  }),
});

/** As a message of the fleet must arrive. */
export const contentsSent = (deviceId: string, own: Omit<RawMessage, 'hub'>): Contents =>
  contentsOf({
    ...own,
    hub: {
      'iothub-connection-device-id': deviceId,
      'iothub-message-source': 'Telemetry',
      ...Object.fromEntries(hubsOwn.map((name) => [name, 'set'])),
    },
  });

export const differingParts = (sent: Contents, received: Contents): ContentsPart[] =>
  contentsParts.filter((part) => sent[part] !== received[part]);
