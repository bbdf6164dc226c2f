import { z } from 'zod';
import { AppError, isAppError } from '../errors.js';
import type { ArmReading } from './arm-generations.js';
import { within } from './pauses.js';

/** As @azure/identity's credentials are. */
export interface ArmCredential {
  getToken(scope: string): Promise<{ token: string } | null>;
}

export interface ArmReaderOptions {
  resourceId: string;
  credential: ArmCredential;
  armEndpoint: string;
  timeoutInMs: number;
}

export interface ArmReader {
  /** First label of the hub's host name. */
  readonly hub: string;
  /** Rejects with AppError `generationsUnknown`: whatever ARM answers, or does not, says nothing of the hub then. */
  read(): Promise<ArmReading>;
}

const resourceIdPattern =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Devices\/IotHubs\/([^/]+)$/i;
/** Of "IotHubResource_Get", the stable version. */
const apiVersion = '2023-06-30';

const hubSchema = z.object({
  id: z.string().optional(),
  name: z.string(),
  properties: z.object({
    state: z.string().trim().min(1),
    eventHubEndpoints: z.object({
      events: z.object({
        endpoint: z
          .string()
          .regex(/^sb:\/\/[^/:]+/i)
          .transform((text) => new URL(text.replace(/^sb:/i, 'https:')).hostname),
        path: z.string().min(1),
      }),
    }),
  }),
});

/** ARM compares ids and names without case. */
const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const unknown = (what: string, more: { cause?: unknown; serviceCode?: number } = {}): AppError =>
  new AppError('generationsUnknown', what, { retryable: true, ...more });

/** One hub's ARM resource. Throws AppError `invalidSettings` for a bad resource id. */
export function createArmReader({ resourceId, credential, armEndpoint, timeoutInMs }: ArmReaderOptions): ArmReader {
  const [, hub] = resourceIdPattern.exec(resourceId) ?? [];
  if (hub === undefined)
    throw new AppError('invalidSettings', 'resourceId: is not the ARM id of an IoT hub', { retryable: false });
  const base = armEndpoint.replace(/\/+$/, '');

  const ask = async (): Promise<unknown> => {
    const signal = AbortSignal.timeout(timeoutInMs);
    const token = await credential.getToken(`${base}/.default`);
    const answer = await fetch(`${base}${resourceId}?api-version=${apiVersion}`, {
      headers: { authorization: `Bearer ${token?.token ?? ''}` },
      signal,
    });
    if (answer.ok) return answer.json();
    await answer.body?.cancel();
    throw unknown(`ARM answers with status ${answer.status}`, { serviceCode: answer.status });
  };

  return {
    hub,
    read: async () => {
      let answer: { value: unknown } | undefined;
      try {
        // The credential heeds no signal: the deadline is kept here.
        answer = await within(timeoutInMs, ask());
      } catch (cause) {
        throw isAppError(cause) ? cause : unknown('ARM does not answer', { cause });
      }
      if (answer === undefined) throw unknown('ARM gives no answer in time');
      const parsed = hubSchema.safeParse(answer.value);
      if (!parsed.success) throw unknown('ARM shows no state or no built-in endpoint', { cause: parsed.error });
      const { id, name } = parsed.data;
      if (!isSame(name, hub) || (id !== undefined && !isSame(id, resourceId)))
        throw unknown('the answer of ARM is about another hub');
      const { state, eventHubEndpoints } = parsed.data.properties;
      const { endpoint, path } = eventHubEndpoints.events;
      // No other state has a meaning that is documented.
      return { active: state.toLowerCase() === 'active', endpoint: { hostName: endpoint, eventHubName: path } };
    },
  };
}
