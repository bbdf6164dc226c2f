import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:net';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { preloadFile, setHostMapping, writeHostMapFile } from '../../lab/net/host-map.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'host-map-'));
const servers: Server[] = [];

/** Answers each connection with its name. */
async function namedServer(name: string): Promise<number> {
  const server = createServer((socket) => socket.end(name));
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

let first: number;
let second: number;
beforeAll(async () => {
  first = await namedServer('first');
  second = await namedServer('second');
});
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

const readAll = async (socket: ReturnType<typeof connect>): Promise<string> => {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
};

describe('the host map', () => {
  it('is followed whichever way a connection is asked for', async () => {
    setHostMapping('Hub-A.azure-devices.net', 8883, { host: '127.0.0.1', port: first });
    expect(await readAll(connect({ host: 'hub-a.azure-devices.net', port: 8883 }))).toBe('first');
    expect(await readAll(connect(8883, 'hub-a.azure-devices.net'))).toBe('first');
    const { Socket } = await import('node:net');
    expect(await readAll(new Socket().connect(8883, 'HUB-A.azure-devices.net'))).toBe('first');
    expect(await readAll(new Socket().connect({ host: 'hub-a.azure-devices.net', port: 8883 }))).toBe('first');
  });

  it('can be changed while connections are made, as DNS can', async () => {
    setHostMapping('hub-b.azure-devices.net', 8883, { host: '127.0.0.1', port: first });
    expect(await readAll(connect(8883, 'hub-b.azure-devices.net'))).toBe('first');
    setHostMapping('hub-b.azure-devices.net', 8883, { host: '127.0.0.1', port: second });
    expect(await readAll(connect(8883, 'hub-b.azure-devices.net'))).toBe('second');
  });

  it('leaves other ports, unmapped hosts and Unix sockets alone', async () => {
    setHostMapping('localhost', 1, { host: '127.0.0.1', port: first });
    expect(await readAll(connect({ host: '127.0.0.1', port: second }))).toBe('second');
    const path = process.platform === 'win32' ? '\\\\.\\pipe\\host-map-test' : join(folder, 'socket');
    const server = createServer((socket) => socket.end('unix')).listen(path);
    await once(server, 'listening');
    expect(await readAll(connect({ path }))).toBe('unix');
    expect(await readAll(connect(path))).toBe('unix');
    server.close();
  });

  it('of a child is its file, read again when it changes; a bad file leaves the last good map', async () => {
    const file = join(folder, 'map.json');
    const hub = { host: 'hub-c.azure-devices.net', port: 8883 };
    writeHostMapFile(file, [{ ...hub, target: { host: '127.0.0.1', port: first } }]);
    const other = JSON.stringify({ 'hub-c.azure-devices.net:8883': { host: '127.0.0.1', port: second } });
    const script = `
      const { writeFileSync } = require('node:fs');
      const { connect } = require('node:net');
      const ask = () => new Promise((resolve, reject) =>
        connect(8883, 'hub-c.azure-devices.net').on('data', (d) => resolve(String(d))).on('error', reject));
      (async () => {
        const answers = [await ask()];
        writeFileSync(process.env.LAB_HOST_MAP_FILE, ${JSON.stringify(other)});
        answers.push(await ask());
        writeFileSync(process.env.LAB_HOST_MAP_FILE, '{');
        answers.push(await ask());
        console.log(answers.join());
      })();`;
    const env = { ...process.env, LAB_HOST_MAP_FILE: file };
    const args = ['--require', preloadFile(), '--require', preloadFile(), '-e', script];
    const { stdout, stderr } = await run(process.execPath, args, { env });
    expect(stdout.trim()).toBe('first,second,second');
    expect(stderr).toMatch(/LabHostMapWarning/);
  });

  it('is found beside the sources, where dist has no copy of it', () => {
    expect(preloadFile().replaceAll('\\', '/')).toMatch(/lab\/net\/preload\.cjs$/);
    expect(preloadFile()).not.toMatch(/dist/);
  });
});
