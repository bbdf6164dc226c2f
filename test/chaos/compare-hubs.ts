import { Registry } from 'azure-iothub';
import { parseKeepingNumbers, pathsThatDiffer, readRawTwin, sectionOf } from './raw-twin.js';

/** One place where the hubs are not equal. Ids and names only, never a value. */
export interface HubDifference {
  deviceId: string;
  moduleId?: string;
  /** `missing` (not on the second), `extra` (on the second only), or a field with a path. */
  what: string;
  /** True for what no event of the service tells: status, keys and thumbprints of an identity. */
  untold: boolean;
}

export interface CompareQuestion {
  first: string;
  second: string;
  /** Whose reported properties have to be equal. */
  reported: (deviceId: string) => boolean;
}

interface Identity {
  deviceId: string;
  moduleId?: string;
  fields: Map<string, unknown>;
  twin: unknown;
}

// The service makes these with each Edge device, with keys of its own.
const systemModules = ['$edgeAgent', '$edgeHub'];

type Auth = { type?: unknown; symmetricKey?: object; x509Thumbprint?: object; SymmetricKey?: object };
type Listed = { deviceId: string; moduleId?: string; status?: unknown; statusReason?: unknown; authentication?: Auth };

const fieldsOf = (identity: Listed & { capabilities?: { iotEdge?: boolean }; managedBy?: unknown }) => {
  const auth = identity.authentication ?? {};
  const named = (value: object | undefined, name: string): unknown =>
    new Map<string, unknown>(Object.entries(value ?? {})).get(name) ?? null;
  return new Map<string, unknown>([
    ['status', identity.status ?? null],
    ['statusReason', identity.statusReason ?? null],
    ['authentication', auth.type ?? null],
    ['primaryKey', named(auth.symmetricKey, 'primaryKey')],
    ['secondaryKey', named(auth.symmetricKey, 'secondaryKey')],
    ['primaryThumbprint', named(auth.x509Thumbprint, 'primaryThumbprint')],
    ['secondaryThumbprint', named(auth.x509Thumbprint, 'secondaryThumbprint')],
    ['iotEdge', identity.capabilities?.iotEdge ?? false],
    ['managedBy', identity.managedBy ?? null],
  ]);
};

const toldFields = new Set(['iotEdge', 'managedBy']);

const isUnauthorized = (error: unknown): boolean => error instanceof Error && error.name === 'UnauthorizedError';

/** The service answers 401 about modules of a device that is disabled on either hub: they cannot be compared, and its status is. */
const modulesOf = async (registry: Registry, deviceId: string): Promise<Listed[]> => {
  try {
    return (await registry.getModulesOnDevice(deviceId)).responseBody;
  } catch (error) {
    if (isUnauthorized(error)) return [];
    throw error;
  }
};

const readHub = async (connectionString: string): Promise<Map<string, Identity>> => {
  const registry = Registry.fromConnectionString(connectionString);
  const devices = (await registry.list()).responseBody as unknown as Listed[];
  const found = new Map<string, Identity>();
  const add = async (listed: Listed) => {
    const { deviceId, moduleId } = listed;
    const raw = await readRawTwin(connectionString, deviceId, moduleId);
    const key = { deviceId, ...(moduleId === undefined ? {} : { moduleId }) };
    const twin = raw === undefined ? undefined : parseKeepingNumbers(raw);
    found.set(JSON.stringify([deviceId, moduleId ?? null]), { ...key, fields: fieldsOf(listed), twin });
  };
  const queue = [...devices];
  const work = async () => {
    for (let device = queue.pop(); device !== undefined; device = queue.pop()) {
      await add(device);
      if (device.status === 'enabled')
        for (const module of await modulesOf(registry, device.deviceId)) await add(module);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return found;
};

const compareOne = (left: Identity, right: Identity, reported: boolean): Omit<HubDifference, 'deviceId'>[] => {
  const isSystem = systemModules.includes(left.moduleId ?? '');
  const fields = isSystem ? [] : [...left.fields].filter(([name, value]) => right.fields.get(name) !== value);
  const sections = ['tags', 'desired', ...(reported ? (['reported'] as const) : [])] as const;
  return [
    ...fields.map(([name]) => ({ what: name, untold: !toldFields.has(name) })),
    ...sections.flatMap((section) =>
      pathsThatDiffer(sectionOf(left.twin, section), sectionOf(right.twin, section)).map((path) => ({
        what: `${section}${path}`,
        untold: false,
      })),
    ),
  ];
};

/** Everything in which the second hub is not what the first is, as the official SDK and the raw answers show it. At most 1,000 devices. */
export const compareHubs = async ({ first, second, reported }: CompareQuestion): Promise<HubDifference[]> => {
  const [left, right] = await Promise.all([readHub(first), readHub(second)]);
  const keyOf = ({ deviceId, moduleId }: Identity) => ({ deviceId, ...(moduleId === undefined ? {} : { moduleId }) });
  const differences = [...left].flatMap(([name, identity]): HubDifference[] => {
    const copy = right.get(name);
    if (copy === undefined) return [{ ...keyOf(identity), what: 'missing', untold: false }];
    const isReported = identity.moduleId === undefined && reported(identity.deviceId);
    return compareOne(identity, copy, isReported).map((found) => ({ ...keyOf(identity), ...found }));
  });
  const extra = [...right].filter(([name]) => !left.has(name));
  const all = [...differences, ...extra.map(([, copy]) => ({ ...keyOf(copy), what: 'extra', untold: false }))];
  const isDisabled = (deviceId: string): boolean =>
    [left, right].some((hub) => hub.get(JSON.stringify([deviceId, null]))?.fields.get('status') === 'disabled');
  return all.filter(({ deviceId, moduleId }) => moduleId === undefined || !isDisabled(deviceId));
};

export const textOf = ({ deviceId, moduleId, what }: HubDifference): string =>
  `${deviceId}${moduleId === undefined ? '' : `/${moduleId}`} ${what}`;
