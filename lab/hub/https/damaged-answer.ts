import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';

/**
 * Sends headers and the first half of the answer's body. `half`: then the connection ends in good order (close_notify, FIN), though Content-Length promised
 * more. `reset`: it is cut. An answer without a body is cut before its first byte.
 */
export const sendDamaged = async (
  outgoing: HttpBindings['outgoing'],
  answer: Response,
  damage: 'half' | 'reset',
): Promise<Response> => {
  const body = Buffer.from(await answer.arrayBuffer());
  const { socket } = outgoing;
  const leave = (): void => {
    if (damage === 'half') socket?.end();
    else socket?.destroy();
  };
  if (body.length === 0) leave();
  else {
    const headers = { ...Object.fromEntries(answer.headers), 'content-length': String(body.length) };
    outgoing.writeHead(answer.status, headers).write(body.subarray(0, Math.ceil(body.length / 2)), leave);
  }
  return RESPONSE_ALREADY_SENT;
};
