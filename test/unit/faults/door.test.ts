import { createServer, connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDoor, openDoorBefore, type Door } from '../../../lab/faults/door.js';
import { createTcpListener } from '../../../lab/net/listener.js';

let received: Buffer[];
let door: Door;
let client: Socket;
let answers: Buffer[];
let ended: { server: number };

const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString();
const newClient = (): Socket => {
  const socket = connect(door.port, '127.0.0.1');
  socket.on('data', (chunk: Buffer) => answers.push(chunk));
  socket.on('error', () => socket.destroy());
  return socket;
};

beforeEach(async () => {
  received = [];
  answers = [];
  const counted = { server: 0 };
  ended = counted;
  const server = await createTcpListener((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('close', () => (counted.server += 1));
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk);
      socket.write(chunk);
    });
  });
  door = await openDoorBefore(server);
  client = newClient();
  await once(client, 'connect');
});
afterEach(async () => {
  client.destroy();
  await door.close();
});

describe('a door', () => {
  it('passes bytes both ways and ends both sides together', async () => {
    client.write('hello');
    await vi.waitFor(() => expect(text(answers)).toBe('hello'));
    client.end();
    await vi.waitFor(() => expect(ended.server).toBe(1));
  });

  it('black hole: nothing passes on present and new connections, and what still waits passes late', async () => {
    door.setShape({ blackHole: true });
    const second = newClient();
    await once(second, 'connect');
    client.write('first');
    second.write('second');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([received, answers]).toEqual([[], []]);
    door.setShape({});
    await vi.waitFor(() => expect(text(answers)).toMatch(/^(firstsecond|secondfirst)$/));
    second.destroy();
  });

  it('black hole: what a client sent that gave up meanwhile never arrives', async () => {
    door.setShape({ blackHole: true });
    client.write('late');
    client.destroy();
    await vi.waitFor(() => expect(ended.server).toBe(1));
    door.setShape({});
    client = newClient();
    client.write('now');
    await vi.waitFor(() => expect(text(answers)).toBe('now'));
    expect(text(received)).toBe('now');
  });

  it('slow: bytes trickle at the given rate, in order, and freely again afterwards', async () => {
    door.setShape({ bytesPerSecond: 1000 });
    const start = performance.now();
    client.write('0123456789'.repeat(20));
    await vi.waitFor(() => expect(text(answers)).toBe('0123456789'.repeat(20)), { timeout: 5000 });
    // 200 bytes in pieces of 20 ms: the last one waits for nobody.
    expect(performance.now() - start).toBeGreaterThanOrEqual(170);
    door.setShape({ bytesPerSecond: 1 });
    client.write('x'.repeat(1000));
    await vi.waitFor(() => expect(text(received)).toContain('x'));
    door.setShape({});
    await vi.waitFor(() => expect(text(answers)).toHaveLength(1200));
  });

  it('reset: the request arrives, its answer is cut in the middle', async () => {
    door.setShape({ cut: () => true });
    const closed = new Promise((resolve) => client.once('close', resolve));
    client.write('0123456789');
    await closed;
    expect(text(received)).toBe('0123456789');
    expect(text(answers).length).toBeLessThanOrEqual(5);
  });

  it('a port that cannot be opened closes the server behind it', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const server = await createTcpListener(() => undefined);
    await expect(openDoorBefore(server, { port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const again = await openDoor(0, { port: server.port });
    await again.close();
    taken.close();
  });
});
