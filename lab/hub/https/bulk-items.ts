import { z } from 'zod';
import type { HubCore, IdentityKey, JsonObject } from '../../contracts.js';
import { HubError, refuseArgument } from '../core/errors.js';
import { firstContentOf, twinPatchOf } from './twin-content.js';

const text = z.string().nullish();

/** `ExportImportDevice` of the REST API. azure-iothub writes `etag` where the API says `eTag`; names differ only in case. */
export const bulkItemSchema = z.looseObject({
  id: z.string(),
  moduleId: text,
  importMode: z.string().default('createOrUpdate'),
  eTag: text,
  etag: text,
  twinETag: text,
});
export type BulkItem = z.infer<typeof bulkItemSchema>;

export const keyOfItem = ({ id, moduleId }: BulkItem): IdentityKey => ({
  deviceId: id,
  ...(moduleId === undefined || moduleId === null || moduleId === '' ? {} : { moduleId }),
});

/** Items carry ETags with and without quotes. */
function ifMatchOf(etag: string | null | undefined): string {
  if (etag === undefined || etag === null || etag === '') return refuseArgument('The item has no ETag');
  return `"${etag.replaceAll('"', '')}"`;
}

interface ItemCall {
  core: HubCore;
  key: IdentityKey;
  item: BulkItem;
  body: JsonObject;
}
type ImportMode = (call: ItemCall) => void;

const ANY = '*';
const create: ImportMode = ({ core, key, body }) => void core.createIdentity(key, body, firstContentOf(body));
const update = ({ core, key, body }: ItemCall, ifMatch: string): void =>
  void core.updateIdentity(key, body, ifMatch, 'bulk');
const patchTwin = ({ core, key, body }: ItemCall, ifMatch: string): void =>
  void core.patchTwin(key, twinPatchOf(body), ifMatch);
const etagOf = ({ item }: ItemCall): string => ifMatchOf(item.eTag ?? item.etag);

function exists({ core, key }: ItemCall): boolean {
  try {
    core.getIdentity(key);
    return true;
  } catch (error) {
    if (error instanceof HubError && error.status === 404) return false;
    throw error;
  }
}

/** An identity that exists is overwritten, and its twin merged with what the item has of one. */
const createOrUpdate = (call: ItemCall, ifMatch: () => string): void => {
  if (!exists(call)) {
    create(call);
    return;
  }
  update(call, ifMatch());
  if (Object.keys(twinPatchOf(call.body)).length > 0) patchTwin(call, ANY);
};

/** "Import and export IoT Hub device identities in bulk", import modes; compared without regard to case, as SDKs write them. */
export const importModes = new Map<string, ImportMode>([
  ['create', create],
  ['update', (call) => update(call, ANY)],
  ['updateifmatchetag', (call) => update(call, etagOf(call))],
  ['createorupdate', (call) => createOrUpdate(call, () => ANY)],
  ['createorupdateifmatchetag', (call) => createOrUpdate(call, () => etagOf(call))],
  ['delete', ({ core, key }) => core.deleteIdentity(key, ANY)],
  ['deleteifmatchetag', (call) => call.core.deleteIdentity(call.key, etagOf(call))],
  ['updatetwin', (call) => patchTwin(call, ANY)],
  ['updatetwinifmatchetag', (call) => patchTwin(call, ifMatchOf(call.item.twinETag))],
]);
