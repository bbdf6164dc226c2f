import { consumersDocumentSchema, type Progress } from '../consumers-document.js';
import { AppError } from '../errors.js';
import type { GenerationSource, GenerationsView } from './contract.js';
import { pause } from './pauses.js';

export interface FollowAppOptions {
  /** Of the app: `https://{name}.azurewebsites.net`. */
  url: string;
  /** First label of the hub's host name. */
  hub: string;
  /** A function key of the app; asked for before each call. */
  key: () => string | Promise<string>;
  /**
   * The app's setting PROGRESS_KEY; asked for before each report. Without it nothing is reported: no failover is verified, and old endpoints are read
   * until the app's limit.
   */
  progressKey?: () => string | Promise<string>;
  /** Default 2000. While a failover is under way the app is asked every 500 ms, when that is more often. */
  pollInMs?: number;
  /** Of one call. Default 10000. */
  timeoutInMs?: number;
}

const pollInFailoverInMs = 500;
const isUnderWay = ({ stage }: GenerationsView): boolean => stage === 'failoverStarted' || stage === 'endpointChanged';

/** What is followed of the document, and no more: what a newer app puts into the rest must not keep anybody from its endpoints. */
const viewSchema = consumersDocumentSchema.pick({
  schemaVersion: true,
  hub: true,
  revision: true,
  stage: true,
  generations: true,
});

const refusal = (what: string, more: { serviceCode?: number; cause?: unknown } = {}): AppError =>
  new AppError('generationsRefused', what, { retryable: false, ...more });

/**
 * Follows the app's `GET /api/consumers/{hub}` and tells it progress. A read that fails, an answer that is no document of this
 * hub or one with a lower revision is no news.
 */
export function followApp(options: FollowAppOptions): GenerationSource {
  const { hub, pollInMs = 2000, timeoutInMs = 10_000, progressKey } = options;
  const base = `${options.url.replace(/\/+$/, '')}/api/consumers/${encodeURIComponent(hub)}`;

  const call = async (
    url: string,
    { headers, ...init }: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> },
    signal?: AbortSignal,
  ): Promise<Response> => {
    const deadline = AbortSignal.timeout(timeoutInMs);
    let answer: Response;
    try {
      answer = await fetch(url, {
        ...init,
        headers: { 'content-type': 'application/json', 'x-functions-key': await options.key(), ...headers },
        signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
      });
    } catch (cause) {
      throw new AppError('generationsUnknown', 'the app does not answer', { retryable: true, cause });
    }
    if (answer.ok) return answer;
    await answer.body?.cancel();
    const { status } = answer;
    if (status >= 400 && status < 500 && status !== 408 && status !== 429)
      throw refusal(`the app refuses with status ${status}`, { serviceCode: status });
    throw new AppError('generationsUnknown', `the app answers with status ${status}`, {
      retryable: true,
      serviceCode: status,
    });
  };
  const read = async (signal: AbortSignal): Promise<GenerationsView> => {
    const answer = await call(base, { method: 'GET' }, signal);
    const body: unknown = await answer.json().catch(() => undefined);
    const parsed = viewSchema.safeParse(body);
    if (!parsed.success) throw refusal('the answer is no consumers document', { cause: parsed.error });
    if (parsed.data.hub.toLowerCase() !== hub.toLowerCase())
      throw refusal(`the document is of hub ${parsed.data.hub}, and ${hub} was asked for`);
    return parsed.data;
  };

  return {
    follow: async (listener, { signal, onError }) => {
      let last: GenerationsView | undefined;
      while (!signal.aborted) {
        try {
          const { revision, stage, generations } = await read(signal);
          if (last !== undefined && revision < last.revision)
            throw refusal(`revision ${revision} is lower than ${last.revision}, which was seen`);
          if (revision !== last?.revision) {
            last = { hub, revision, stage, generations };
            listener(last);
          }
        } catch (error) {
          if (!signal.aborted) onError(error);
        }
        await pause(last !== undefined && isUnderWay(last) ? Math.min(pollInMs, pollInFailoverInMs) : pollInMs, signal);
      }
    },
    ...(progressKey === undefined
      ? {}
      : {
          tell: async (progress: Progress) => {
            const headers = { 'x-progress-key': await progressKey() };
            const answer = await call(`${base}/progress`, { method: 'POST', headers, body: JSON.stringify(progress) });
            await answer.body?.cancel();
          },
        }),
  };
}
