import type { HubCore, IdentityKey, Json, JsonObject } from '../../contracts.js';
import { HubError, refuseArgument } from '../core/errors.js';
import type { HubAnswer } from './answers.js';
import { bulkItemSchema, importModes, keyOfItem, type BulkItem } from './bulk-items.js';
import type { HubRequest, HubRoute } from './request.js';

/** `DeviceRegistryOperationError` of the REST API. */
interface ItemError {
  deviceId: string;
  moduleId?: string;
  errorCode: string;
  errorStatus: string;
}

const MAX_ITEMS = 100;

function parseItems(body: Json | undefined): BulkItem[] {
  if (!Array.isArray(body) || body.length === 0) return refuseArgument('The request body must be a non-empty array');
  if (body.length > MAX_ITEMS) throw new HubError('TooManyDevices', `A call takes at most ${MAX_ITEMS} devices`);
  const items = body.map((item) => bulkItemSchema.safeParse(item));
  return items.map((item) => item.data ?? refuseArgument('An item of the request is not valid'));
}

/** By device id alone: modules of one device collide as well (Azure/azure-iot-sdk-csharp#3481). */
function refuseTwice(items: BulkItem[]): void {
  const seen = new Set<string>();
  for (const { id } of items) {
    if (seen.has(id)) {
      throw new HubError('DeviceDefinedMultipleTimes', `DeviceDefinedMultipleTimes, device ID ${id}`);
    }
    seen.add(id);
  }
}

function applyItem(core: HubCore, item: BulkItem): ItemError | undefined {
  const key: IdentityKey = keyOfItem(item);
  const { id: _id, ...body } = item;
  try {
    const apply = importModes.get(item.importMode.toLowerCase());
    if (apply === undefined) return refuseArgument('The import mode is not known');
    apply({ core, key, item, body: body as JsonObject });
    return undefined;
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    return { ...key, errorCode: error.errorName, errorStatus: error.message };
  }
}

/**
 * "Bulk Registry: Update Registry": each item stands alone. With a failed one the answer is 400 and still a result; the header
 * tells it from other refusals.
 */
function updateRegistry({ core, body }: HubRequest): HubAnswer {
  const items = parseItems(body);
  refuseTwice(items);
  const errors = items.map((item) => applyItem(core, item)).filter((error) => error !== undefined);
  const result = { isSuccessful: errors.length === 0, errors, warnings: [] };
  if (result.isSuccessful) return { status: 200, body: result };
  return { status: 400, body: result, headers: { 'iothub-errorcode': 'BulkRegistryOperationFailure' } };
}

export const bulkRoutes: HubRoute[] = [
  {
    method: 'POST',
    path: '/devices',
    right: 'RegistryWrite',
    throttle: 'identity',
    // "Quotas and throttling", identity registry operations: each device counts.
    unitsOf: (body) => (Array.isArray(body) ? Math.max(1, body.length) : 1),
    handle: updateRegistry,
  },
];
