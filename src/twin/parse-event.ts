import { z } from 'zod';
import type { IdentityKey, JsonObject, JsonValue } from '../hub-model.js';
import { isSystemModule } from '../identity-id.js';
import { isJsonObject } from '../merge-patch.js';
import { toNumber } from '../number-text.js';
import { decodeBody } from './decode-body.js';
import { park, parseHeader, wrongShape, type EventHeader, type Park, type Skip } from './event-header.js';
import type { RawTwinEvent } from './ports.js';
import { stripServiceFields } from '../service-fields.js';

/** Sections are without `$`-fields. `updateTwin`: merge patches, empty ones left out. `replaceTwin`: whole documents. */
export interface TwinChange {
  kind: 'twin';
  opType: 'updateTwin' | 'replaceTwin';
  key: IdentityKey;
  tags?: JsonObject;
  desired?: JsonObject;
  reported?: JsonObject;
  operationTimestamp?: Date;
  version?: number;
}
export interface LifecycleChange {
  kind: 'lifecycle';
  opType: 'create' | 'delete';
  key: IdentityKey;
  operationTimestamp?: Date;
}
export type ParsedEvent = TwinChange | LifecycleChange | Park | Skip;

const sectionSchema = z.custom<JsonObject>(isJsonObject);

const updateSchema = z.object({
  version: z.unknown().optional(),
  tags: sectionSchema.optional(),
  properties: z.object({ desired: sectionSchema.optional(), reported: sectionSchema.optional() }).optional(),
});
/** The whole twin; the service leaves empty tags out. Without desired it is not whole, and must not empty the copy. */
const replaceSchema = z.object({
  version: z.unknown().optional(),
  tags: sectionSchema.default({}),
  properties: z.object({ desired: sectionSchema, reported: sectionSchema.optional() }),
});
const twinSchemas = { updateTwin: updateSchema, replaceTwin: replaceSchema };

const lifecycleOpTypes: Record<string, { opType: LifecycleChange['opType']; moduleOnly?: true }> = {
  // Modules use the device's operation names too; only moduleId tells them apart.
  createDeviceIdentity: { opType: 'create' },
  deleteDeviceIdentity: { opType: 'delete' },
  createModuleIdentity: { opType: 'create', moduleOnly: true },
  deleteModuleIdentity: { opType: 'delete', moduleOnly: true },
};

/** Never throws: what cannot be read comes back as `park` with its reason. `sourceHubName`: host name or its first label. */
export function parseEvent(raw: RawTwinEvent, sourceHubName: string): ParsedEvent {
  const header = parseHeader(raw, sourceHubName);
  if ('kind' in header) return header;
  if (isSystemModule(header.key)) return { kind: 'skip', reason: 'systemModule' };
  const event = header.source === 'twin' ? parseTwinChange(header, raw.body) : parseLifecycle(header, raw.body);
  return event.kind === 'park' ? { ...event, key: header.key } : event;
}

const stamp = ({ operationTimestamp }: EventHeader) => (operationTimestamp ? { operationTimestamp } : {});

function parseTwinChange(header: EventHeader, bytes: Uint8Array): TwinChange | Park {
  const { key, opType } = header;
  if (opType !== 'updateTwin' && opType !== 'replaceTwin') return park('unknownOpType', opType ?? 'none');
  const body = decodeBody(bytes);
  if (!body.ok) return park(body.reason, body.detail);
  const parsed = twinSchemas[opType].safeParse(body.value);
  if (!parsed.success) return wrongShape(parsed.error);
  const { tags, properties } = parsed.data;
  const version = toNumber(parsed.data.version);
  const change: TwinChange = { kind: 'twin', opType, key, ...stamp(header) };
  if (typeof version === 'number') change.version = version;
  for (const [name, section] of Object.entries({ tags, ...properties }) as [Section, JsonValue | undefined][]) {
    if (!isJsonObject(section)) continue;
    const content = stripServiceFields(section);
    if (opType === 'replaceTwin' || Object.keys(content).length > 0) change[name] = content;
  }
  return change;
}
type Section = 'tags' | 'desired' | 'reported';

function parseLifecycle(header: EventHeader, bytes: Uint8Array): LifecycleChange | Park {
  const { key, opType } = header;
  const known = opType !== undefined && Object.hasOwn(lifecycleOpTypes, opType) ? lifecycleOpTypes[opType] : undefined;
  if (known === undefined) return park('unknownOpType', opType ?? 'none');
  if (known.moduleOnly && key.moduleId === undefined) return park('wrongShape', 'no module id');
  const body = decodeBody(bytes);
  if (!body.ok) return park(body.reason, body.detail);
  return { kind: 'lifecycle', opType: known.opType, key, ...stamp(header) };
}
