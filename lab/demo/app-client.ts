import { z } from 'zod';
import { DemoError } from './demo-error.js';

export interface AppClientOptions {
  /** `http://127.0.0.1:PORT` */
  url: string;
  functionKey: string;
  operatorKey: string;
}

const routeSchema = z.looseObject({
  deviceId: z.string(),
  hub: z.looseObject({ name: z.string(), hostName: z.string(), role: z.enum(['primary', 'secondary']) }),
  epoch: z.number(),
});
type Route = z.infer<typeof routeSchema>;

const figure = z.number().nullable();
const healthSchema = z.looseObject({
  ok: z.boolean(),
  applied: z.number(),
  dirty: figure,
  retryQueue: figure,
  poison: figure,
  parked: z.record(z.string(), z.number()).nullable(),
  lagInMs: figure,
});
type AppHealth = z.infer<typeof healthSchema>;

/** The app as devices and operators see it: over HTTP, with a key. */
export interface AppClient {
  /** Asks which hub a device belongs to, as a device does. Rejects with DemoError. */
  route(deviceId: string): Promise<Route>;
  /** Anonymous: is the app ready to mirror? False also while it does not answer. */
  isReady(): Promise<boolean>;
  /** With the operator's key. Rejects with DemoError. */
  health(): Promise<AppHealth>;
}

const callLimitInMs = 10_000;

export const createAppClient = ({ url, functionKey, operatorKey }: AppClientOptions): AppClient => {
  const get = (path: string, key?: string): Promise<Response> =>
    fetch(`${url}/api/${path}`, {
      headers: key === undefined ? {} : { 'x-functions-key': key },
      signal: AbortSignal.timeout(callLimitInMs),
    });
  const read = async <S extends z.ZodType>(path: string, key: string, schema: S): Promise<z.output<S>> => {
    const answer = await get(path, key);
    const parsed = schema.safeParse(await answer.json().catch(() => undefined));
    if (parsed.success) return parsed.data;
    throw new DemoError('unexpectedAnswer', `GET /api/${path} answered ${answer.status}, not what it promises`);
  };
  return {
    route: (deviceId) => read(`devices/${encodeURIComponent(deviceId)}/hub`, functionKey, routeSchema),
    isReady: async () => {
      try {
        return (await get('health')).ok;
      } catch (error) {
        // Nothing listens yet, or it is just starting: that is the answer. Anything else is a defect.
        if (error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError'))
          return false;
        throw error;
      }
    },
    health: () => read('health', operatorKey, healthSchema),
  };
};

export const sumOf = (counts: Record<string, number> | null): number =>
  Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0);
