import { z } from 'zod';

/** What the rehearsal reads of the app's `GET /api/consumers/{hub}`: docs/consumers.md has the whole document. */
const watchSchema = z.looseObject({
  revision: z.number(),
  stage: z.string(),
  since: z.string(),
  reason: z.string(),
  generations: z.array(
    z.looseObject({
      number: z.number(),
      endpoint: z.looseObject({ hostName: z.string(), eventHubName: z.string() }),
      state: z.string(),
      startedAt: z.string(),
      firstEventAt: z.string().optional(),
    }),
  ),
  history: z.array(
    z.looseObject({
      startedAt: z.string(),
      outcome: z.string(),
      stages: z.array(z.looseObject({ stage: z.string(), at: z.string(), reason: z.string() })),
    }),
  ),
});
export type WatchView = z.infer<typeof watchSchema>;

/** Undefined while the app does not answer: it may be starting. */
export const readWatch = async (url: string, key: string, hub: string): Promise<WatchView | undefined> => {
  const answer = await fetch(`${url}/api/consumers/${encodeURIComponent(hub)}`, {
    headers: { 'x-functions-key': key },
    signal: AbortSignal.timeout(10_000),
  }).catch(() => undefined);
  return answer?.ok === true ? watchSchema.parse(await answer.json()) : undefined;
};
