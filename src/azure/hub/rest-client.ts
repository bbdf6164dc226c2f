import { AsyncLocalStorage } from 'node:async_hooks';
import { request, type Agent, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { RestApiClient } from 'azure-iothub/dist/common-http/rest_api_client.js';
import type { z } from 'zod';
import { AppError } from '../../errors.js';
import { hasNumberText, parseJson } from '../../number-text.js';

/** What one call asks of the transport; the SDK has no way to pass it on, so it travels beside it. */
export interface Expectation {
  /** The shape that a 2xx body must have. */
  accept: z.ZodType;
  /** Ends the request and its socket. */
  signal: AbortSignal;
  onAccepted: (body: unknown) => void;
}

type ExecuteArguments = Parameters<RestApiClient['executeApiCall']>;

/**
 * azure-iothub's transport with what it lacks. The SDK (1.16.6) builds its result objects inside the response's `end` event and outside any try: an
 * empty body, another content type or another shape is an uncaughtException there, and the promise never settles. Therefore
 * nothing but a body of the promised shape is handed on. It also decodes each chunk of a body on its own, which breaks
 * characters that lie across two chunks, reads numbers so that some lose their text, and neither bounds a call nor its sockets.
 */
export class GuardedRestClient extends RestApiClient {
  readonly expectation = new AsyncLocalStorage<Expectation>();
  readonly #agent: Agent;

  constructor(config: RestApiClient.TransportConfig, agent: Agent) {
    super(config, 'iothub-standby');
    this.#agent = agent;
  }

  /** The Registry's constructor comes with an agent of its own, whose sockets are unlimited. */
  override setOptions(): void {
    return;
  }

  override executeApiCall(...[method, path, headers, body, ...rest]: ExecuteArguments): void {
    const done = rest.find((argument) => typeof argument === 'function');
    const expectation = this.expectation.getStore();
    if (done === undefined || expectation === undefined) {
      throw new TypeError('a hub call without an expectation');
    }
    const { accept, signal, onAccepted } = expectation;
    let text = '';
    const send = (options: RequestOptions, onResponse: (response: IncomingMessage) => void) =>
      request({ ...options, agent: this.#agent, signal }, (response) => {
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        onResponse(response);
      });
    super.executeApiCall(
      method,
      path,
      headers,
      body,
      undefined,
      { request: send } as never,
      (error, answer, response) => {
        if (error) {
          done(error);
          return;
        }
        const body: unknown = typeof answer === 'object' && hasNumberText(text) ? parseJson(text) : answer;
        const parsed = accept.safeParse(body);
        // Success without a body is 204. The SDK hands on '' for a page of HTML, too: something else answered in the hub's place.
        const isEmptyOk = answer === '' && response?.statusCode !== 204;
        if (!parsed.success || isEmptyOk) {
          done(
            new AppError('hubBadAnswer', 'the hub answered in a shape that it does not promise', { retryable: true }),
          );
          return;
        }
        onAccepted(parsed.data);
        done(null as never, answer, response);
      },
    );
  }
}
