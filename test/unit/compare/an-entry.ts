import type { HubSnapshot } from '../../../lab/compare/compare-hubs.js';
import type { JsonObject } from '../../../lab/contracts.js';

interface EntryOptions {
  moduleId?: string;
  tags?: JsonObject;
  desired?: JsonObject;
  reported?: JsonObject;
}

const longAgo = '0001-01-01T00:00:00Z';

export const anEntry = (deviceId: string, options: EntryOptions = {}): HubSnapshot[number] => {
  const key = options.moduleId === undefined ? { deviceId } : { deviceId, moduleId: options.moduleId };
  return {
    identity: {
      ...key,
      generationId: '1',
      etag: 'MQ==',
      status: 'enabled',
      statusReason: null,
      statusUpdatedTime: longAgo,
      connectionState: 'Disconnected',
      connectionStateUpdatedTime: longAgo,
      lastActivityTime: longAgo,
      cloudToDeviceMessageCount: 0,
      authentication: {
        type: 'sas',
        symmetricKey: { primaryKey: 'k1', secondaryKey: 'k2' },
        x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
      },
      capabilities: { iotEdge: false },
    },
    twin: {
      ...key,
      etag: 'MQ==',
      version: 1,
      tags: options.tags ?? {},
      desired: options.desired ?? {},
      reported: options.reported ?? {},
    },
  };
};

/** A new copy each time: tests change it. */
export const aHub = (): HubSnapshot => [
  anEntry('pump-1', {
    tags: { site: 'north' },
    desired: { mode: 'auto', window: { from: 1, to: 2 }, steps: [1, { at: 2 }, 3] },
    reported: { level: 7 },
  }),
];
