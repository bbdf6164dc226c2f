import type { JsonObject } from '../../../lab/contracts.js';

/** What the service sends; azure-iothub passes it on whole, but its types lack fields. */
export interface DeviceAnswer {
  deviceId: string;
  moduleId?: string;
  generationId: string;
  etag: string;
  status: string;
  statusUpdatedTime: string;
  authentication: {
    type: string;
    symmetricKey: { primaryKey: string | null; secondaryKey: string | null };
    x509Thumbprint: { primaryThumbprint: string | null; secondaryThumbprint: string | null };
  };
  deviceScope?: string;
}
type SectionAnswer = JsonObject & { $metadata: JsonObject; $version: number };
export interface TwinAnswer {
  deviceId: string;
  moduleId?: string;
  etag: string;
  version: number;
  tags: JsonObject;
  properties: { desired: SectionAnswer; reported: SectionAnswer };
}

/** The body of a successful call. */
export async function answerOf<Answer>(call: PromiseLike<{ responseBody: unknown }>): Promise<Answer> {
  return (await call).responseBody as Answer;
}

/** A section without the service's own fields at the top. */
export const plain = (section: object): object =>
  Object.fromEntries(Object.entries(section).filter(([name]) => !name.startsWith('$')));
