import type { IdentityKey } from '../../contracts.js';

/** What a device's link is for. */
export type DeviceNode = 'messages/events' | 'messages/devicebound' | 'twin' | 'methods/devicebound';
export type LinkAddress = { kind: 'cbs' } | { kind: 'device'; key: IdentityKey; node: DeviceNode };

// "IoT Hub endpoints" and the device SDKs: `/devices/{deviceId}[/modules/{moduleId}]/{node}`, ids as they are.
const devicePath = /^\/devices\/([^/]+)(?:\/modules\/([^/]+))?/;
const nodes = new Set<string>(['messages/events', 'messages/devicebound', 'twin', 'methods/devicebound']);
const isNode = (text: string): text is DeviceNode => nodes.has(text);

const keyIn = (path: string): { key: IdentityKey; rest: string } | undefined => {
  const found = devicePath.exec(path);
  const [all = '', deviceId, moduleId] = found ?? [];
  if (deviceId === undefined) return undefined;
  return { key: moduleId === undefined ? { deviceId } : { deviceId, moduleId }, rest: path.slice(all.length) };
};

export const parseLinkAddress = (address: unknown): LinkAddress | undefined => {
  if (address === '$cbs') return { kind: 'cbs' };
  const found = typeof address === 'string' ? keyIn(address) : undefined;
  const node = found?.rest.slice(1) ?? '';
  return found !== undefined && isNode(node) ? { kind: 'device', key: found.key, node } : undefined;
};

/** Of whom a token speaks: `{host}/devices/{deviceId}[/modules/{moduleId}]`, percent-encoded. The token itself says so once more, signed. */
export const keyOfAudience = (audience: unknown): IdentityKey | undefined => {
  if (typeof audience !== 'string') return undefined;
  const text = /%2f/i.test(audience) ? decode(audience) : audience;
  const found = text === undefined ? undefined : keyIn(text.slice(text.indexOf('/')));
  return found?.rest === '' ? found.key : undefined;
};

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    // A lone `%` (RFC 3986, 2.1).
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
